/** The workflow runs that a hunt uses. GitHub allows one attempt at a time in each. */
import { UserError } from '../user-error.ts'
import type { ActionsApi, ActionsJob, WorkflowRun } from './api.ts'

/** A workflow run that the hunt uses, and the attempt in progress in it. */
export interface Lane {
  run_id: number
  suite_id: number
  sha: string
  attempt: number | null
  /** Whether GitHub has accepted the request for the attempt. If not, a later session requests it again. */
  requested: boolean
  /** When the last result before the attempt was reported (ISO 8601, UTC). Later results belong to the hunt. */
  after: string
}

/** An attempt that the hunt requested. It distinguishes the hunt's results from other people's. */
export interface HuntMark {
  run_id: number
  suite_id: number
  head_sha: string
  attempt: number
  after_at: string
  /** When its last result was reported; null while it is in progress. */
  until_at: string | null
  /** Whether the request was withdrawn, because GitHub did not accept it. */
  withdrawn: boolean
}

/** Earlier than any result on GitHub. */
export const EPOCH = '1970-01-01T00:00:00.000Z'

export function laneOf({ id, suite_id, sha }: WorkflowRun): Lane {
  return { run_id: id, suite_id, sha, attempt: null, requested: false, after: EPOCH }
}

export function markOf(
  lane: Lane,
  attempt: number,
  more: Partial<Pick<HuntMark, 'until_at' | 'withdrawn'>> = {},
): HuntMark {
  const { run_id, suite_id, sha: head_sha, after: after_at } = lane
  return { run_id, suite_id, head_sha, attempt, after_at, until_at: null, withdrawn: false, ...more }
}

/** When the last of these jobs completed; `EPOCH` if none has. */
export function lastResult(jobs: readonly ActionsJob[]): string {
  const times = jobs.map((job) => Date.parse(job.completed_at ?? EPOCH))
  return new Date(Math.max(0, ...times)).toISOString()
}

/**
 * The completed workflow runs of the commit that have the job, at most `parallel`.
 * @throws UserError when there are none; it lists the jobs of the commit
 */
export async function findLanes(
  api: ActionsApi,
  { job, ref, parallel }: { job: string; ref: string; parallel: number },
  sha: string,
): Promise<Lane[]> {
  const lanes: Lane[] = []
  const names = new Set<string>()
  for (const run of await api.completedRunsAt(sha)) {
    const jobs = await api.jobsOf(run.id, run.attempt)
    for (const { name } of jobs) names.add(name)
    if (jobs.some(({ name }) => name === job)) lanes.push(laneOf(run))
    if (lanes.length === parallel) break
  }
  if (lanes.length > 0) return lanes
  const others = [...names].slice(0, 20).join(', ')
  throw new UserError(
    `No completed workflow run at ${ref} has a job ${job}${others ? ` (its jobs: ${others})` : ''}. Run the workflow there once, or use --workflow FILE.`,
  )
}

/**
 * Refuses commits at the head of a pull request: runs there would count in its SLA if the app uses another database, and they
 * change whether it can be merged. @throws UserError
 */
export async function refusePullRequests(api: ActionsApi, sha: string, ref: string): Promise<void> {
  const [number] = await api.pullRequestsAt(sha)
  if (number === undefined) return
  throw new UserError(
    `${ref} is the head of pull request #${number}, and runs there would count in its SLA. Push a separate branch with an empty commit on top (git commit --allow-empty), and hunt there.`,
  )
}
