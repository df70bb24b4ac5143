/** The calls to GitHub that a hunt makes. Transient errors and rate limits are retried. */
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
  /** The runner labels that the job requests. */
  labels: string[]
}

/** A workflow run with its newest attempt. */
export interface WorkflowRun {
  id: number
  suite_id: number
  sha: string
  attempt: number
  done: boolean
}

/** `busy`: another attempt of the workflow run is in progress. `never`: GitHub allows no further re-run of it. */
export type RerunResult = 'accepted' | 'busy' | 'never'

export interface ActionsApi {
  /** The SHA that a branch, tag or SHA resolves to. */
  commitOf(ref: string): Promise<string>
  /** The numbers of the pull requests whose head is the commit. */
  pullRequestsAt(sha: string): Promise<number[]>
  /** The completed workflow runs of a commit, newest first. */
  completedRunsAt(sha: string): Promise<WorkflowRun[]>
  readRun(runId: number): Promise<WorkflowRun>
  jobsOf(runId: number, attempt: number): Promise<ActionsJob[]>
  /** Re-runs a job and the jobs that depend on it. */
  rerunJob(jobId: number): Promise<RerunResult>
  /** Starts a workflow that has a `workflow_dispatch` trigger. @returns the id of its run */
  dispatch(workflow: string, ref: string): Promise<number>
  /** The log of a job; null when GitHub no longer has it. */
  readLog(jobId: number): Promise<string | null>
}

const PER_PAGE = 100
const TRIES = 5
const FIRST_WAIT_MS = 1000
const MAX_WAIT_S = 120

/** Access with a token. @param options the token needs `actions: write`, `contents: read` and `pull_requests: read` */
export function openActions(
  at: { owner: string; repo: string },
  options: { token: string; baseUrl: string; firstWaitMs?: number },
): ActionsApi {
  const octokit = new Octokit({ auth: options.token, baseUrl: options.baseUrl, log: SILENT })
  return actionsOf(octokit, at, retrying(options.firstWaitMs ?? FIRST_WAIT_MS))
}

/** Access with a client. @param call makes each request. Its errors are passed on, except for those in `RerunResult` */
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
    async completedRunsAt(sha) {
      const { data } = await call(() =>
        octokit.rest.actions.listWorkflowRunsForRepo({
          ...at,
          head_sha: sha,
          status: 'completed',
          per_page: PER_PAGE,
        }),
      )
      return data.workflow_runs.map(workflowRunOf)
    },
    readRun: async (run_id) =>
      workflowRunOf((await call(() => octokit.rest.actions.getWorkflowRun({ ...at, run_id }))).data),
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
        return 'accepted'
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
        // Logs expire, and a job that never started has none.
        return null
      }
    },
  }
}

interface RunPayload {
  id: number
  check_suite_id?: number
  head_sha: string
  run_attempt?: number
  status: string | null
}

function workflowRunOf({
  id,
  check_suite_id = 0,
  head_sha,
  run_attempt = 1,
  status,
}: RunPayload): WorkflowRun {
  return { id, suite_id: check_suite_id, sha: head_sha, attempt: run_attempt, done: status === 'completed' }
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

type RequestError = Error & { status?: number; response?: { headers?: Record<string, string | undefined> } }

/** Retries after rate limits, 5xx and lost connections, after the time that GitHub names. Other errors become UserErrors. */
function retrying(firstWaitMs: number): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    for (let i = 1; ; i++) {
      try {
        return await work()
      } catch (error) {
        const seconds = retryAfter(error as RequestError)
        if (seconds === null || i === TRIES) throw asUserError(error as RequestError)
        const ms = seconds > 0 ? seconds * 1000 : firstWaitMs * 2 ** (i - 1)
        await new Promise((resolve) => setTimeout(resolve, ms))
      }
    }
  }
}

/** Seconds to wait, 0 for the default back-off, null when a retry is pointless. Source: docs.github.com, rate limits of the REST API. */
function retryAfter({ status = 0, response, message }: RequestError): number | null {
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

/** Whether GitHub refused the request for good, so that a retry is pointless. */
export function isRefusal(error: unknown): boolean {
  const { status = 0, message = '' } = error as Partial<RequestError>
  const isFinal = status === 403 || status === 404 || status === 410 || status === 422
  return error instanceof UserError || (isFinal && !/rate limit|abuse/i.test(message))
}

function asUserError(error: RequestError): Error {
  const { status, message } = error
  if (status === 401) return new UserError('GitHub rejected the token. Set GITHUB_TOKEN to a valid one.')
  if (status === 404)
    return new UserError(`GitHub answered: ${message}. Check the name, and that the token has access to it.`)
  if (status === 422 || status === 403) return new UserError(`GitHub refused: ${message}`)
  return error
}
