/** The few calls to GitHub that a hunt makes, each asked again when GitHub is busy or away for a moment. */
import { Octokit } from '@octokit/rest'
import { UserError } from '../user-error.ts'

/** A job of one attempt of a workflow run. */
export interface ActionsJob {
  id: number
  run_id: number
  attempt: number
  name: string
  status: string
  conclusion: string | null
  started_at: string
  completed_at: string | null
  runner: string | null
  /** What the job asked for to run on. */
  labels: string[]
}

/** A workflow run as its newest attempt stands. */
export interface WorkflowRunNow {
  id: number
  suite_id: number
  sha: string
  attempt: number
  done: boolean
}

/** `busy`: an attempt of the same workflow run is under way; `never`: GitHub lets it be run again no more. */
export type Asked = 'asked' | 'busy' | 'never'

export interface ActionsApi {
  /** The commit that a branch, tag or SHA names. */
  commitOf(ref: string): Promise<string>
  /** The numbers of the pull requests whose head the commit is. */
  pullRequestsAt(sha: string): Promise<number[]>
  /** The workflow runs of a commit that have ended, newest first. */
  endedRunsAt(sha: string): Promise<WorkflowRunNow[]>
  readRun(runId: number): Promise<WorkflowRunNow>
  jobsOf(runId: number, attempt: number): Promise<ActionsJob[]>
  /** Runs a job again, with those that depend on it. */
  rerunJob(jobId: number): Promise<Asked>
  /** Starts a workflow that has a `workflow_dispatch` trigger. @returns its run's id */
  dispatch(workflow: string, ref: string): Promise<number>
  /** What a job wrote; null when GitHub no longer has it. */
  readLog(jobId: number): Promise<string | null>
}

const PER_PAGE = 100
const TRIES = 5
const FIRST_WAIT_MS = 1000
const MAX_WAIT_S = 120

/** @param options the token needs `actions: write`, `contents: read` and `pull_requests: read` */
export function openActions(
  at: { owner: string; repo: string },
  options: { token: string; baseUrl: string; firstWaitMs?: number },
): ActionsApi {
  const octokit = new Octokit({ auth: options.token, baseUrl: options.baseUrl, log: SILENT })
  return actionsOf(octokit, at, insisting(options.firstWaitMs ?? FIRST_WAIT_MS))
}

/** @param call makes each request; what it throws comes out, but for what `Asked` tells */
export function actionsOf(
  octokit: Pick<Octokit, 'rest' | 'request' | 'paginate'>,
  at: { owner: string; repo: string },
  call: <T>(work: () => Promise<T>) => Promise<T>,
): ActionsApi {
  return {
    commitOf: async (ref) => (await call(() => octokit.rest.repos.getCommit({ ...at, ref }))).data.sha,
    async pullRequestsAt(sha) {
      const { data } = await call(() =>
        octokit.rest.repos.listPullRequestsAssociatedWithCommit({
          ...at,
          commit_sha: sha,
          per_page: PER_PAGE,
        }),
      )
      return data.filter((pull) => pull.head.sha === sha).map((pull) => pull.number)
    },
    async endedRunsAt(sha) {
      const { data } = await call(() =>
        octokit.rest.actions.listWorkflowRunsForRepo({
          ...at,
          head_sha: sha,
          status: 'completed',
          per_page: PER_PAGE,
        }),
      )
      return data.workflow_runs.map(nowOf)
    },
    readRun: async (run_id) =>
      nowOf((await call(() => octokit.rest.actions.getWorkflowRun({ ...at, run_id }))).data),
    async jobsOf(run_id, attempt_number) {
      const jobs = await call(() =>
        octokit.paginate(octokit.rest.actions.listJobsForWorkflowRunAttempt, {
          ...at,
          run_id,
          attempt_number,
          per_page: PER_PAGE,
        }),
      )
      return jobs.map((job) => ({ ...job, attempt: job.run_attempt ?? 1, runner: job.runner_name }))
    },
    async rerunJob(job_id) {
      try {
        await call(() => octokit.rest.actions.reRunJobForWorkflowRun({ ...at, job_id }))
        return 'asked'
      } catch (error) {
        const { message } = error as Error
        if (/already running/i.test(message)) return 'busy'
        if (/rerun too often|unable to retry|created over a month/i.test(message)) return 'never'
        throw error
      }
    },
    async dispatch(workflow_id, ref) {
      const { data } = await call(() =>
        octokit.request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
          ...at,
          workflow_id,
          ref,
          return_run_details: true,
        }),
      )
      return (data as unknown as { workflow_run_id: number }).workflow_run_id
    },
    async readLog(job_id) {
      try {
        return String(
          (await call(() => octokit.rest.actions.downloadJobLogsForWorkflowRun({ ...at, job_id }))).data,
        )
      } catch {
        // Logs are removed after some time, and a job that never began has none.
        return null
      }
    },
  }
}

interface ToldRun {
  id: number
  check_suite_id?: number
  head_sha: string
  run_attempt?: number
  status: string | null
}

function nowOf({ id, check_suite_id = 0, head_sha, run_attempt = 1, status }: ToldRun): WorkflowRunNow {
  return { id, suite_id: check_suite_id, sha: head_sha, attempt: run_attempt, done: status === 'completed' }
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

type Refused = Error & { status?: number; response?: { headers?: Record<string, string | undefined> } }

/** Waits as GitHub says, and asks again after limits, 5xx and lost connections; says anything else in words. */
function insisting(firstWaitMs: number): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    for (let i = 1; ; i++) {
      try {
        return await work()
      } catch (error) {
        const seconds = retryAfter(error as Refused)
        if (seconds === null || i === TRIES) throw inWords(error as Refused)
        const ms = seconds > 0 ? seconds * 1000 : firstWaitMs * 2 ** (i - 1)
        await new Promise((resolve) => setTimeout(resolve, ms))
      }
    }
  }
}

/** Seconds to wait, 0 for a little, null when asking again is no use. Source: docs.github.com, rate limits of the REST API. */
function retryAfter({ status = 0, response, message }: Refused): number | null {
  const headers = response?.headers ?? {}
  if (status === 500 && /fetch failed|other side closed/i.test(message)) return 0
  if (status === 403 || status === 429) {
    if (headers['retry-after']) return Math.min(MAX_WAIT_S, Number(headers['retry-after']))
    return headers['x-ratelimit-remaining'] === '0' || /secondary rate limit/i.test(message)
      ? MAX_WAIT_S
      : null
  }
  return status >= 500 ? 0 : null
}

/** Whether GitHub has said no, rather than not answered: asking again later is no use. */
export function isRefusal(error: unknown): boolean {
  const { status = 0, message = '' } = error as Partial<Refused>
  const isFinal = status === 403 || status === 404 || status === 410 || status === 422
  return error instanceof UserError || (isFinal && !/rate limit|abuse/i.test(message))
}

function inWords(error: Refused): Error {
  const { status, message } = error
  if (status === 401) return new UserError('GitHub refuses the token. Set GITHUB_TOKEN to one that is valid.')
  if (status === 404)
    return new UserError(`GitHub does not find it: ${message}. Is the name right, and may the token see it?`)
  if (status === 422 || status === 403) return new UserError(`GitHub refused: ${message}`)
  return error
}
