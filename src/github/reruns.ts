/** Re-runs CI on a commit: reads what there is to re-run and who may ask for it, and sends the requests. */
import type { HeadJob } from '../domain/retest.ts'
import type { Octokit, RepositoryPath } from './client.ts'
import { WouldWrite } from './dry-run.ts'

export const ACTIONS = 'github-actions'
const PAGE = 100

export interface OpenPull {
  author: string
  headSha: string
  locked: boolean
}

/** The current state of a pull request; null when it is closed. */
export async function readOpenPull(
  octokit: Octokit,
  at: RepositoryPath,
  pull_number: number,
): Promise<OpenPull | null> {
  const { data } = await octokit.rest.pulls.get({ ...at, pull_number })
  if (data.state !== 'open') return null
  return { author: data.user.login, headSha: data.head.sha, locked: data.locked }
}

/** Whether a login has write permission in the repository now. */
export async function mayWrite(octokit: Octokit, at: RepositoryPath, username: string): Promise<boolean> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username })
    return data.permission === 'admin' || data.permission === 'write'
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

/** The newest result of every job at a commit: check runs and statuses. */
export async function readHeadJobs(octokit: Octokit, at: RepositoryPath, ref: string): Promise<HeadJob[]> {
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, { ...at, ref, per_page: PAGE })
  const checks = runs.map(
    (run): HeadJob => ({
      id: run.id,
      name: run.name,
      app: run.app?.slug ?? '',
      suiteId: run.check_suite?.id ?? null,
      conclusion: run.status === 'completed' ? run.conclusion : null,
      completedAt: run.completed_at ? Date.parse(run.completed_at) : null,
    }),
  )
  return [...checks, ...(await readStatuses(octokit, at, ref))]
}

async function readStatuses(octokit: Octokit, at: RepositoryPath, ref: string): Promise<HeadJob[]> {
  const found: HeadJob[] = []
  // Octokit's pagination cannot unwrap this list, because the object around it has an address of its own.
  for (let page = 1, more = true; more; page++) {
    const parameters = { ...at, ref, per_page: PAGE, page }
    const { data } = await octokit.rest.repos.getCombinedStatusForRef(parameters)
    for (const { context, state, updated_at } of data.statuses) {
      const conclusion = state === 'pending' ? null : state
      const completedAt = Date.parse(updated_at)
      found.push({ id: null, name: context, app: '', suiteId: null, conclusion, completedAt })
    }
    more = data.statuses.length === PAGE
  }
  return found
}

export interface WorkflowRun {
  id: number
  suiteId: number | null
  finished: boolean
}

/** Workflow runs of a commit. */
export async function readWorkflowRuns(
  octokit: Octokit,
  at: RepositoryPath,
  head_sha: string,
): Promise<WorkflowRun[]> {
  const runs = await octokit.paginate(octokit.rest.actions.listWorkflowRunsForRepo, {
    ...at,
    head_sha,
    per_page: PAGE,
  })
  return runs.map(({ id, check_suite_id, status }) => ({
    id,
    suiteId: check_suite_id ?? null,
    finished: status === 'completed',
  }))
}

export type Asked = 'asked' | 'forbidden' | 'not ours' | { message: string }

/** Re-runs one Actions job and the jobs that depend on it. */
export function rerunJob(octokit: Octokit, at: RepositoryPath, job_id: number): Promise<Asked> {
  return ask(() => octokit.rest.actions.reRunJobForWorkflowRun({ ...at, job_id }), 'forbidden')
}

/** Re-runs all failed jobs of a workflow run. GitHub accepts one request for a workflow run at a time. */
export function rerunFailedJobs(octokit: Octokit, at: RepositoryPath, run_id: number): Promise<Asked> {
  return ask(() => octokit.rest.actions.reRunWorkflowFailedJobs({ ...at, run_id }), 'forbidden')
}

/** Asks the app that created a check run to run it again. GitHub forwards this only to apps that allow it. */
export function rerequestCheck(octokit: Octokit, at: RepositoryPath, check_run_id: number): Promise<Asked> {
  return ask(() => octokit.rest.checks.rerequestRun({ ...at, check_run_id }), 'not ours')
}

async function ask(request: () => Promise<unknown>, refusal: 'forbidden' | 'not ours'): Promise<Asked> {
  try {
    await request()
    return 'asked'
  } catch (error) {
    const status = statusOf(error)
    const message = error instanceof Error ? error.message : String(error)
    const isTransient = status === undefined || status >= 500 || /rate limit|abuse/i.test(message)
    if (error instanceof WouldWrite || isTransient) throw error
    if (refusal === 'not ours') return 'not ours'
    if (/not accessible by integration/i.test(message)) return 'forbidden'
    // Octokit appends the address of the documentation.
    return { message: message.split(' - https://')[0] ?? message }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { status?: number }).status
}
