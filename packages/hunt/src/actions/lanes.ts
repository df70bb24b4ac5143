/** The workflow runs that a hunt goes through, each with at most one attempt under way: GitHub allows no more. */
import { UserError } from '../user-error.ts'
import type { ActionsApi, ActionsJob, WorkflowRunNow } from './api.ts'

/** A workflow run that takes part, and the attempt in it that is under way. */
export interface Lane {
  run_id: number
  suite_id: number
  sha: string
  attempt: number | null
  /** Whether GitHub has taken the request for the attempt; while not, a later session asks once more. */
  asked: boolean
  /** When the last result before the attempt came (ISO 8601, UTC): what comes later is the hunt's. */
  after: string
}

/** An attempt that the hunt asked for, so that its results are told from those of people. */
export interface HuntMark {
  run_id: number
  suite_id: number
  head_sha: string
  attempt: number
  after_at: string
  /** When its last result came; null while it is under way. */
  until_at: string | null
  /** GitHub did not take it after all. */
  taken_back: boolean
}

/** Before everything that GitHub tells. */
export const ALWAYS = '1970-01-01T00:00:00.000Z'

export function laneOf({ id, suite_id, sha }: WorkflowRunNow): Lane {
  return { run_id: id, suite_id, sha, attempt: null, asked: false, after: ALWAYS }
}

export function markOf(
  lane: Lane,
  attempt: number,
  more: Partial<Pick<HuntMark, 'until_at' | 'taken_back'>> = {},
): HuntMark {
  const { run_id, suite_id, sha: head_sha, after: after_at } = lane
  return { run_id, suite_id, head_sha, attempt, after_at, until_at: null, taken_back: false, ...more }
}

/** When the last of these jobs ended; `ALWAYS` where none has. */
export function lastResult(jobs: readonly ActionsJob[]): string {
  const times = jobs.map((job) => Date.parse(job.completed_at ?? ALWAYS))
  return new Date(Math.max(0, ...times)).toISOString()
}

/**
 * Every ended workflow run of the commit that has the job, at most so many.
 * @throws UserError when there is none, with the jobs that there are
 */
export async function findLanes(
  api: ActionsApi,
  { job, ref, parallel }: { job: string; ref: string; parallel: number },
  sha: string,
): Promise<Lane[]> {
  const lanes: Lane[] = []
  const names = new Set<string>()
  for (const run of await api.endedRunsAt(sha)) {
    const jobs = await api.jobsOf(run.id, run.attempt)
    for (const { name } of jobs) names.add(name)
    if (jobs.some(({ name }) => name === job)) lanes.push(laneOf(run))
    if (lanes.length === parallel) break
  }
  if (lanes.length > 0) return lanes
  const known = [...names].slice(0, 20).join(', ')
  throw new UserError(
    `No workflow run that has ended at ${ref} has a job ${job}${known ? ` (there is: ${known})` : ''}. Let its workflow run there once, or start it with --workflow FILE.`,
  )
}

/** A run at a pull request's head would count in its SLA wherever the app does not share our database, and changes what may be merged. */
export async function refusePullRequests(api: ActionsApi, sha: string, ref: string): Promise<void> {
  const [number] = await api.pullRequestsAt(sha)
  if (number === undefined) return
  throw new UserError(
    `${ref} is the head of pull request #${number}: runs there would count in its SLA. Push a branch of its own, with an empty commit on top (git commit --allow-empty), and hunt that.`,
  )
}
