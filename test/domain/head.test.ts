/** Everything that the facts about one commit derive: whose runs they are, and whose flake it is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommentFact, Observation, PullRequestEvent } from '../../src/domain/facts.ts'
import { deriveHead, type HeadFacts } from '../../src/domain/head.ts'
import {
  aCheckRun,
  aComment,
  aHuntedAttempt,
  aMergeGroup,
  aPullRequest,
  aRerunRequest,
  aStatus,
  at,
  aWorkflowRun,
  BASE,
  factsOf,
  HEAD,
  OTHER_BASE,
} from '../support/facts.ts'

const failed = aCheckRun({ id: 1, state: 'failure', minute: 10 })
const passed = aCheckRun({ id: 2, state: 'success', minute: 20 })
const flaky = [failed, passed]

/** Verdicts in short: whose, and whether flaky. */
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
  test('has one verdict a job', () => {
    const other = aCheckRun({ id: 3, name: 'lint', minute: 5 })
    expect(verdictsOf({ observations: [...flaky, other] })).toEqual([
      { number: 7, job: 'lint', flaky: false },
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('flakes once however often it fails and passes', () => {
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

  test('does not flake when a person asked for a re-run and got the old failure told again', () => {
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
    expect(verdictsOf({ observations: [failed, status] }).map((one) => one.flaky)).toEqual([false])
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

describe('whose runs they are', () => {
  test('is unknown while no pull request, trunk or queue is known to have the commit', () => {
    expect(deriveHead(factsOf({ observations: flaky, pullRequests: [] }))).toEqual({
      runs: [],
      verdicts: [],
    })
  })

  test('is told by the check run itself when its pull request was never heard of', () => {
    const mentions = [{ number: 7, base_ref: 'main', base_sha: BASE }]
    const observations = flaky.map((one) => ({ ...one, mentions }))
    const { verdicts } = deriveHead(factsOf({ observations, pullRequests: [] }))
    expect(verdicts).toMatchObject([{ number: 7, baseRef: 'main', verdict: { flaky: true } }])
  })

  test('stays with the old head after the pull request moved on', () => {
    const before = aPullRequest({ action: 'before', reported_at: at(12), base_sha: null })
    expect(verdictsOf({ observations: flaky, pullRequests: [before] })).toEqual([
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('is trunk on the default branch, which counts for no pull request', () => {
    const observations = flaky.map((one) => ({ ...one, trunk: true, head_branch: 'main' }))
    expect(verdictsOf({ observations, pullRequests: [] })).toEqual([
      { kind: 'trunk', job: 'unit', flaky: true },
    ])
  })

  test('is the pull request when a fork’s branch is named like the default branch', () => {
    const observations = flaky.map((one) => ({ ...one, trunk: true, head_branch: 'main' }))
    const fork = aPullRequest({ head_ref: 'main', head_repository_id: 2002 })
    expect(verdictsOf({ observations, pullRequests: [fork] })).toEqual([
      { number: 7, job: 'unit', flaky: true },
    ])
  })

  test('is trunk for what ran on main after the head was merged by fast-forward', () => {
    const onMain = aCheckRun({ id: 3, state: 'failure', minute: 60, trunk: true, head_branch: 'main' })
    expect(verdictsOf({ observations: [passed, onMain] })).toEqual([{ number: 7, job: 'unit', flaky: false }])
    expect(testedBy({ observations: [passed, onMain] })).toEqual([7, 'trunk'])
  })

  test('is the merge queue for a queue’s commit', () => {
    const facts = { observations: flaky, pullRequests: [], mergeGroups: [aMergeGroup()] }
    expect(verdictsOf(facts)).toEqual([{ kind: 'merge_queue', job: 'unit', flaky: true }])
  })

  test('is trunk for runs on a schedule', () => {
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

  test('flakes once, for the one that was opened first', () => {
    expect(verdictsOf({ observations: flaky, pullRequests })).toEqual([
      { number: 9, job: 'unit', flaky: true },
    ])
  })

  test('flakes for the one whose base the run names', () => {
    const description = `Job failed. BaseSHA:${OTHER_BASE}`
    const observations = [
      aStatus({ state: 'failure', description, minute: 10 }),
      aStatus({ build: 2, description: `Job succeeded. BaseSHA:${OTHER_BASE}`, minute: 20 }),
    ]
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 7, flaky: true }])
  })

  test('flakes for the one that the check run names', () => {
    const mentions = [{ number: 7, base_ref: 'release', base_sha: OTHER_BASE }]
    const observations = flaky.map((one) => ({ ...one, mentions }))
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 7 }])
  })

  test('flakes for the one opened first when the check run names both', () => {
    const mentions = [7, 9].map((number) => ({ number, base_ref: 'main', base_sha: null }))
    const observations = flaky.map((one) => ({ ...one, mentions }))
    expect(verdictsOf({ observations, pullRequests })).toMatchObject([{ number: 9 }])
  })

  test('flakes for the lower number when both were opened in one second', () => {
    const twins = [aPullRequest({ number: 9 }), aPullRequest({ number: 8 })]
    expect(verdictsOf({ observations: flaky, pullRequests: twins })).toMatchObject([{ number: 8 }])
  })
})

describe('the base branch', () => {
  const retargeted = aPullRequest({ action: 'edited', reported_at: at(15), base_ref: 'release' })
  const baseRefs = (pullRequests: PullRequestEvent[], observations: Observation[] = flaky) =>
    deriveHead(factsOf({ observations, pullRequests })).runs.map((placed) => placed.baseRef)

  test('of a run is where the pull request went when the run completed', () => {
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

  test('is the earliest told of when all was told later', () => {
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
    ['nobody asked', [], false, false],
    ['a person asked between the failure and the pass', [aComment()], true, false],
    ['only a bot asked', [aComment({ author_is_bot: true })], true, true],
    ['a bot and a person asked', [aComment(), aComment({ minute: 16, author_is_bot: true })], true, false],
    ['it was asked before the failure', [aComment({ minute: 5 })], false, false],
    ['it was asked after the pass', [aComment({ minute: 25 })], false, false],
    ['it was asked on another pull request', [aComment({ number: 8 })], false, false],
    ['/test named this job', [aComment({ body: '/test unit' })], true, false],
    ['/test named another job', [aComment({ body: '/test lint' })], false, false],
    ['/test all was written', [aComment({ body: '/test all' })], true, false],
    ['it was only talked about', [aComment({ body: 'try /retest' })], false, false],
  ])('when %s', (_name, comments, isRetested, byBot) => {
    expect(retested(comments)).toEqual({ retested: isRetested, byBot })
  })

  test('is a press on the re-run button of this job', () => {
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, rerunRequests: [aRerunRequest({ minute: 10 })] }),
    ).verdicts
    expect(verdict?.retested).toBe(true)
  })

  test('is not a press on the button of another job', () => {
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, rerunRequests: [aRerunRequest({ name: 'lint' })] }),
    ).verdicts
    expect(verdict?.retested).toBe(false)
  })

  test('is another attempt of the workflow, started between the two', () => {
    const again = aWorkflowRun({ attempt: 2, started_at: at(12), actor: 'ci[bot]', actor_is_bot: true })
    const [verdict] = deriveHead(
      factsOf({ observations: flaky, workflowRuns: [aWorkflowRun(), again] }),
    ).verdicts
    expect(verdict).toMatchObject({ retested: true, retestedByBot: true })
  })
})

describe('the same facts', () => {
  // What GitHub never changes about one run (its job, suite and branch) follows from its id, and each status that
  // says something else has an id of its own.
  const observation = fc
    .record({
      kind: fc.constantFrom('check', 'status'),
      id: fc.integer({ min: 1, max: 6 }),
      minute: fc.integer({ min: 0, max: 6 }),
      told: fc.integer({ min: 0, max: 3 }),
      word: fc.constantFrom('success', 'failure', 'cancelled', 'action_required', 'pending', 'error'),
      text: fc.constantFrom('Job succeeded.', 'Overridden by octocat', `Job failed. BaseSHA:${BASE}`, null),
    })
    .map(({ kind, id, minute, told, word, text }) => {
      const name = id % 3 ? 'unit' : 'lint'
      const reported_id =
        minute * 1000 + [...`${word}${text}`].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
      if (kind === 'status')
        return aStatus({ build: id, name, minute, state: word, description: text, reported_id })
      const branch = id === 4 ? { trunk: true, head_branch: 'main' } : {}
      const suite_id = [500, 501, 999][id % 3] ?? null
      return aCheckRun({ id, name, minute, reported_at: at(minute + told), state: word, suite_id, ...branch })
    })
  const pullRequest = fc
    .record({ number: fc.integer({ min: 7, max: 9 }), created: fc.integer({ min: 0, max: 2 }) })
    .map(({ number, created }) => aPullRequest({ number, created_at: at(created), reported_at: at(created) }))
  const workflow = fc
    .record({ suite: fc.constantFrom(500, 501), attempt: fc.integer({ min: 1, max: 2 }) })
    .map(({ suite, attempt }) =>
      // A suite belongs to one workflow run, and that to one event.
      aWorkflowRun({
        suite_id: suite,
        run_id: suite,
        attempt,
        event: suite === 500 ? 'pull_request' : 'push',
      }),
    )
  const comment = fc.integer({ min: 0, max: 6 }).map((minute) => aComment({ minute }))
  const facts = fc.record({
    headSha: fc.constant(HEAD),
    observations: fc.array(observation, { maxLength: 12 }),
    pullRequests: fc.array(pullRequest, { maxLength: 3 }),
    workflowRuns: fc.array(workflow, { maxLength: 3 }),
    comments: fc.array(comment, { maxLength: 2 }),
    mergeGroups: fc.constantFrom([], [], [], [aMergeGroup()]),
    rerunRequests: fc.constantFrom([], [aRerunRequest({ minute: 2 })]),
    hunted: fc.constantFrom([], [aHuntedAttempt({ after_at: at(3) })], [aHuntedAttempt({ until_at: at(4) })]),
  })

  const settled = (told: HeadFacts) => {
    const { runs, verdicts } = deriveHead(told)
    const sorted = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort()
    return { runs: sorted(runs), verdicts: sorted(verdicts) }
  }

  test('derive the same in any order', () => {
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat()), (told, numbers) => {
        const shuffled = <T>(list: readonly T[]): T[] =>
          list
            .map((value) => ({ value, key: numbers.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ value }) => value)
        const other = {
          headSha: told.headSha,
          observations: shuffled(told.observations),
          pullRequests: shuffled(told.pullRequests),
          workflowRuns: shuffled(told.workflowRuns),
          comments: shuffled(told.comments),
          mergeGroups: shuffled(told.mergeGroups),
          rerunRequests: shuffled(told.rerunRequests),
          hunted: told.hunted,
        }
        expect(settled(other)).toEqual(settled(told))
      }),
      { numRuns: 1000 },
    )
  })

  test('derive the same when each is told twice', () => {
    fc.assert(
      fc.property(facts, (told) => {
        const twice = { ...told, observations: [...told.observations, ...told.observations] }
        expect(settled(twice)).toEqual(settled(told))
      }),
      { numRuns: 500 },
    )
  })

  test('derive at most one verdict a job, and a flake only where it passed and failed', () => {
    fc.assert(
      fc.property(facts, (told) => {
        const { runs, verdicts } = deriveHead(told)
        const jobs = verdicts.map((one) => `${JSON.stringify(one.job)}/${one.number === null}`)
        expect(new Set(jobs).size).toBe(jobs.length)
        for (const { job, number, verdict } of verdicts) {
          const own = runs.filter(
            (one) => one.number === number && JSON.stringify(one.run.job) === JSON.stringify(job),
          )
          const outcomes = new Set(own.map((one) => one.run.outcome))
          expect(verdict.flaky).toBe(outcomes.has('pass') && outcomes.has('fail'))
        }
      }),
      { numRuns: 500 },
    )
  })
})
