/**
 * Made-up histories on the fake GitHub: forks, commits that several pull requests share, force-pushes, full and partial re-runs,
 * statuses, changed bases, merges, a merge queue and runs on the default branch.
 */
import fc from 'fast-check'
import {
  addBranch,
  addCommit,
  addPull,
  addRepository,
  type PullIssue,
  shaOf,
} from '../../fake-github/seed.ts'
import { addAct, changeBase, closePull, pushHead } from '../../fake-github/seed-changes.ts'
import {
  addApp,
  addCheckRun,
  addCheckSuite,
  addStatus,
  addWorkflowRun,
  type JobSeed,
  rerunWorkflow,
} from '../../fake-github/seed-ci.ts'
import type { Conclusion, Repository, State } from '../../fake-github/state.ts'
import { job, OTHER_CI, time } from './scan.ts'

/** Minutes between two heads of a pull request. */
const HEAD_MINUTES = 120
const PULL_MINUTES = 5 * HEAD_MINUTES

const conclusion = fc.constantFrom<Conclusion>(
  'success',
  'success',
  'failure',
  'failure',
  'cancelled',
  'timed_out',
)

/** What CI does at one head: times are minutes after the push. */
const ci = fc.record({
  jobs: fc.record({ unit: conclusion, lint: conclusion }),
  /** Each re-run has these jobs run again; the others are copied. */
  reruns: fc.array(
    fc.record({
      only: fc.constantFrom('unit', 'both'),
      conclusion,
      late: fc.constantFrom(0, 0, 3 * 24 * 60),
    }),
    { maxLength: 2 },
  ),
  neverStarted: fc.constantFrom(false, false, false, true),
  statuses: fc.array(fc.constantFrom('pending', 'success', 'failure', 'error'), { maxLength: 4 }),
  hasUrl: fc.boolean(),
  otherCi: fc.array(conclusion, { maxLength: 3 }),
})
type Ci = typeof ci extends fc.Arbitrary<infer T> ? T : never

const pull = fc.record({
  fork: fc.boolean(),
  base: fc.constantFrom('main', 'main', 'release'),
  /** Has the first head of the pull request before it. */
  shares: fc.constantFrom(false, false, false, true),
  heads: fc.array(fc.record({ forced: fc.boolean(), ci }), { minLength: 1, maxLength: 4 }),
  retargeted: fc.constantFrom(false, false, true),
  /** Closed and opened again between the first result and the next. */
  reopened: fc.constantFrom(false, false, true),
  /** A label check fails, a label is added, and it passes. */
  labeled: fc.constantFrom(false, false, true),
  end: fc.constantFrom('open', 'closed', 'merged', 'fast-forwarded'),
})
type Pull = typeof pull extends fc.Arbitrary<infer T> ? T : never

export const githubHistory = fc.record({
  pulls: fc.array(pull, { minLength: 2, maxLength: 6 }),
  queue: fc.array(ci, { maxLength: 1 }),
  trunk: fc.array(ci, { maxLength: 2 }),
})
export type GitHubHistory = typeof githubHistory extends fc.Arbitrary<infer T> ? T : never

/** Creates `acme/widgets` with the history. */
export function addRandomHistory(state: State, history: GitHubHistory): Repository {
  const repository = addRepository(state, { owner: 'acme', name: 'widgets', createdAt: time(-9000) })
  addRepository(state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
  addApp(state)
  addApp(state, OTHER_CI, 'other-ci', 'Other CI')
  addBranch(repository, 'release')
  for (const [i, plan] of history.pulls.entries()) addRandomPull(state, repository, history.pulls, plan, i)
  history.queue.forEach((plan, i) => {
    const sha = shaOf(`queued ${i}`)
    addCommit(repository, sha, { date: time(50) })
    const branch = `gh-readonly-queue/main/pr-1-${shaOf('base')}`
    addActions(state, repository, { sha, minute: 60, branch, event: 'merge_group' }, plan)
  })
  history.trunk.forEach((plan, i) => {
    const sha = shaOf(`trunk ${i}`)
    advanceMain(repository, sha, 30 + i)
    addActions(state, repository, { sha, minute: 40 + i, branch: 'main', event: 'push' }, plan)
  })
  return repository
}

function advanceMain(repository: Repository, sha: string, minute: number): void {
  const main = addBranch(repository, 'main')
  if (isOn(repository, main.sha, sha)) return
  addCommit(repository, sha, { date: time(minute) })
  // A head that is merged as it is contains what was merged before.
  Object.assign(repository.commits.get(sha) ?? {}, { parents: [main.sha] })
  main.sha = sha
}

/** Whether a commit is one of a branch. */
function isOn(repository: Repository, head: string, sha: string): boolean {
  for (let at: string | undefined = head; at; at = repository.commits.get(at)?.parents[0])
    if (at === sha) return true
  return false
}

function addRandomPull(
  state: State,
  repository: Repository,
  plans: readonly Pull[],
  plan: Pull,
  i: number,
): void {
  const opened = 10 + i * PULL_MINUTES
  // GitHub does not show when a head was replaced that a later force-push hides, nor whose head it was.
  const isHidden = [plans[i - 1], plan].some((one) => one?.heads.slice(2).some((head) => head.forced))
  const isShared = plan.shares && i > 0 && plans[i - 1]?.shares === false && !isHidden
  const first = shaOf(`pull ${isShared ? i - 1 : i}, head 0`)
  const from = { base: plan.base, branch: `topic-${i}`, ...(plan.fork && { fork: 'octocat/widgets' }) }
  const seed = { number: i + 1, title: `Change ${i}`, user: 'octocat', at: time(opened), sha: first, ...from }
  const issue = addPull(state, repository, seed)
  plan.heads.forEach((head, push) => {
    const minute = opened + push * HEAD_MINUTES
    const sha = push === 0 ? first : shaOf(`pull ${i}, head ${push}`)
    // GitHub does not show that the base changed at a head which a later force-push hides.
    const forced = head.forced && !(plan.retargeted && push > 1)
    if (push > 0) pushHead(state, repository, issue, { sha, at: time(minute), forced })
    addCi(state, repository, { sha, minute, issue, isFork: plan.fork }, head.ci)
    if (push === 0) addActs(state, repository, issue, plan, minute)
    const to = plan.base === 'main' ? 'release' : 'main'
    if (push === 0 && plan.retargeted) changeBase(state, repository, issue, { to, at: time(minute + 50) })
  })
  endPull(state, repository, issue, plan.end, opened + plan.heads.length * HEAD_MINUTES)
}

/** What people do to a pull request at its first head. */
function addActs(state: State, repository: Repository, issue: PullIssue, plan: Pull, minute: number): void {
  if (plan.reopened) {
    addAct(state, issue, 'closed', time(minute + 12))
    addAct(state, issue, 'reopened', time(minute + 13))
  }
  if (!plan.labeled) return
  const own = { sha: issue.pull.head.sha, context: 'changelog' }
  addStatus(state, repository, { ...own, state: 'failure', at: time(minute + 30) })
  addAct(state, issue, 'labeled', time(minute + 35))
  addStatus(state, repository, { ...own, state: 'success', at: time(minute + 36) })
}

function endPull(
  state: State,
  repository: Repository,
  issue: PullIssue,
  end: Pull['end'],
  minute: number,
): void {
  if (end === 'closed') closePull(state, issue, time(minute), 'octocat')
  if (end === 'open' || end === 'closed') return
  const sha = end === 'merged' ? shaOf(`merge ${issue.number}`) : issue.pull.head.sha
  advanceMain(repository, sha, minute)
  closePull(state, issue, time(minute), 'octocat', sha)
  const attempts = [[job('unit', 'failure', minute + 10)], [job('unit', 'success', minute + 20)]]
  addWorkflowRun(state, repository, {
    name: 'CI',
    sha,
    at: time(minute + 1),
    branch: 'main',
    event: 'push',
    attempts,
  })
}

interface Head {
  sha: string
  minute: number
  issue: PullIssue
  isFork: boolean
}

function addCi(state: State, repository: Repository, { sha, minute, issue, isFork }: Head, plan: Ci): void {
  const branch = issue.pull.head.ref
  const headRepository = isFork ? 'octocat/widgets' : 'acme/widgets'
  addActions(state, repository, { sha, minute, branch, event: 'pull_request', headRepository }, plan)
  plan.statuses.forEach((result, i) => {
    addStatus(state, repository, {
      ...{ sha, context: 'ci/status', state: result, at: time(minute + 5 + i * 7 + issue.number) },
      targetUrl: plan.hasUrl ? `https://ci.example.org/${issue.number}/${sha}/${i}` : null,
    })
  })
  if (plan.otherCi.length === 0) return
  const suite = addCheckSuite(state, repository, sha, time(minute + 2), { appId: OTHER_CI, branch })
  plan.otherCi.forEach((result, i) => {
    addCheckRun(state, repository, suite, job('e2e', result, minute + 10 + i * 9))
  })
}

interface ActionsRun {
  sha: string
  minute: number
  branch: string
  event: string
  headRepository?: string
}

function addActions(state: State, repository: Repository, { minute, ...run }: ActionsRun, plan: Ci): void {
  const first: JobSeed[] = [job('unit', plan.jobs.unit, minute + 12), job('lint', plan.jobs.lint, minute + 9)]
  if (plan.neverStarted && plan.jobs.unit === 'failure')
    Object.assign(first[0] ?? {}, { runnerName: null, steps: [] })
  const added = addWorkflowRun(state, repository, {
    name: 'CI',
    at: time(minute + 1),
    attempts: [first],
    ...run,
  })
  plan.reruns.forEach(({ only, conclusion: result, late }, i) => {
    const at = minute + 25 + i * 12 + (i === plan.reruns.length - 1 ? late : 0)
    const again = [job('unit', result, at), ...(only === 'both' ? [job('lint', 'success', at - 1)] : [])]
    rerunWorkflow(state, repository, added, again)
  })
}
