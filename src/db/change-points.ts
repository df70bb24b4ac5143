/** Changes of jobs' flake rates during the last 90 days, stored with the pull requests that were merged at that time. */

import { sql } from 'kysely'
import { type Change, changePoints, type Tally } from '../domain/attribution/change-point.ts'
import { DAY_MS, iso } from '../domain/time.ts'
import { addRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

/** How many days, up to the newest verdict, are searched for changes. */
const DAYS = 90
const MAX_MERGED = 30

interface JobDay extends Tally {
  job_id: number
  day: string
}

/** Finds the changes of these jobs, and replaces the stored changes of the same days. */
export async function writeChangePoints(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
): Promise<void> {
  if (jobIds.length === 0) return
  const { rows } = await sql<JobDay>`with newest as (
      select max(judged_at) as at from verdict where repository_id = ${repositoryId})
    select v.job_id, (v.judged_at at time zone 'UTC')::date as day, count(*) filter (where v.flaky) as flaky, count(*) as verdicts
    from verdict v, newest where v.repository_id = ${repositoryId} and v.job_id = any(${[...jobIds]}) and v.kind = 'pull_request'
      and v.judged_at >= newest.at - ${DAYS} * interval '1 day'
      -- A flake that an incident caused is not a change of the job.
      and not (v.flaky and exists (select 1 from incident i where i.repository_id = v.repository_id
        and coalesce(v.failed_at, v.judged_at) between i.began_at and i.ended_at and (i.job_id is null or i.job_id = v.job_id)))
    group by 1, 2 order by 1, 2`.execute(db)
  const from = rows.map((row) => row.day).sort()[0] ?? '9999-12-31'
  await sql`delete from change_point where repository_id = ${repositoryId} and job_id = any(${[...jobIds]})
    and changed_on >= ${from}::date`.execute(db)
  for (const [jobId, days] of Map.groupBy(rows, (row) => row.job_id)) {
    for (const change of changePoints(days))
      await addChangePoint(db, repositoryId, jobId, days[change.at]?.day ?? from, change)
  }
}

/** Stores a change with the pull requests merged on its first day or the day before, which are the likely causes of a rise. */
async function addChangePoint(
  db: Db,
  repositoryId: number,
  jobId: number,
  day: string,
  change: Change,
): Promise<void> {
  const from = iso(Date.parse(day) - DAY_MS)
  const to = iso(Date.parse(day) + DAY_MS)
  const merged = await sql<{ number: number }>`select number from pull_request
    where repository_id = ${repositoryId} and merged_at >= ${from} and merged_at < ${to}
    order by merged_at limit ${MAX_MERGED}`.execute(db)
  const { before, after } = change
  await addRows(db, 'change_point', [
    {
      repository_id: repositoryId,
      job_id: jobId,
      changed_on: day,
      before_flaky: before.flaky,
      before_verdicts: before.verdicts,
      after_flaky: after.flaky,
      after_verdicts: after.verdicts,
      merged: merged.rows.map((row) => row.number),
    },
  ])
}

/** Changes since a UTC day (`YYYY-MM-DD`), newest first; of one job when `jobId` is given. */
export async function readChangePoints(
  db: Db,
  repositoryId: number,
  since: string,
  jobId: number | null = null,
): Promise<(Row<'change_point'> & { job: string })[]> {
  const { rows } = await sql<
    Row<'change_point'> & { job: string }
  >`select c.*, j.name as job from change_point c
    join job j on j.repository_id = c.repository_id and j.job_id = c.job_id
    where c.repository_id = ${repositoryId} and c.changed_on >= ${since}::date
      ${jobId === null ? sql`` : sql`and c.job_id = ${jobId}`} order by c.changed_on desc, j.name, c.job_id`.execute(
    db,
  )
  return rows
}
