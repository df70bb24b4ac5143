/** Running CI again on a commit: what GitHub shows there, who may ask, and the requests themselves. */
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

/** The pull request as it is now; null when it is closed or gone. */
export async function readOpenPull(
  octokit: Octokit,
  at: RepositoryPath,
  pull_number: number,
): Promise<OpenPull | null> {
  const { data } = await octokit.rest.pulls.get({ ...at, pull_number })
  if (data.state !== 'open') return null
  return { author: data.user.login, headSha: data.head.sha, locked: data.locked }
}

/** Whether a login may write to the repository, by GitHub's word of this moment. */
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
  // The list stands inside an object with an address of its own, which Octokit's paging does not unwrap.
  for (let page = 1, more = true; more; page++) {
    const asked = { ...at, ref, per_page: PAGE, page }
    const { data } = await octokit.rest.repos.getCombinedStatusForRef(asked)
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

/** Has one Actions job run again, with those that depend on it. */
export function rerunJob(octokit: Octokit, at: RepositoryPath, job_id: number): Promise<Asked> {
  return ask(() => octokit.rest.actions.reRunJobForWorkflowRun({ ...at, job_id }), 'forbidden')
}

/** Has all failed jobs of a workflow run run again: GitHub takes one request for a run at a time. */
export function rerunFailedJobs(octokit: Octokit, at: RepositoryPath, run_id: number): Promise<Asked> {
  return ask(() => octokit.rest.actions.reRunWorkflowFailedJobs({ ...at, run_id }), 'forbidden')
}

/** Asks the app behind a check run to run it again. GitHub passes that on only for apps that allow it. */
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
    const mayPass = status === undefined || status >= 500 || /rate limit|abuse/i.test(message)
    if (error instanceof WouldWrite || mayPass) throw error
    if (refusal === 'not ours') return 'not ours'
    if (/not accessible by integration/i.test(message)) return 'forbidden'
    // Without the address of the documentation that Octokit adds.
    return { message: message.split(' - https://')[0] ?? message }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { status?: number }).status
}
