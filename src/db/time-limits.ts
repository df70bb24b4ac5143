/** Time limits of Actions jobs, which show only in several cancelled runs together; so a run at one commit can decide about another. */
import { sql } from 'kysely'
import {
  type CancelledJob,
  hasTimeLimit,
  type TimeLimit,
  timeLimitOf,
  timeLimitsOf,
} from '../domain/actions.ts'
import type { Db, Row } from './schema.ts'

interface StoredJob extends CancelledJob {
  head_sha: string
  check_run_id: number
}

/** Jobs that may have been stopped at their own time limit: one step was cancelled, and nobody cancelled the attempt. */
async function readCancelledJobs(
  db: Db,
  repositoryId: number,
  names: readonly string[],
): Promise<StoredJob[]> {
  // A copy in a later attempt has the number of that attempt, so the attempt is the last that began before the job.
  const { rows } = await sql<StoredJob>`select distinct on (j.run_id, j.name, j.started_at, j.completed_at)
      j.head_sha, j.check_run_id, j.name, j.run_id, j.started_at, j.completed_at, w.path as workflow
    from workflow_job j cross join lateral (
      select path, attempt from workflow_run w where w.repository_id = j.repository_id and w.head_sha = j.head_sha
        and w.run_id = j.run_id order by w.started_at <= j.started_at desc,
          case when w.started_at <= j.started_at then w.attempt else -w.attempt end desc limit 1) w
    where j.repository_id = ${repositoryId} and j.conclusion = 'cancelled' and j.cancelled_steps = 1
      and j.name = any(${[...names]}) and j.started_at is not null
      and exists (select 1 from workflow_run e where e.repository_id = j.repository_id and e.head_sha = j.head_sha
        and e.run_id = j.run_id and e.attempt = w.attempt and e.action = 'completed' and e.conclusion <> 'cancelled')
    order by j.run_id, j.name, j.started_at, j.completed_at, j.check_run_id`.execute(db)
  return rows
}

function cancelledNames(
  jobs: readonly Pick<Row<'workflow_job'>, 'name' | 'conclusion' | 'cancelled_steps'>[],
) {
  const cancelled = jobs.filter(
    ({ conclusion, cancelled_steps }) => conclusion === 'cancelled' && cancelled_steps === 1,
  )
  return [...new Set(cancelled.map((job) => job.name))]
}

/** The time limits of those of the jobs that were cancelled. Most commits have none of them and cost no query. */
export async function readTimeLimits(
  db: Db,
  repositoryId: number,
  jobs: readonly Row<'workflow_job'>[],
): Promise<TimeLimit[]> {
  const names = cancelledNames(jobs)
  return names.length === 0 ? [] : timeLimitsOf(await readCancelledJobs(db, repositoryId, names))
}

/**
 * Marks the other commits whose stored runs disagree with the time limits as known now. Call it with the jobs of commits whose runs
 * changed: then it ends, because a commit that is derived again without a change marks nothing.
 */
export async function markTimeLimits(
  db: Db,
  repositoryId: number,
  jobs: readonly Pick<Row<'workflow_job'>, 'name' | 'conclusion' | 'cancelled_steps'>[],
): Promise<void> {
  const names = cancelledNames(jobs)
  if (names.length === 0) return
  const cancelled = await readCancelledJobs(db, repositoryId, names)
  const limits = timeLimitsOf(cancelled)
  const rows = cancelled.map((job) => ({
    head_sha: job.head_sha,
    prefix: `check:${job.check_run_id}:`,
    outcome: hasTimeLimit(limits, timeLimitOf(job)) ? 'fail' : 'aborted',
  }))
  await sql`insert into stale_head (repository_id, head_sha)
    select distinct r.repository_id, r.head_sha
    from json_to_recordset(${JSON.stringify(rows)}::json) as c(head_sha text, prefix text, outcome text)
    join run r on r.repository_id = ${repositoryId} and r.head_sha = c.head_sha and starts_with(r.run_key, c.prefix)
    where r.outcome in ('fail', 'aborted') and r.outcome <> c.outcome`.execute(db)
}
