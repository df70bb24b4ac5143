/** Queries about one job: verdicts by day, runs, durations, and pull requests merged around a day. All use the job's indexes. */

import { sql } from 'kysely'
import type { JobKey } from '../../db/job-table.ts'
import { localDay } from '../../db/local-days.ts'
import type { Db, Row } from '../../db/schema.ts'
import type { Span } from '../../db/scope.ts'
import type { Calendar } from '../../domain/calendar.ts'
import { iso } from '../../domain/time.ts'

export interface JobDay {
  /** Local day. */
  day: string
  flaky: number
  verdicts: number
}

/** Counts of verdicts by local day, oldest first; only days with a verdict. */
export async function readJobDays(db: Db, key: JobKey, span: Span, calendar: Calendar): Promise<JobDay[]> {
  const { rows } = await sql<JobDay>`select ${localDay('judged_at', calendar, span)} as day,
      count(*) filter (where flaky) as flaky, count(*) as verdicts
    from verdict where repository_id = ${key.repositoryId} and job_id = ${key.jobId} and kind = 'pull_request'
      and judged_at >= ${iso(span.from)} and judged_at < ${iso(span.to)} group by 1 order by 1`.execute(db)
  return rows
}

export interface OutcomeDuration {
  outcome: string
  runs: number
  /** Seconds; null if no run has a start time. */
  median_s: number | null
  p90_s: number | null
}

/** Number of runs and their durations, by outcome. */
export async function readDurations(db: Db, key: JobKey, span: Span): Promise<OutcomeDuration[]> {
  const { rows } = await sql<OutcomeDuration>`select outcome, count(*) as runs,
      percentile_cont(0.5) within group (order by extract(epoch from completed_at - started_at)) as median_s,
      percentile_cont(0.9) within group (order by extract(epoch from completed_at - started_at)) as p90_s
    from run where repository_id = ${key.repositoryId} and job_id = ${key.jobId}
      and completed_at >= ${iso(span.from)} and completed_at < ${iso(span.to)} group by outcome order by runs desc`.execute(
    db,
  )
  return rows
}

/** The newest runs of a job before an instant (epoch ms), newest first. */
export async function readLatestRuns(
  db: Db,
  key: JobKey,
  page: { limit: number; before: number },
): Promise<Row<'run'>[]> {
  return db
    .selectFrom('run')
    .selectAll()
    .where('repository_id', '=', key.repositoryId)
    .where('job_id', '=', key.jobId)
    .where('completed_at', '<', iso(page.before))
    .orderBy('completed_at', 'desc')
    .orderBy('run_key')
    .limit(page.limit)
    .execute()
}

export interface Merged {
  number: number
  title: string
  author: string
  merged_at: string
}

/** Pull requests merged in a time span, oldest first. */
export async function readMerged(db: Db, repositoryId: number, span: Span, limit: number): Promise<Merged[]> {
  const { rows } =
    await sql<Merged>`select number, min(title) as title, min(author) as author, min(reported_at) as merged_at
    from pull_request_event where repository_id = ${repositoryId} and merged and action = 'closed'
      and reported_at >= ${iso(span.from)} and reported_at < ${iso(span.to)}
    group by number order by merged_at limit ${limit}`.execute(db)
  return rows
}
