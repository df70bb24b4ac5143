/**
 * Made-up histories of one repository and a second one with the same commits: every kind of event that GitHub sends, with many
 * events of one second, and the same run reported both by a webhook and by GitHub's API.
 */
import fc from 'fast-check'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  namedPullRequest,
  pullRequestDelivery,
  REPOSITORY,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from './deliveries.ts'
import { at, BASE, OTHER_BASE, REPOSITORY_ID } from './facts.ts'

/** Pull request 1 has heads 0 and then 1, pull request 2 has head 2, pull request 3 shares head 2. Head 3 is a queue's. */
const HEADS = ['1', '2', '3', '4'].map((digit) => digit.repeat(40))
const DAY = 24 * 60
const CI = '.github/workflows/ci.yml'
const BRANCHES = ['main', 'release']

const head = fc.constantFrom(0, 0, 0, 1, 2, 2, 2, 3)
/** Coarse, so that many events share a second; some come days later. */
const minute = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((tens) => tens * 10) },
  fc.integer({ min: 1, max: 20 }).map((days) => days * DAY),
)
const number = fc.integer({ min: 1, max: 3 })
const conclusion = fc.constantFrom(
  ...[
    'success',
    'success',
    'success',
    'failure',
    'failure',
    'failure',
    'cancelled',
    'action_required',
    'timed_out',
  ],
)
/** How the same thing is described: by the webhook of the time, by GitHub's API later, or by both. */
const sources = fc.constantFrom(['webhook'], ['api'], ['webhook', 'api'])

const shaOf = (index: number) => HEADS[index] ?? ''
const headOf = (pullRequest: number, index: number) => shaOf(pullRequest === 1 ? index % 2 : 2)
const suiteOf = (index: number, which: number) => 500 + index * 10 + which

// What GitHub never changes about a run, such as its job, suite and branch, follows from its id.
const checkRun = fc
  .record({
    ...{ head, minute, conclusion, sources },
    ...{ id: fc.integer({ min: 1, max: 6 }), late: fc.constantFrom(0, 0, 0, 10) },
  })
  .map(({ head, minute, conclusion, id, late, sources }) =>
    sources.map((source) =>
      checkRunDelivery({
        id: id + 10 * head,
        name: id % 3 ? 'unit' : 'lint',
        headSha: shaOf(head),
        conclusion,
        minute,
        toldMinute: minute + late,
        // The lint job is short, as gates are.
        ...{ suite: suiteOf(head, id % 2), minutes: id % 3 ? 9 : 0.1 },
        ...(source === 'webhook'
          ? { headBranch: id === 4 ? 'main' : 'topic', pullRequests: [namedBy(id, head)] }
          : { headBranch: null, pullRequests: [] }),
      }),
    ),
  )

/** Some runs name the other base, some a pull request of another repository. */
function namedBy(id: number, head: number): object {
  if (id === 6) return namedPullRequest(head + 1, { repositoryId: 4711 })
  const pullRequest = head < 2 ? 1 : 2
  return namedPullRequest(pullRequest, id === 5 ? { baseRef: 'release', baseSha: OTHER_BASE } : {})
}

const rerunRequest = fc
  .record({ head, minute, id: fc.integer({ min: 1, max: 6 }), bot: fc.boolean() })
  .map(({ head, minute, id, bot }) => {
    const { name, payload } = checkRunDelivery({
      action: 'rerequested',
      id: id + 10 * head,
      name: id % 3 ? 'unit' : 'lint',
      headSha: shaOf(head),
      conclusion: 'failure',
      minute,
    })
    const sender = bot ? { login: 'robot[bot]', type: 'Bot' } : { login: 'octocat', type: 'User' }
    return aDelivery(name, { ...payload, sender: { id: 5, ...sender } })
  })

const checkSuite = head.map((head) =>
  aDelivery('check_suite', {
    action: 'rerequested',
    check_suite: { id: suiteOf(head, 0), head_sha: shaOf(head) },
  }),
)

const STATUSES: [state: string, description: string][] = [
  ['success', 'Job succeeded.'],
  ['failure', 'Job failed.'],
  ['pending', 'Job triggered.'],
  ['success', 'Overridden by octocat'],
  ['failure', 'Aborted by trigger plugin.'],
]
const status = fc
  .record({ head, minute, build: fc.integer({ min: 1, max: 4 }), kind: fc.nat(4), onMain: fc.boolean() })
  .map(({ head, minute, build, kind, onMain }) => {
    const [state, text] = STATUSES[kind] ?? ['success', 'Job succeeded.']
    return statusDelivery({
      id: minute * 10 + kind,
      headSha: shaOf(head),
      state,
      description: kind % 2 ? text : `${text} BaseSHA:${BASE}`,
      build,
      minute,
      branches: onMain && head === 3 ? [{ name: 'main', commit: { sha: shaOf(head) } }] : [],
    })
  })

const workflowRun = fc
  .record({
    ...{ head, suite: fc.nat(1), attempt: fc.integer({ min: 1, max: 2 }), sources },
    ...{ action: fc.constantFrom('requested', 'completed'), bot: fc.boolean() },
  })
  .map(({ head, suite, attempt, sources, action, bot }) =>
    sources.map((source) =>
      workflowRunDelivery({
        ...{ action, headSha: shaOf(head), suite: suiteOf(head, suite), attempt, minute: attempt * 10 },
        event: suite ? 'push' : 'pull_request',
        conclusion: action === 'requested' ? null : suite + attempt === 2 ? 'cancelled' : 'failure',
        path: source === 'webhook' ? CI : '',
        ...(bot && { actor: 'robot', actorType: 'Bot' }),
      }),
    ),
  )

const workflowJob = fc
  .record({
    ...{ head, minute, id: fc.integer({ min: 1, max: 6 }), runner: fc.constantFrom('a', 'b', '') },
    conclusion: fc.constantFrom('success', 'failure', 'cancelled'),
    steps: fc.array(fc.constantFrom('success', 'failure', 'cancelled'), { maxLength: 2 }),
  })
  .map(({ head, minute, id, runner, conclusion, steps }) =>
    aDelivery('workflow_job', {
      action: 'completed',
      workflow_job: {
        ...{ id: id + 10 * head, head_sha: shaOf(head), runner_name: runner && `runner-${runner}` },
        ...{ run_id: suiteOf(head, id % 2), run_attempt: 1, name: id % 3 ? 'unit' : 'lint', conclusion },
        steps: steps.map((step) => ({ conclusion: step })),
        ...{ started_at: at(minute - 9), completed_at: at(minute) },
      },
    }),
  )

const pullRequestEvent = fc
  .record({
    ...{ number, minute, which: fc.nat(1), base: fc.constantFrom(...BRANCHES) },
    action: fc.constantFrom(
      ...['synchronize', 'edited', 'edited', 'edited', 'labeled', 'labeled', 'closed', 'merged', 'reopened'],
    ),
    title: fc.constantFrom('Change', 'Change it', 'Revert "Change"'),
  })
  .map(({ number, minute, which, base, action, title }) =>
    pullRequestDelivery({
      action: action === 'merged' ? 'closed' : action,
      merged: action === 'merged',
      number,
      headSha: headOf(number, which),
      ...(action === 'synchronize' && { before: headOf(number, which + 1) }),
      fork: number === 2,
      ...(number === 2 && { headRef: 'main' }),
      openedMinute: number,
      minute,
      baseRef: base,
      baseSha: base === 'main' ? BASE : OTHER_BASE,
      title: `${title} ${number}`,
    }),
  )

const push = fc
  .record({ number, which: fc.nat(1), created: fc.boolean(), file: fc.constantFrom('docs/a.md', 'src/a.ts') })
  .map(({ number, which, created, file }) =>
    aDelivery('push', {
      ref: `refs/heads/topic-${number}`,
      before: created ? '0'.repeat(40) : headOf(number, 1 - which),
      after: headOf(number, which),
      created,
      commits: [{ added: [file], modified: [], removed: [] }],
    }),
  )

const COMMANDS = [
  '/retest',
  '/test unit',
  '/flake not-mine infrastructure',
  '/flake mine my bug',
  '/flake reset',
  'I have read it',
]
const comment = fc
  .record({
    ...{ number, minute, bot: fc.boolean(), body: fc.constantFrom(...COMMANDS) },
    kind: fc.constantFrom('issue_comment', 'pull_request_review', 'pull_request_review_comment'),
  })
  .map(({ number, minute, bot, body, kind }) =>
    commentDelivery({
      ...{ kind, number, minute, body, id: minute * 100 + COMMANDS.indexOf(body) * 10 + number },
      ...(bot && { author: 'robot', authorType: 'Bot' }),
    }),
  )

const mergeGroup = fc
  .constantFrom('checks_requested', 'destroyed')
  .map((action) => mergeGroupDelivery({ headSha: shaOf(3), action }))

const installationEvent = fc.constantFrom('created', 'suspend', 'unsuspend', 'added').map((action) => {
  const own = { id: REPOSITORY_ID, full_name: REPOSITORY.full_name, private: false }
  return action === 'added'
    ? aDelivery('installation_repositories', { action, repositories_added: [own], repositories_removed: [] })
    : aDelivery('installation', { action, ...(action === 'created' && { repositories: [own] }) })
})

/** The repository was renamed, then moved to another owner, at these minutes. */
const NAMES: [from: number, name: string][] = [
  [0, 'acme/widgets'],
  [35, 'acme/gadgets'],
  [3 * DAY, 'apex/gadgets'],
]
const repositoryEvent = fc
  .constantFrom('renamed', 'transferred', 'edited')
  .map((action) => aDelivery('repository', { action, changes: {} }))

/** Deliveries that every history begins with: without them no result would belong to a pull request. */
const OPENED = [
  pullRequestDelivery({ number: 1, headSha: shaOf(0), openedMinute: 1, minute: 1 }),
  pullRequestDelivery({
    action: 'synchronize',
    number: 1,
    headSha: shaOf(1),
    before: shaOf(0),
    openedMinute: 1,
    minute: 40,
  }),
  pullRequestDelivery({
    number: 2,
    headSha: shaOf(2),
    fork: true,
    headRef: 'main',
    openedMinute: 2,
    minute: 5,
  }),
  pullRequestDelivery({
    number: 3,
    headSha: shaOf(2),
    baseRef: 'release',
    baseSha: OTHER_BASE,
    openedMinute: 3,
    minute: 9,
  }),
  mergeGroupDelivery({ headSha: shaOf(3) }),
]

/** Something that the app itself learns or does. These events keep their order among themselves. */
export type OwnEvent =
  | { kind: 'required'; minute: number; branch: string; jobs: string[] }
  | { kind: 'hunt'; head: number; suite: number; sha: string }

const required = fc
  .record({ branch: fc.constantFrom(...BRANCHES), jobs: fc.subarray(['unit', 'lint', 'pull-unit']) })
  .map((list) => ({ kind: 'required' as const, minute: 0, ...list }))
const settings = fc.record({
  target: fc.constantFrom(0.01, 0.2),
  require_same_base: fc.boolean(),
  ignore: fc.subarray(['lint']),
})
const hunt = fc
  .record({ head, suite: fc.nat(1) })
  .map(({ head, suite }) => ({ kind: 'hunt' as const, head, suite: suiteOf(head, suite), sha: shaOf(head) }))

const single = [
  { weight: 5, arbitrary: status },
  { weight: 4, arbitrary: pullRequestEvent },
  { weight: 2, arbitrary: comment },
  ...[rerunRequest, checkSuite, workflowJob, push, mergeGroup, installationEvent, repositoryEvent].map(
    (arbitrary) => ({ weight: 1, arbitrary }),
  ),
]
const deliveries = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: checkRun },
      { weight: 6, arbitrary: workflowRun },
      ...single.map(({ weight, arbitrary }) => ({
        weight,
        arbitrary: arbitrary.map((delivery) => [delivery]),
      })),
    ),
    { minLength: 45, maxLength: 80, size: 'max' },
  )
  .map((groups) => groups.flat())

export interface History {
  deliveries: TestDelivery[]
  /** Deliveries of a second repository, a copy of the first: it has the same commits. */
  copied: TestDelivery[]
  /** What the settings file says. It is read first, because a closed window keeps the settings of its time. */
  settings: Record<string, unknown>
  own: OwnEvent[]
}

export const history: fc.Arbitrary<History> = fc
  .record({
    deliveries,
    copied: fc.nat(15),
    settings,
    own: fc.array(fc.oneof(required, hunt), { minLength: 1, maxLength: 5 }),
  })
  .map(({ deliveries, copied, settings, own }) => ({
    deliveries: [...OPENED, ...deliveries].map(named),
    copied: deliveries.slice(0, copied),
    settings,
    // A list holds from the time at which it was read, which is the order of the lists.
    own: own.map((event, i) => (event.kind === 'required' ? { ...event, minute: (i + 1) * 15 } : event)),
  }))

/** The delivery with the name that the repository had at the newest time in the payload. */
function named(delivery: TestDelivery): TestDelivery {
  const times = JSON.stringify(delivery.payload).match(/2026-[\d-]+T[\d:.]+Z/g) ?? []
  const newest = times.sort().at(-1) ?? at(0)
  const [, full_name] = NAMES.findLast(([from]) => at(from) <= newest) ?? ['', REPOSITORY.full_name]
  return aDelivery(delivery.name, { ...delivery.payload, repository: { ...REPOSITORY, full_name } })
}

/** The delivery as it would have come from another repository. */
export function inRepository({ name, payload }: TestDelivery, repositoryId: number): TestDelivery {
  const moved = JSON.parse(JSON.stringify(payload), (key, value: unknown) =>
    key === 'id' && value === REPOSITORY_ID ? repositoryId : value,
  )
  return aDelivery(name, { ...moved, repository: { ...moved.repository, id: repositoryId } })
}
