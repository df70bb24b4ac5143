/** GitHub Actions: workflow runs, their attempts and jobs, and re-runs. */
import { page } from '../paging.ts'
import { type Call, notFound, numberParam, Refusal, type Route, repositoryOf, writerOf } from '../route.ts'
import { newId } from '../seed.ts'
import { ACTIONS_APP_ID } from '../seed-ci.ts'
import { jobShape, newestAttempt, workflowRunShape } from '../shapes/actions.ts'
import { instant } from '../shapes/instance.ts'
import type { Repository, WorkflowAttempt, WorkflowJob, WorkflowRun } from '../state.ts'

/** GitHub lists at most this many runs for a search. */
const MAX_RUNS = 1000
const MAX_ATTEMPTS = 51

function runOf(call: Call, repository: Repository): WorkflowRun {
  const run = repository.workflowRuns.get(numberParam(call, 'run_id'))
  if (!run) throw notFound()
  return run
}

/** Whether an instant lies in a `created` search: `>=X`, `<X`, `X..Y`, `X..*` or a day. */
function inRange(at: string, range: string): boolean {
  const time = Date.parse(at)
  const between = /^(.+?)\.\.(.+)$/.exec(range)
  if (between) {
    const [, from = '', to = ''] = between
    return (from === '*' || time >= Date.parse(from)) && (to === '*' || time <= endOf(to))
  }
  const compare = /^(>=|<=|>|<)(.+)$/.exec(range)
  if (!compare) return time >= Date.parse(range) && time <= endOf(range)
  const [, sign, value = ''] = compare
  if (sign === '>=') return time >= Date.parse(value)
  if (sign === '<=') return time <= endOf(value)
  return sign === '>' ? time > endOf(value) : time < Date.parse(value)
}

/** The last millisecond of a date, or the instant itself. */
function endOf(value: string): number {
  const time = Date.parse(value)
  return /^\d{4}-\d\d-\d\d$/.test(value) ? time + 86_400_000 - 1 : time
}

function matches(call: Call, run: WorkflowRun): boolean {
  const attempt = newestAttempt(run)
  const tests: [string, (value: string) => boolean][] = [
    ['event', (value) => run.event === value],
    ['branch', (value) => run.branch === value],
    ['head_sha', (value) => run.sha === value],
    ['actor', (value) => run.actor.toLowerCase() === value.toLowerCase()],
    ['check_suite_id', (value) => run.suiteId === Number(value)],
    ['status', (value) => attempt.status === value || attempt.conclusion === value],
    ['created', (value) => inRange(run.createdAt, value)],
  ]
  return tests.every(([name, fits]) => {
    const value = call.query.get(name)
    return value === null || fits(value)
  })
}

function listRuns(call: Call) {
  const repository = repositoryOf(call)
  const found = [...repository.workflowRuns.values()].filter((run) => matches(call, run))
  found.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id - a.id)
  const shape = (run: WorkflowRun) => shapeOf(call, repository, run, newestAttempt(run))
  return page(call, found.slice(0, MAX_RUNS), shape, { envelope: 'workflow_runs', total: found.length })
}

function shapeOf(call: Call, repository: Repository, run: WorkflowRun, attempt: WorkflowAttempt) {
  const shape = workflowRunShape(call.github, repository, run, attempt)
  return call.query.get('exclude_pull_requests') === 'true' ? { ...shape, pull_requests: [] } : shape
}

function attemptOf(call: Call, run: WorkflowRun): WorkflowAttempt {
  const number = numberParam(call, 'attempt_number')
  const attempt = run.attempts.find((candidate) => candidate.attempt === number)
  if (!attempt) throw notFound()
  return attempt
}

function listJobs(call: Call, attempts: (run: WorkflowRun) => WorkflowAttempt[]) {
  const repository = repositoryOf(call)
  const run = runOf(call, repository)
  const jobs = attempts(run).flatMap((attempt) => attempt.jobs.map((job) => ({ attempt, job })))
  return page(call, jobs, ({ attempt, job }) => jobShape(call.github, repository, run, attempt, job), {
    envelope: 'jobs',
  })
}

/** Adds an attempt. Re-run jobs are queued, the others keep their result; all get new ids. */
function startAttempt(
  call: Call,
  repository: Repository,
  run: WorkflowRun,
  shouldRerun: (job: WorkflowJob) => boolean,
) {
  const last = newestAttempt(run)
  if (last.status !== 'completed') throw new Refusal(403, 'This workflow is already running')
  if (run.attempts.length >= MAX_ATTEMPTS)
    throw new Refusal(403, 'Unable to retry this workflow run because it was rerun too often')
  if (!last.jobs.some(shouldRerun)) throw new Refusal(403, 'This workflow run has no failed jobs to re-run')
  const at = instant(call.github)
  const jobs = last.jobs.map((job): WorkflowJob => {
    const id = newId(call.github.state)
    if (!shouldRerun(job)) return { ...job, id }
    const queued = { status: 'queued', conclusion: null, completedAt: null, steps: [] } as const
    return { ...job, ...queued, id, createdAt: at, startedAt: at, steps: [] }
  })
  run.attempts.push({
    attempt: last.attempt + 1,
    status: 'queued',
    conclusion: null,
    startedAt: at,
    updatedAt: at,
    actor: writerOf(call).user,
    jobs,
  })
  for (const job of jobs) mirrorJob(repository, run, job)
  const suite = repository.checkSuites.get(run.suiteId)
  if (suite) Object.assign(suite, { status: 'queued', conclusion: null, updatedAt: at })
  return { status: 201, body: {} }
}

/** Every job is a check run of the run's suite, under the same id. */
function mirrorJob(repository: Repository, run: WorkflowRun, job: WorkflowJob): void {
  const { id, name, status, conclusion, startedAt, completedAt } = job
  const appId = repository.checkSuites.get(run.suiteId)?.appId ?? ACTIONS_APP_ID
  const output = { externalId: '', detailsUrl: null, title: null, summary: null, text: null }
  repository.checkRuns.set(id, {
    ...{ id, name, status, conclusion, startedAt, completedAt, appId },
    ...{ suiteId: run.suiteId, sha: run.sha, ...output },
  })
}

const failed = (job: WorkflowJob): boolean =>
  job.conclusion !== 'success' && job.conclusion !== 'skipped' && job.conclusion !== 'neutral'

function rerun(call: Call, shouldRerun: (job: WorkflowJob) => boolean) {
  const repository = repositoryOf(call)
  return startAttempt(call, repository, runOf(call, repository), shouldRerun)
}

function rerunJob(call: Call) {
  const repository = repositoryOf(call)
  const id = numberParam(call, 'job_id')
  for (const run of repository.workflowRuns.values()) {
    if (run.attempts.at(-1)?.jobs.some((job) => job.id === id)) {
      return startAttempt(call, repository, run, (job) => job.id === id)
    }
  }
  throw notFound()
}

const ACTIONS = '/repos/{owner}/{repo}/actions'
const RUN = `${ACTIONS}/runs/{run_id}`
const READ: Route['needs'] = [['actions', 'read']]
const WRITE: Route['needs'] = [['actions', 'write']]

export const actionRoutes: Route[] = [
  { method: 'GET', path: `${ACTIONS}/runs`, needs: READ, handle: listRuns },
  {
    method: 'GET',
    path: RUN,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      const run = runOf(call, repository)
      return { status: 200, body: shapeOf(call, repository, run, newestAttempt(run)) }
    },
  },
  {
    method: 'GET',
    path: `${RUN}/attempts/{attempt_number}`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      const run = runOf(call, repository)
      return { status: 200, body: shapeOf(call, repository, run, attemptOf(call, run)) }
    },
  },
  {
    method: 'GET',
    path: `${RUN}/attempts/{attempt_number}/jobs`,
    needs: READ,
    handle: (call) => listJobs(call, (run) => [attemptOf(call, run)]),
  },
  {
    method: 'GET',
    path: `${RUN}/jobs`,
    needs: READ,
    handle: (call) =>
      listJobs(call, (run) =>
        call.query.get('filter') === 'all' ? [...run.attempts].reverse() : [newestAttempt(run)],
      ),
  },
  { method: 'POST', path: `${RUN}/rerun-failed-jobs`, needs: WRITE, handle: (call) => rerun(call, failed) },
  { method: 'POST', path: `${RUN}/rerun`, needs: WRITE, handle: (call) => rerun(call, () => true) },
  { method: 'POST', path: `${ACTIONS}/jobs/{job_id}/rerun`, needs: WRITE, handle: rerunJob },
]
