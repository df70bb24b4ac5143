/** What is derived about one commit: which pull request its runs tested, and which its flake belongs to. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommentFact, Observation, PullRequestEvent } from '../../src/domain/facts.ts'
import { hasResult } from '../../src/domain/flake.ts'
import { deriveHead as deriveWith, isWaiting } from '../../src/domain/head.ts'
import type { HeadFacts } from '../../src/domain/head-facts.ts'
import { headRulesOf } from '../../src/domain/head-rules.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import {
  aCheckRun,
  aComment,
  aHuntedAttempt,
  aMergeGroup,
  aPullRequest,
  aRerunRequest,
  aStatus,
  at,
  aWorkflowJob,
  aWorkflowRun,
  BASE,
  factsOf,
  HEAD,
  OTHER_BASE,
} from '../support/facts.ts'

const RULES = headRulesOf(DEFAULT_SETTINGS)
const deriveHead = (facts: HeadFacts) => deriveWith(facts, RULES)

const failed = aCheckRun({ id: 1, state: 'failure', minute: 10 })
const passed = aCheckRun({ id: 2, state: 'success', minute: 20 })
const flaky = [failed, passed]

/** Verdicts in short: the pull request, the job, and whether it is flaky. */
function verdictsOf(more: Partial<HeadFacts>) {
  return deriveHead(factsOf(more)).verdicts.map(({ kind, number, job, verdict }) => ({
    ...(number === null ? { kind } : { number }),
    job: job.name,
    flaky: verdict.flaky,
  }))
}

/** What was tested: pull requests by number, and other kinds by name. */
function testedBy(more: Partial<HeadFacts>): (number | string)[] {
  return [...new Set(deriveHead(factsOf(more)).runs.map((run) => run.number ?? run.kind))].sort()
}

describe('a commit that heads one pull request', () => {
  test('has one verdict per job', () => {
    const other = aCheckRun({ id: 3, name: 'lint', minute: 5 })
    expect(verdictsOf({ observations: [...flaky, other] })).toEqual([
      { number: 7, job: 'lint', flaky: false },
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('flakes once per job, however often the job fails and passes', () => {
    const more = [30, 40, 50].map((minute, i) =>
      aCheckRun({ id: 10 + i, state: i % 2 ? 'success' : 'failure', minute }),
    )
    expect(verdictsOf({ observations: [...flaky, ...more] })).toHaveLength(1)
  })

  test('does not flake when its first attempt waited for approval', () => {
    const waiting = aCheckRun({ id: 1, state: 'action_required', minute: 10 })
    expect(verdictsOf({ observations: [waiting, passed] })).toEqual([
      { number: 7, job: 'unit', flaky: false },
    ])
  })

  test('does not flake when a person requested a re-run and only the old failure was reported', () => {
    const facts = { observations: [failed], rerunRequests: [aRerunRequest({ minute: 11 })] }
    expect(deriveHead(factsOf(facts))).toMatchObject({ runs: [{ run: { outcome: 'fail' } }], verdicts: [] })
  })

  test('keeps push and pull_request runs of one workflow apart', () => {
    const push = aWorkflowRun({ run_id: 501, suite_id: 501, event: 'push' })
    const onPush = aCheckRun({ id: 3, suite_id: 501, minute: 30 })
    const facts = { observations: [failed, onPush], workflowRuns: [aWorkflowRun(), push] }
    expect(verdictsOf(facts)).toEqual([{ number: 7, job: 'unit', flaky: false }])
  })

  test('keeps runs of two apps with one name apart', () => {
    const jenkins = aCheckRun({ id: 3, app: 'jenkins', minute: 30 })
    expect(verdictsOf({ observations: [failed, jenkins] })).toEqual([
      { number: 7, job: 'unit', flaky: false },
    ])
  })

  test('keeps a check run and a status of one name apart', () => {
    const status = aStatus({ name: 'unit', minute: 30 })
    expect(verdictsOf({ observations: [failed, status] }).map(({ flaky }) => flaky)).toEqual([false])
  })

  test('flakes when Prow overrode the failure and it passed later', () => {
    const observations = [
      aStatus({ state: 'failure', description: 'Job failed.', minute: 10 }),
      aStatus({ description: 'Overridden by octocat', minute: 20 }),
      aStatus({ build: 2, minute: 30 }),
    ]
    expect(verdictsOf({ observations })).toMatchObject([{ flaky: true }])
  })

  test('does not flake by an override alone', () => {
    const observations = [
      aStatus({ state: 'failure', description: 'Job failed.', minute: 10 }),
      aStatus({ description: 'Overridden by octocat', minute: 20 }),
    ]
    expect(verdictsOf({ observations })).toEqual([])
  })
})

describe('a run belongs to', () => {
  test('nothing while no pull request, trunk or queue is known to have the commit', () => {
    expect(deriveHead(factsOf({ observations: flaky, pullRequests: [] }))).toEqual({
      runs: [],
      verdicts: [],
    })
  })

  test('the pull request that its check run mentions, when no event of it arrived', () => {
    const mentions = [{ number: 7, base_ref: 'main', base_sha: BASE }]
    const observations = flaky.map((observation) => ({ ...observation, mentions }))
    const { verdicts } = deriveHead(factsOf({ observations, pullRequests: [] }))
    expect(verdicts).toMatchObject([{ number: 7, baseRef: 'main', verdict: { flaky: true } }])
  })

  test('the pull request that had this head, after it moved on to another', () => {
    const before = aPullRequest({ action: 'before', reported_at: at(12), base_sha: null })
    expect(verdictsOf({ observations: flaky, pullRequests: [before] })).toEqual([
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('trunk on the default branch, and to no pull request', () => {
    const observations = flaky.map((observation) => ({ ...observation, trunk: true, head_branch: 'main' }))
    expect(verdictsOf({ observations, pullRequests: [] })).toEqual([
      { kind: 'trunk', job: 'unit', flaky: true },
    ])
  })

  test('the pull request when a fork’s branch is named like the default branch', () => {
    const observations = flaky.map((observation) => ({ ...observation, trunk: true, head_branch: 'main' }))
    const fork = aPullRequest({ head_ref: 'main', head_repository_id: 2002 })
    expect(verdictsOf({ observations, pullRequests: [fork] })).toEqual([
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('trunk when it ran on main after the head was merged by fast-forward', () => {
    const onMain = aCheckRun({ id: 3, state: 'failure', minute: 60, trunk: true, head_branch: 'main' })
    expect(verdictsOf({ observations: [passed, onMain] })).toEqual([{ number: 7, job: 'unit', flaky: false }])
    expect(testedBy({ observations: [passed, onMain] })).toEqual([7, 'trunk'])
  })

  test('the merge queue on a queue’s commit', () => {
    const facts = { observations: flaky, pullRequests: [], mergeGroups: [aMergeGroup()] }
    expect(verdictsOf(facts)).toEqual([{ kind: 'merge_queue', job: 'unit', flaky: true }])
  })

  test('trunk when it ran on a schedule', () => {
    const facts = {
      observations: flaky,
      workflowRuns: [aWorkflowRun({ event: 'schedule' })],
      pullRequests: [],
    }
    expect(verdictsOf(facts)).toEqual([{ kind: 'trunk', job: 'unit', flaky: true }])
  })
})

describe('a commit that heads several pull requests', () => {
  const first = aPullRequest({ number: 9, created_at: at(-60) })
  const second = aPullRequest({ number: 7, created_at: at(-30), base_ref: 'release', base_sha: OTHER_BASE })
  const pullRequests = [second, first]

  test('was tested for each of them', () => {
    expect(testedBy({ observations: flaky, pullRequests })).toEqual([7, 9])
  })

  test('flakes once, for the pull request opened first', () => {
    expect(verdictsOf({ observations: flaky, pullRequests })).toEqual([
      { number: 9, job: 'unit', flaky: true },
    ])
  })

  test('flakes for the pull request whose base the run names', () => {
    const description = `Job failed. BaseSHA:${OTHER_BASE}`
    const observations = [
      aStatus({ state: 'failure', description, minute: 10 }),
      aStatus({ build: 2, description: `Job succeeded. BaseSHA:${OTHER_BASE}`, minute: 20 }),
    ]
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 7, flaky: true }])
  })

  test('flakes for the pull request that the check run mentions', () => {
    const mentions = [{ number: 7, base_ref: 'release', base_sha: OTHER_BASE }]
    const observations = flaky.map((observation) => ({ ...observation, mentions }))
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 7 }])
  })

  test('flakes for the pull request opened first when the check run mentions both', () => {
    const mentions = [7, 9].map((number) => ({ number, base_ref: 'main', base_sha: null }))
    const observations = flaky.map((observation) => ({ ...observation, mentions }))
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 9 }])
  })

  test('flakes for the lower number when both were opened in one second', () => {
    const twins = [aPullRequest({ number: 9 }), aPullRequest({ number: 8 })]
    expect(verdictsOf({ observations: flaky, pullRequests: twins })).toMatchObject([{ number: 8 }])
  })
})

describe('a mention in a check run', () => {
  const mention = (number: number, base_ref: string | null = 'main') => ({ number, base_ref, base_sha: null })

  test('by one run is enough to decide whose flake it is', () => {
    const pullRequests = [aPullRequest({ number: 9, created_at: at(-60) }), aPullRequest()]
    const observations = [failed, { ...passed, mentions: [mention(7)] }]
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 7 }])
  })

  test('of an unknown pull request comes after those whose opening is known', () => {
    const observations = flaky.map((run) => ({ ...run, mentions: [mention(7), mention(9)] }))
    const pullRequests = [aPullRequest({ number: 9 })]
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 9 }])
  })

  test.each(['release', null])(
    'gives the base branch %s when no event of the pull request arrived',
    (base) => {
      const observations = flaky.map((run) => ({ ...run, mentions: [mention(8, 'other'), mention(7, base)] }))
      const { runs } = deriveHead(factsOf({ observations, pullRequests: [] }))
      expect(runs.map(({ number, baseRef }) => `${number} ${baseRef}`).sort()).toEqual([
        ...[`7 ${base}`, `7 ${base}`, '8 other', '8 other'],
      ])
    },
  )

  test('is not needed where events name the base branch', () => {
    expect(deriveHead(factsOf({ observations: flaky })).runs.map(({ baseRef }) => baseRef)).toEqual([
      'main',
      'main',
    ])
  })

  test('of no base commit does not match a pull request without one', () => {
    const pullRequests = [
      aPullRequest({ number: 9, created_at: at(-60) }),
      aPullRequest({ number: 7, base_sha: null, head_ref: null }),
    ]
    expect(verdictsOf({ observations: flaky, pullRequests })).toMatchObject([{ number: 9 }])
  })
})

describe('the base branch', () => {
  test('that changed in the second in which the run completed is the new one', () => {
    const changed = aPullRequest({ action: 'edited', reported_at: at(10), base_ref: 'release' })
    expect(baseRefs([aPullRequest(), changed])).toEqual(['release', 'release'])
  })

  const retargeted = aPullRequest({ action: 'edited', reported_at: at(15), base_ref: 'release' })
  const baseRefs = (pullRequests: PullRequestEvent[], observations: Observation[] = flaky) =>
    deriveHead(factsOf({ observations, pullRequests })).runs.map((placed) => placed.baseRef)

  test('of a run is the pull request’s base when the run completed', () => {
    expect(baseRefs([retargeted, aPullRequest()])).toEqual(['main', 'release'])
  })

  test.each<[string, Partial<PullRequestEvent>, Partial<PullRequestEvent>, string]>([
    ['the action', { action: 'edited', base_ref: 'release' }, { action: 'opened' }, 'main'],
    ['the branch name', { action: 'edited', base_ref: 'release' }, { action: 'edited' }, 'release'],
  ])(
    'is decided by %s when two events carry the same second, in any order',
    (_rule, one, other, expected) => {
      const events = [aPullRequest(one), aPullRequest(other)]
      expect(baseRefs(events)).toEqual([expected, expected])
      expect(baseRefs(events.toReversed())).toEqual([expected, expected])
    },
  )

  test('is decided by the same order when both events were reported after the run', () => {
    const events = ['release', 'main'].map((base_ref) => aPullRequest({ base_ref, reported_at: at(90) }))
    expect(baseRefs(events)).toEqual(['main', 'main'])
    expect(baseRefs(events.toReversed())).toEqual(['main', 'main'])
  })

  test('is the earliest reported one when all events are later than the run', () => {
    const later = aPullRequest({ action: 'labeled', reported_at: at(90), base_ref: 'later' })
    const earliest = aPullRequest({ action: 'labeled', reported_at: at(80), base_ref: 'earlier' })
    expect(baseRefs([later, earliest])).toEqual(['earlier', 'earlier'])
  })
})

describe('a retest', () => {
  const retested = (comments: CommentFact[]) => {
    const [verdict] = deriveHead(factsOf({ observations: flaky, comments })).verdicts
    return { retested: verdict?.retested, byBot: verdict?.retestedByBot }
  }

  test.each<[string, CommentFact[], boolean, boolean]>([
    ['nobody requested it', [], false, false],
    ['a person requested it between the failure and the pass', [aComment()], true, false],
    ['only a bot requested it', [aComment({ author_is_bot: true })], true, true],
    [
      'a bot and a person requested it',
      [aComment(), aComment({ minute: 16, author_is_bot: true })],
      true,
      false,
    ],
    ['it was requested before the failure', [aComment({ minute: 5 })], false, false],
    ['it was requested after the pass', [aComment({ minute: 25 })], false, false],
    ['it was requested on another pull request', [aComment({ number: 8 })], false, false],
    ['/test named this job', [aComment({ body: '/test unit' })], true, false],
    ['/test named another job', [aComment({ body: '/test lint' })], false, false],
    ['/test named this job in backquotes', [aComment({ body: '/test `unit`' })], true, false],
    ['/test named this job only in a remark', [aComment({ body: '/test lint # not unit' })], false, false],
    ['/test all was written', [aComment({ body: '/test all' })], true, false],
    ['the comment only mentions the command', [aComment({ body: 'try /retest' })], false, false],
  ])('when %s', (_name, comments, isRetested, byBot) => {
    expect(retested(comments)).toEqual({ retested: isRetested, byBot })
  })

  test('is a click on the re-run button of this job', () => {
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, rerunRequests: [aRerunRequest({ minute: 10 })] }),
    ).verdicts
    expect(verdict?.retested).toBe(true)
  })

  test.each([
    ['the app of the job', 'github-actions', true],
    ['another app', 'jenkins', false],
  ])('is a request to run all checks of %s again: %s, %s', (_what, app, isRetested) => {
    const all = aRerunRequest({ name: null, app, minute: 10 })
    const [verdict] = deriveHead(factsOf({ observations: flaky, rerunRequests: [all] })).verdicts
    expect(verdict?.retested).toBe(isRetested)
  })

  test.each([
    ['between the failure and the pass', 15, true],
    ['before both', 5, false],
    ['after both', 25, false],
  ])('is closing and opening the pull request again %s: %s, %s', (_when, minute, isRetested) => {
    const pullRequests = [aPullRequest(), aPullRequest({ action: 'reopened', reported_at: at(minute) })]
    const [verdict] = deriveHead(factsOf({ observations: flaky, pullRequests })).verdicts
    expect(verdict?.retested).toBe(isRetested)
  })

  test('is not a click on the re-run button of another job', () => {
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, rerunRequests: [aRerunRequest({ name: 'lint' })] }),
    ).verdicts
    expect(verdict?.retested).toBe(false)
  })

  test.each<[string, Partial<Parameters<typeof aWorkflowRun>[0]>, boolean]>([
    ['the second attempt of its workflow is', { attempt: 2 }, true],
    ['the first attempt of its workflow is not', { attempt: 1 }, false],
    ['the second attempt of another workflow is not', { attempt: 2, path: 'other.yml', suite_id: 9 }, false],
    ['a second attempt that started before the failure is not', { attempt: 2, started_at: at(9) }, false],
  ])('%s', (_rule, more, isRetested) => {
    const workflowRuns = [aWorkflowRun(), aWorkflowRun({ started_at: at(12), ...more })]
    const [verdict] = deriveHead(factsOf({ observations: flaky, workflowRuns })).verdicts
    expect(verdict?.retested).toBe(isRetested)
  })

  test.each<[string, Partial<Parameters<typeof aRerunRequest>[0]>, boolean]>([
    ['a click in the second of the failure is', { minute: 10 }, true],
    ['a click in the second of the pass is', { minute: 20 }, true],
    ['a click after the pass is not', { minute: 21 }, false],
    ['a click before the failure is not', { minute: 9 }, false],
    ['a click on a job of that name of another app is not', { app: 'jenkins' }, false],
    ['a click by a bot is', { actor_is_bot: true }, true],
  ])('%s', (_rule, more, isRetested) => {
    const facts = factsOf({ observations: flaky, rerunRequests: [aRerunRequest(more)] })
    const byBot = isRetested && more?.actor_is_bot === true
    expect(deriveHead(facts).verdicts).toMatchObject([{ retested: isRetested, retestedByBot: byBot }])
  })

  test('is not counted for a clean verdict', () => {
    const facts = factsOf({ observations: [passed], comments: [aComment()] })
    expect(deriveHead(facts).verdicts).toMatchObject([{ retested: false, retestedByBot: false }])
  })

  test('is another attempt of the workflow, started between the two', () => {
    const again = aWorkflowRun({ attempt: 2, started_at: at(12), actor: 'ci[bot]', actor_is_bot: true })
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, workflowRuns: [aWorkflowRun(), again] }),
    ).verdicts
    expect(verdict).toMatchObject({ retested: true, retestedByBot: true })
  })
})

describe('the kind of a run', () => {
  const kindsOf = (more: Partial<HeadFacts>) => {
    const { runs, verdicts } = deriveHead(factsOf(more))
    const details = verdicts.map(({ kind, number, retested, retestedByBot }) => [
      kind,
      number,
      retested,
      retestedByBot,
    ])
    return { runs: [...new Set(runs.map(({ kind }) => kind))], verdicts: details }
  }
  const onBranch = (head_branch: string) => flaky.map((run) => ({ ...run, trunk: true, head_branch }))

  test.each<[string, Partial<HeadFacts>, string, number | null]>([
    ['a head', { observations: flaky }, 'pull_request', 7],
    ['the default branch', { observations: onBranch('main'), pullRequests: [] }, 'trunk', null],
    [
      'a queue’s branch',
      { observations: onBranch('gh-readonly-queue/main/pr-7'), pullRequests: [] },
      'merge_queue',
      null,
    ],
    ['a queue’s commit', { observations: flaky, mergeGroups: [aMergeGroup()] }, 'merge_queue', null],
  ])('on %s', (_name, facts, kind, number) => {
    expect(kindsOf(facts)).toEqual({ runs: [kind], verdicts: [[kind, number, false, false]] })
  })

  test('on trunk is never a retest, no matter who re-ran it', () => {
    const facts = { observations: onBranch('main'), comments: [aComment()], rerunRequests: [aRerunRequest()] }
    expect(kindsOf(facts).verdicts).toEqual([['trunk', null, false, false]])
  })

  test('on a branch named like a queue’s is the queue’s', () => {
    const observations = [
      ...onBranch('main'),
      aCheckRun({ id: 9, name: 'lint', head_branch: 'gh-readonly-queue/x' }),
    ]
    expect(kindsOf({ observations }).runs).toEqual(['trunk', 'merge_queue'])
  })

  test('on a queue’s branch decides for every trunk run of the commit', () => {
    const [one, other] = [...onBranch('gh-readonly-queue/main/pr-7'), ...onBranch('main')]
    const observations = [one, other].flatMap((run, i) =>
      run ? [{ ...run, name: `job ${i}`, run_key: `${i}` }] : [],
    )
    expect(kindsOf({ observations, pullRequests: [] }).runs).toEqual(['merge_queue'])
  })

  test('without a branch is trunk where GitHub says so', () => {
    const observations = flaky.map((run) => ({ ...run, trunk: true, head_branch: null }))
    expect(kindsOf({ observations }).runs).toEqual(['trunk'])
  })
})

describe('a commit waits for its owner', () => {
  const unowned = factsOf({ observations: flaky, pullRequests: [] })
  const isWaitingFor = (facts: HeadFacts) => isWaiting(facts, deriveHead(facts))

  test.each<[string, HeadFacts, boolean]>([
    ['when it has results and nothing says whose they are', unowned, true],
    ['not when it has no results', factsOf({ pullRequests: [] }), false],
    ['not when it is a pull request’s head', factsOf({ observations: flaky }), false],
    ['not when it is a queue’s commit', { ...unowned, mergeGroups: [aMergeGroup()] }, false],
    [
      'not when its results are all of trunk',
      { ...unowned, observations: flaky.map((observation) => ({ ...observation, trunk: true })) },
      false,
    ],
  ])('%s', (_rule, facts, expected) => {
    expect(isWaitingFor(facts)).toBe(expected)
  })
})

describe('the same facts', () => {
  // What GitHub never changes about a run (its job, suite and branch) follows from its id, and two statuses that differ
  // have different ids.
  const observation = fc
    .record({
      kind: fc.constantFrom('check', 'status'),
      id: fc.integer({ min: 1, max: 6 }),
      minute: fc.integer({ min: 0, max: 6 }),
      delay: fc.integer({ min: 0, max: 3 }),
      state: fc.constantFrom('success', 'failure', 'cancelled', 'action_required', 'pending', 'error'),
      text: fc.constantFrom('Job succeeded.', 'Overridden by octocat', `Job failed. BaseSHA:${BASE}`, null),
    })
    .map(({ kind, id, minute, delay, state, text }) => {
      const name = id % 3 ? 'unit' : 'lint'
      const reported_id =
        minute * 1000 + [...`${state}${text}`].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
      if (kind === 'status')
        return aStatus({ build: id, name, minute, state, description: text, reported_id })
      const branch = id === 4 ? { trunk: true, head_branch: 'main' } : {}
      const suite_id = [500, 501, 999][id % 3] ?? null
      return aCheckRun({ id, name, minute, reported_at: at(minute + delay), state, suite_id, ...branch })
    })
  const pullRequest = fc
    .record({
      number: fc.integer({ min: 7, max: 9 }),
      minute: fc.integer({ min: 0, max: 5 }),
      action: fc.constantFrom('opened', 'closed', 'reopened', 'edited', 'labeled', 'synchronize', 'before'),
      base_ref: fc.constantFrom('main', 'main', 'release'),
    })
    .map(({ number, minute, action, base_ref }) =>
      aPullRequest({
        ...{ number, action, base_ref, created_at: at(number - 7), reported_at: at(number - 7 + minute) },
        ...(number === 9 && { head_ref: 'main', head_repository_id: 2002 }),
      }),
    )
  const workflow = fc
    .record({ suite: fc.constantFrom(500, 501), attempt: fc.integer({ min: 1, max: 2 }) })
    .map(({ suite, attempt }) =>
      // A suite belongs to one workflow run, and that to one event.
      aWorkflowRun({
        suite_id: suite,
        run_id: suite,
        attempt,
        event: suite === 500 ? 'pull_request' : 'push',
        started_at: at(attempt * 2),
        conclusion: suite === 500 ? 'cancelled' : 'failure',
      }),
    )
  const comment = fc
    .record({ minute: fc.integer({ min: 0, max: 6 }), body: fc.constantFrom('/retest', '') })
    .map(({ minute, body }) => aComment({ minute, body }))
  const workflowJob = fc
    .record({ id: fc.integer({ min: 1, max: 6 }), conclusion: fc.constantFrom('failure', 'cancelled') })
    .map(({ id, conclusion }) =>
      aWorkflowJob({
        ...{ check_run_id: id, conclusion, failed_steps: 0, cancelled_steps: id % 3, steps: id % 3 },
        ...{ had_runner: id % 2 === 0, run_id: 501 },
      }),
    )
  const facts = fc.record({
    headSha: fc.constant(HEAD),
    observations: fc.array(observation, { maxLength: 12 }),
    pullRequests: fc.array(pullRequest, { maxLength: 3 }),
    workflowRuns: fc.array(workflow, { maxLength: 3 }),
    workflowJobs: fc.uniqueArray(workflowJob, { maxLength: 3, selector: (job) => job.check_run_id }),
    acts: fc.array(
      pullRequest.map(({ number, action, reported_at }) => ({ number, action, reported_at })),
      { maxLength: 2 },
    ),
    timeLimits: fc.constantFrom([], [{ name: 'unit', workflow: '.github/workflows/ci.yml', minutes: 5 }]),
    comments: fc.array(comment, { maxLength: 2 }),
    mergeGroups: fc.constantFrom([], [], [], [aMergeGroup()]),
    rerunRequests: fc.constantFrom([], [aRerunRequest({ minute: 2 })]),
    hunted: fc.constantFrom([], [aHuntedAttempt({ after_at: at(3) })], [aHuntedAttempt({ until_at: at(4) })]),
  })

  const sortedResult = (given: HeadFacts) => {
    const { runs, verdicts } = deriveHead(given)
    const sorted = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).sort()
    return { runs: sorted(runs), verdicts: sorted(verdicts) }
  }

  test('derive the same in any order', () => {
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat()), (given, numbers) => {
        const shuffled = <T>(list: readonly T[]): T[] =>
          list
            .map((value) => ({ value, key: numbers.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ value }) => value)
        const other = {
          headSha: given.headSha,
          observations: shuffled(given.observations),
          pullRequests: shuffled(given.pullRequests),
          workflowRuns: shuffled(given.workflowRuns),
          comments: shuffled(given.comments),
          mergeGroups: shuffled(given.mergeGroups),
          rerunRequests: shuffled(given.rerunRequests),
          hunted: given.hunted,
          workflowJobs: shuffled(given.workflowJobs),
          acts: shuffled(given.acts),
          timeLimits: given.timeLimits,
        }
        expect(sortedResult(other)).toEqual(sortedResult(given))
      }),
      { numRuns: 1000 },
    )
  })

  test('derive the same when each is reported twice', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const twice = { ...given, observations: [...given.observations, ...given.observations] }
        expect(sortedResult(twice)).toEqual(sortedResult(given))
      }),
      { numRuns: 500 },
    )
  })

  test('derive at most one verdict per job and pull request, dated by a run that counts for that pull request', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { runs, verdicts } = deriveHead(given)
        const jobs = verdicts.map((verdict) => `${JSON.stringify(verdict.job)}/${verdict.number}`)
        expect(new Set(jobs).size).toBe(jobs.length)
        for (const { job, number, verdict } of verdicts) {
          const own = runs.filter(
            (entry) => entry.number === number && JSON.stringify(entry.run.job) === JSON.stringify(job),
          )
          expect(own.some(({ run }) => hasResult(run) && run.completedAt === verdict.judgedAt)).toBe(true)
          const all = runs.filter((entry) => JSON.stringify(entry.run.job) === JSON.stringify(job))
          const outcomes = new Set(all.map(({ run }) => run.outcome))
          expect(outcomes.has('pass')).toBe(true)
          if (verdict.flaky) expect(outcomes.has('fail')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
