/** Adds CI results to the fake GitHub: check suites and runs, statuses, workflow runs with attempts. */
import { addAccount, addCommit, newId } from './seed.ts'
import type {
  CheckRun,
  CheckSuite,
  CommitStatus,
  Conclusion,
  Repository,
  State,
  WorkflowAttempt,
  WorkflowRun,
} from './state.ts'

/** The id GitHub Actions has as an app on github.com. */
export const ACTIONS_APP_ID = 15368

/** Adds an app that reports results, by default GitHub Actions. */
export function addApp(
  state: State,
  id = ACTIONS_APP_ID,
  slug = 'github-actions',
  name = 'GitHub Actions',
): void {
  if (state.apps.has(id)) return
  state.apps.set(id, { ...state.app, id, slug, name, owner: 'github', clientId: `Iv1.app${id}` })
}

/** Adds an app's check suite to a commit. */
export function addCheckSuite(
  state: State,
  repository: Repository,
  sha: string,
  at: string,
  more: Partial<CheckSuite> = {},
): CheckSuite {
  const appId = more.appId ?? ACTIONS_APP_ID
  addApp(state, appId)
  addCommit(repository, sha, { date: at })
  const suite: CheckSuite = {
    id: newId(state),
    sha,
    branch: null,
    appId,
    status: 'completed',
    conclusion: 'success',
    before: null,
    createdAt: at,
    updatedAt: at,
    ...more,
  }
  repository.checkSuites.set(suite.id, suite)
  return suite
}

export interface CheckRunSeed extends Partial<CheckRun> {
  name: string
  conclusion: Conclusion | null
  /** ISO instants. */
  startedAt: string
  completedAt: string | null
}

/** Adds a check run to a suite. A second run with the same name is a second attempt. */
export function addCheckRun(
  state: State,
  repository: Repository,
  suite: CheckSuite,
  seed: CheckRunSeed,
): CheckRun {
  const run: CheckRun = {
    id: seed.id ?? newId(state),
    suiteId: suite.id,
    sha: suite.sha,
    appId: suite.appId,
    status: seed.conclusion === null ? 'in_progress' : 'completed',
    externalId: '',
    detailsUrl: null,
    title: null,
    summary: null,
    text: null,
    ...seed,
  }
  repository.checkRuns.set(run.id, run)
  return run
}

export interface StatusSeed {
  sha: string
  context: string
  state: CommitStatus['state']
  at: string
  creator?: string
  description?: string | null
  targetUrl?: string | null
}

/** Adds a status to a commit. Call in order of time. */
export function addStatus(state: State, repository: Repository, seed: StatusSeed): CommitStatus {
  const creator = seed.creator ?? 'ci-bot'
  addAccount(state, creator, 'User')
  addCommit(repository, seed.sha, { date: seed.at })
  const status: CommitStatus = {
    id: newId(state),
    sha: seed.sha,
    context: seed.context,
    state: seed.state,
    description: seed.description ?? null,
    targetUrl: seed.targetUrl ?? null,
    creator,
    createdAt: seed.at,
  }
  const history = repository.statuses.get(seed.sha)
  if (history) history.push(status)
  else repository.statuses.set(seed.sha, [status])
  return status
}

export interface JobSeed {
  name: string
  conclusion: Conclusion | null
  startedAt: string
  completedAt: string | null
  /** The conclusions of its steps; by default one with the conclusion of the job. */
  steps?: Conclusion[]
  /** Null for a job that never started. */
  runnerName?: string | null
}
export interface WorkflowSeed {
  name: string
  sha: string
  at: string
  /** Jobs of each attempt; every job also becomes a check run of the run's suite. */
  attempts: JobSeed[][]
  event?: string
  branch?: string | null
  headRepository?: string
  actor?: string
  path?: string
}

/** Adds a workflow run with all its attempts, its check suite and a check run for each job. */
export function addWorkflowRun(state: State, repository: Repository, seed: WorkflowSeed): WorkflowRun {
  const actor = seed.actor ?? repository.owner
  const suite = addCheckSuite(state, repository, seed.sha, seed.at, { branch: seed.branch ?? null })
  const run: WorkflowRun = {
    id: newId(state),
    name: seed.name,
    path: seed.path ?? `.github/workflows/${seed.name.toLowerCase().replaceAll(/\W+/g, '-')}.yml`,
    workflowId: newId(state),
    event: seed.event ?? 'pull_request',
    sha: seed.sha,
    branch: seed.branch ?? null,
    headRepository: seed.headRepository ?? `${repository.owner}/${repository.name}`,
    runNumber: repository.workflowRuns.size + 1,
    suiteId: suite.id,
    actor,
    createdAt: seed.at,
    attempts: [],
  }
  for (const jobs of seed.attempts) run.attempts.push(attemptOf(state, repository, suite, run, jobs))
  const last = run.attempts.at(-1)
  if (last)
    Object.assign(suite, { status: last.status, conclusion: last.conclusion, updatedAt: last.updatedAt })
  repository.workflowRuns.set(run.id, run)
  return run
}

/** Runs a workflow again. A job that is not run again is copied under a new id, with its old times and result. */
export function rerunWorkflow(
  state: State,
  repository: Repository,
  run: WorkflowRun,
  jobs: JobSeed[],
): WorkflowAttempt {
  const suite = repository.checkSuites.get(run.suiteId) as CheckSuite
  const names = new Set(jobs.map((job) => job.name))
  const copied = (run.attempts.at(-1)?.jobs ?? []).filter((job) => !names.has(job.name))
  const again = [
    ...jobs,
    ...copied.map(({ name, conclusion, startedAt, completedAt, steps, runnerName }) => ({
      name,
      conclusion,
      startedAt,
      completedAt,
      steps,
      runnerName,
    })),
  ]
  const attempt = attemptOf(state, repository, suite, run, again)
  // The attempt starts when its first new job does.
  attempt.startedAt = jobs.map((job) => job.startedAt).sort()[0] ?? attempt.startedAt
  run.attempts.push(attempt)
  Object.assign(suite, {
    status: attempt.status,
    conclusion: attempt.conclusion,
    updatedAt: attempt.updatedAt,
  })
  return attempt
}

function attemptOf(
  state: State,
  repository: Repository,
  suite: CheckSuite,
  run: WorkflowRun,
  jobs: JobSeed[],
): WorkflowAttempt {
  const done = jobs.every((job) => job.conclusion !== null)
  const bad = jobs.find((job) => job.conclusion !== 'success' && job.conclusion !== 'skipped')
  const startedAt = jobs.map((job) => job.startedAt).sort()[0] ?? run.createdAt
  return {
    attempt: run.attempts.length + 1,
    status: done ? 'completed' : 'in_progress',
    conclusion: done ? (bad?.conclusion ?? 'success') : null,
    startedAt,
    updatedAt:
      jobs
        .map((job) => job.completedAt ?? job.startedAt)
        .sort()
        .at(-1) ?? startedAt,
    actor: run.actor,
    jobs: jobs.map((job) => {
      const { steps, runnerName, ...result } = job
      const check = addCheckRun(state, repository, suite, result)
      return {
        ...result,
        id: check.id,
        status: check.status,
        createdAt: job.startedAt,
        runnerName: runnerName === undefined ? 'GitHub Actions 1' : runnerName,
        steps: steps ?? (job.conclusion === null || runnerName === null ? [] : [job.conclusion]),
      }
    }),
  }
}
