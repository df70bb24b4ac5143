/** Asks CI to run jobs again: Actions by its own calls, other apps by their check runs. */
import type { Octokit, RepositoryPath } from './client.ts'

export interface Rerun {
  /** `rerun-failed`: the failed jobs of a workflow run; `job`: one Actions job; `check-run`: another app's. */
  kind: 'rerun-failed' | 'job' | 'check-run'
  id: number
}

/** Whether the permission for `actions` or `checks` is what GitHub misses. */
export class MayNotRerun extends Error {
  override name = 'MayNotRerun'
}

/** Starts it; what is running already was started enough. @throws MayNotRerun */
export async function startRerun(octokit: Octokit, at: RepositoryPath, { kind, id }: Rerun): Promise<void> {
  try {
    if (kind === 'rerun-failed') await octokit.rest.actions.reRunWorkflowFailedJobs({ ...at, run_id: id })
    else if (kind === 'job') await octokit.rest.actions.reRunJobForWorkflowRun({ ...at, job_id: id })
    else await octokit.rest.checks.rerequestRun({ ...at, check_run_id: id })
  } catch (error) {
    const { status, message = '' } = error as { status?: number; message?: string }
    if (status === 403 && /not accessible|permission/i.test(message)) throw new MayNotRerun(message)
    if (status === 403 && /already running|in progress|no failed jobs/i.test(message)) return
    throw error
  }
}

/** Whether a person has write permission or more. */
export async function mayWrite(octokit: Octokit, at: RepositoryPath, username: string): Promise<boolean> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username })
    return data.permission === 'admin' || data.permission === 'write'
  } catch (error) {
    if ((error as { status?: number }).status === 404) return false
    throw error
  }
}
