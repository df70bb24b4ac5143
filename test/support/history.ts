/** A history on the fake GitHub, and the webhooks that GitHub would have sent for it. */

import { isPull } from '../../fake-github/routes/pulls.ts'
import { addBranch, addCommit, addPull, addRepository, shaOf } from '../../fake-github/seed.ts'
import { addReview, changeBase, closePull, pushHead } from '../../fake-github/seed-changes.ts'
import { addApp, addCheckRun, addCheckSuite, addStatus, addWorkflowRun } from '../../fake-github/seed-ci.ts'
import { jobShape, workflowRunShape } from '../../fake-github/shapes/actions.ts'
import { checkRunShape } from '../../fake-github/shapes/checks.ts'
import { statusShape } from '../../fake-github/shapes/commits.ts'
import type { GitHubInstance } from '../../fake-github/shapes/instance.ts'
import { association } from '../../fake-github/shapes/issues.ts'
import { pullShape } from '../../fake-github/shapes/pulls.ts'
import { repositoryShape } from '../../fake-github/shapes/repositories.ts'
import { userShape } from '../../fake-github/shapes/users.ts'
import type { Repository, State } from '../../fake-github/state.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { aDelivery } from './deliveries.ts'
import { at } from './facts.ts'

const OTHER_APP = 77_001

/** Whole seconds, as GitHub writes its times. */
const time = (minute: number) => at(minute).replace('.000Z', 'Z')

function job(name: string, conclusion: 'success' | 'failure' | 'cancelled', minute: number) {
  return { name, conclusion, startedAt: time(minute - 4), completedAt: time(minute) }
}

export interface HistorySizes {
  /** Number of ordinary pull requests, in addition to the unusual ones. */
  pulls: number
  /** Number of statuses on one commit. */
  statuses: number
}

/** Creates `acme/widgets` with pull requests of every kind within a week of the start. */
export function seedHistory(state: State, { pulls, statuses }: HistorySizes): Repository {
  const repository = addRepository(state, { owner: 'acme', name: 'widgets', createdAt: time(-9000) })
  addHistory(state, repository, { pulls, statuses })
  return repository
}

/** Adds the same pull requests to an existing repository. */
export function addHistory(state: State, repository: Repository, { pulls, statuses }: HistorySizes): void {
  addRepository(state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
  addApp(state)
  addApp(state, OTHER_APP, 'other-ci', 'Other CI')
  for (let i = 0; i < pulls; i++) seedPull(state, repository, i)
  seedForced(state, repository)
  seedStatuses(state, repository, statuses)
  seedOtherApp(state, repository)
  seedTrunk(state, repository)
}

/** Two jobs. Every third pull request fails and passes in a re-run; every fifth is pushed to twice. */
function seedPull(state: State, repository: Repository, i: number): void {
  const minute = 20 + i * 30
  const fork = i % 4 === 3 ? { fork: 'octocat/widgets' } : {}
  const number = 10 + i
  const sha = shaOf(`pull ${i}`)
  const pull = addPull(state, repository, {
    number,
    title: `Change ${i}`,
    user: 'octocat',
    at: time(minute),
    sha,
    ...fork,
  })
  const from = { branch: pull.pull.head.ref, ...(fork.fork && { headRepository: fork.fork }) }
  const first = [
    job('unit', i % 3 === 0 ? 'failure' : 'success', minute + 8),
    job('lint', 'success', minute + 6),
  ]
  const again = i % 3 === 0 ? [[job('unit', 'success', minute + 16)]] : []
  addWorkflowRun(state, repository, {
    name: 'CI',
    sha,
    at: time(minute + 1),
    attempts: [first, ...again],
    ...from,
  })
  if (i % 5 !== 4) return
  const pushed = shaOf(`pull ${i}, second`)
  pushHead(state, repository, pull, { sha: pushed, at: time(minute + 20) })
  const second = [[job('unit', 'success', minute + 28), job('lint', 'cancelled', minute + 26)]]
  addWorkflowRun(state, repository, {
    name: 'CI',
    sha: pushed,
    at: time(minute + 21),
    attempts: second,
    ...from,
  })
  addCommit(repository, shaOf(`merge ${i}`), { date: time(minute + 29) })
  closePull(state, pull, time(minute + 29), 'octocat', shaOf(`merge ${i}`))
}

/** Two pushes, then a forced push: GitHub's timeline contains the second head and not the first. */
function seedForced(state: State, repository: Repository): void {
  const heads = ['first', 'second', 'third'].map((name) => shaOf(`forced ${name}`)) as [
    string,
    string,
    string,
  ]
  const pull = addPull(state, repository, {
    number: 2,
    title: 'Forced',
    user: 'octocat',
    at: time(100),
    sha: heads[0],
  })
  const run = (sha: string, minute: number, ...attempts: ReturnType<typeof job>[][]) =>
    addWorkflowRun(state, repository, {
      name: 'CI',
      sha,
      at: time(minute),
      attempts,
      branch: pull.pull.head.ref,
    })
  run(heads[0], 101, [job('unit', 'failure', 110)], [job('unit', 'success', 120)])
  pushHead(state, repository, pull, { sha: heads[1], at: time(130) })
  run(heads[1], 131, [job('unit', 'failure', 140)], [job('unit', 'success', 150)])
  pushHead(state, repository, pull, { sha: heads[2], at: time(160), forced: true })
  run(heads[2], 161, [job('unit', 'success', 170)])
}

/** One commit with many statuses of a bot, among them two flakes. */
function seedStatuses(state: State, repository: Repository, count: number): void {
  const sha = shaOf('statuses')
  addPull(state, repository, { number: 3, title: 'Statuses', user: 'octocat', at: time(200), sha })
  for (let i = 0; i < count; i++) {
    const context = `prow-${i % 40}`
    const failed = i < 2
    addStatus(state, repository, {
      sha,
      context,
      state: failed ? 'failure' : 'success',
      at: time(201 + Math.floor(i / 4)),
      description: failed ? 'Job failed.' : 'Job succeeded.',
      targetUrl: `https://prow.example.org/view/pr-logs/pull/acme_widgets/3/${context}/${i}`,
    })
  }
}

/** Check runs of an app other than Actions. */
function seedOtherApp(state: State, repository: Repository): void {
  const sha = shaOf('other app')
  addPull(state, repository, { number: 4, title: 'Other', user: 'octocat', at: time(300), sha })
  const suite = addCheckSuite(state, repository, sha, time(301), { appId: OTHER_APP })
  addCheckRun(state, repository, suite, job('e2e', 'failure', 310))
  addCheckRun(state, repository, suite, job('e2e', 'success', 330))
}

/** Runs on the default branch. */
function seedTrunk(state: State, repository: Repository): void {
  const main = addBranch(repository, 'main')
  for (let i = 0; i < 3; i++) {
    const sha = shaOf(`trunk ${i}`)
    addCommit(repository, sha, { date: time(400 + i), parents: [main.sha] })
    main.sha = sha
    const attempts = [[job('unit', 'success', 410 + i)]]
    addWorkflowRun(state, repository, {
      name: 'CI',
      sha,
      at: time(401 + i),
      attempts,
      branch: 'main',
      event: 'push',
    })
  }
}

/**
 * Rare cases: a changed base, commands in a description and in a review, a bot's draft, a commit in two pull requests, a forced
 * push of a fork that drops statuses, a merge queue.
 */
export function addOddities(state: State, repository: Repository): void {
  const open = (number: number, minute: number, more: object = {}) =>
    addPull(state, repository, {
      ...{ number, title: `Odd ${number}`, user: 'octocat', at: time(minute), sha: shaOf(`odd ${number}`) },
      ...more,
    })
  const run = (sha: string, minute: number, branch: string, event = 'pull_request') =>
    addWorkflowRun(state, repository, {
      ...{ name: 'CI', sha, at: time(minute), branch, event },
      attempts: [[job('unit', 'failure', minute + 8)], [job('unit', 'success', minute + 16)]],
    })
  addBranch(repository, 'release')
  const turned = open(900, 500)
  run(turned.pull.head.sha, 501, turned.pull.head.ref)
  changeBase(state, repository, turned, { to: 'release', at: time(530) })
  pushHead(state, repository, turned, { sha: shaOf('odd 900, second'), at: time(540) })
  run(turned.pull.head.sha, 541, turned.pull.head.ref)
  const question = open(901, 600, { body: 'Tests flaked before.\n\n/retest' })
  run(question.pull.head.sha, 601, question.pull.head.ref)
  addReview(state, question, { user: 'reviewer', body: 'Once more:\n/test unit', at: time(610) })
  const bot = open(902, 700, { user: 'dependabot[bot]', draft: true })
  run(bot.pull.head.sha, 701, bot.pull.head.ref)
  const shared = shaOf('odd shared')
  open(903, 800, { sha: shared, branch: 'shared' })
  open(904, 810, { sha: shared, branch: 'shared', base: 'release' })
  run(shared, 811, 'shared')
  const fork = open(905, 900, { fork: 'octocat/widgets' })
  addStatus(state, repository, { ...prow(fork.pull.head.sha, 1), state: 'failure', at: time(905) })
  addStatus(state, repository, { ...prow(fork.pull.head.sha, 2), state: 'success', at: time(910) })
  pushHead(state, repository, fork, { sha: shaOf('odd 905, second'), at: time(920), forced: true })
  const queued = shaOf('odd queued')
  addCommit(repository, queued, { date: time(1000) })
  run(queued, 1001, `gh-readonly-queue/main/pr-901-${shaOf('base')}`, 'merge_group')
}

function prow(sha: string, build: number) {
  const targetUrl = `https://prow.example.org/view/pr-logs/pull/acme_widgets/905/prow/${build}`
  return { sha, context: 'prow', description: 'Job done.', targetUrl }
}

/** The actions of webhooks for events of a timeline. */
const ACTIONS = new Map([
  ['closed', 'closed'],
  ['reopened', 'reopened'],
  ['labeled', 'labeled'],
  ['unlabeled', 'unlabeled'],
  ['renamed', 'edited'],
])

/** The webhooks of the whole history, in order of time. */
export function historyDeliveries(github: GitHubInstance, repository: Repository): Delivery[] {
  const deliveries: { at: string; name: string; payload: Record<string, unknown> }[] = []
  const envelope = { repository: repositoryShape(github, repository), installation: { id: 77 } }
  const emit = (name: string, when: string, payload: Record<string, unknown>) =>
    deliveries.push({ at: when, name, payload: { ...envelope, ...payload } })
  for (const issue of [...repository.issues.values()].filter(isPull)) {
    const now = pullShape(github, repository, issue)
    const turned = issue.timeline.flatMap(({ base, at: when }) => (base ? [{ ...base, when }] : []))
    const as = (sha: string, when: string) => {
      const ref =
        turned.findLast((change) => change.when <= when)?.to ?? turned[0]?.from ?? issue.pull.base.ref
      const base = { ...now.base, ref, sha: repository.branches.get(ref)?.sha ?? now.base.sha }
      const head = { ...now.head, sha }
      return { pull_request: { ...now, updated_at: when, state: 'open', merged: false, head, base } }
    }
    const { moves } = issue.pull
    const opened = moves[0]?.before ?? issue.pull.head.sha
    emit('pull_request', issue.createdAt, { action: 'opened', ...as(opened, issue.createdAt) })
    for (const { before, after, at: when } of moves)
      emit('pull_request', when, { action: 'synchronize', before, after, ...as(after, when) })
    const headAt = (when: string) => moves.findLast((move) => move.at <= when)?.after ?? opened
    for (const { when, from } of turned)
      emit('pull_request', when, {
        action: 'edited',
        changes: { base: { ref: { from } } },
        ...as(headAt(when), when),
      })
    for (const { event, at: when } of issue.timeline) {
      const action = ACTIONS.get(event)
      if (action && when !== issue.closedAt) emit('pull_request', when, { action, ...as(headAt(when), when) })
    }
    for (const review of issue.pull.reviews)
      emit('pull_request_review', review.submittedAt, {
        action: 'submitted',
        ...as(headAt(review.submittedAt), review.submittedAt),
        review: {
          ...{ id: review.id, body: review.body, state: review.state.toLowerCase() },
          ...{ user: userShape(github, review.user), submitted_at: review.submittedAt },
          author_association: association(repository, review.user),
        },
      })
    if (issue.closedAt) emit('pull_request', issue.closedAt, { action: 'closed', pull_request: now })
  }
  for (const run of repository.checkRuns.values()) {
    const suite = repository.checkSuites.get(run.suiteId)
    const shape = checkRunShape(github, repository, run)
    const check_suite = {
      ...shape.check_suite,
      head_branch: suite?.branch ?? null,
      updated_at: run.completedAt,
    }
    const pull_requests = openPullsAt(repository, shape.pull_requests, run.completedAt ?? '')
    const check_run = { ...shape, check_suite, pull_requests }
    if (run.completedAt) emit('check_run', run.completedAt, { action: 'completed', check_run })
  }
  for (const run of repository.workflowRuns.values())
    for (const attempt of run.attempts)
      emit('workflow_run', attempt.updatedAt, {
        action: 'completed',
        workflow_run: workflowRunShape(github, repository, run, attempt),
      })
  for (const run of repository.workflowRuns.values())
    for (const attempt of run.attempts)
      for (const job of attempt.jobs)
        if (job.completedAt)
          emit('workflow_job', job.completedAt, {
            action: 'completed',
            workflow_job: jobShape(github, repository, run, attempt, job),
          })
  for (const status of [...repository.statuses.values()].flat())
    emit('status', status.createdAt, {
      ...statusShape(github, repository, status),
      sha: status.sha,
      branches: [],
    })
  return deliveries
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map(({ name, payload }) => aDelivery(name, payload))
}

/** Those of the pull requests that were open with the head at that time: GitHub names no others in a webhook. */
function openPullsAt<P extends { number: number; head: { sha: string } }>(
  repository: Repository,
  pulls: readonly P[],
  when: string,
): P[] {
  return pulls.filter(({ number, head }) => {
    const issue = repository.issues.get(number)
    if (!issue?.pull || issue.createdAt > when || (issue.closedAt && issue.closedAt <= when)) return false
    const { moves } = issue.pull
    return (moves.findLast((move) => move.at <= when)?.after ?? moves[0]?.before ?? head.sha) === head.sha
  })
}
