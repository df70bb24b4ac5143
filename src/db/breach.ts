/** Reads what the breach issue says about jobs besides their flakes of the day, and the breach issues filed so far. */
import { sql } from 'kysely'
import type { Calendar } from '../domain/calendar.ts'
import { iso } from '../domain/time.ts'
import { localDay } from './local-days.ts'
import type { Db } from './schema.ts'
import { flakeCounts, type Scope, type Span } from './scope.ts'

export interface JobBackground {
  job_id: number
  workflow: string | null
  /** When (RFC 3339) the first recorded flake that counts happened. */
  first_seen: string | null
  /** URL of the newest failing run of a flake that counts. */
  example: string | null
}

/** The workflow of each job, the day of its first flake, and a failing run as an example. */
export async function readJobBackgrounds(
  db: Db,
  scope: Scope,
  jobIds: readonly number[],
): Promise<Map<number, JobBackground>> {
  const { rows } = await sql<JobBackground>`select j.job_id, j.workflow,
      (select min(r.flaked_at) from flake r
        where ${flakeCounts(scope)} and r.job_id = j.job_id) as first_seen,
      (select failed.url from flake r join run failed on failed.repository_id = r.repository_id
          and failed.head_sha = r.head_sha and failed.job_id = r.job_id and failed.number = r.number and failed.outcome = 'fail'
        where ${flakeCounts(scope)} and r.job_id = j.job_id
        order by r.flaked_at desc, failed.completed_at desc, failed.head_sha, failed.run_key limit 1) as example
    from job j where j.repository_id = ${scope.repositoryId} and j.job_id = any(${[...jobIds]})`.execute(db)
  return new Map(rows.map((row) => [row.job_id, row]))
}

export interface JobDay {
  job_id: number
  /** `YYYY-MM-DD`, local. */
  day: string
  flaky: number
  verdicts: number
}

/** The number of verdicts of each job by local day, oldest first. */
export async function readJobDays(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  span: Span,
  calendar: Calendar,
): Promise<JobDay[]> {
  const { rows } = await sql<JobDay>`select job_id, ${localDay('judged_at', calendar, span)} as day,
      count(*) filter (where flaky) as flaky, count(*) as verdicts
    from verdict where repository_id = ${repositoryId} and job_id = any(${[...jobIds]}) and judged_at >= ${iso(span.from)} and judged_at < ${iso(span.to)}
    group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

export interface FiledBreach {
  day: string
  url: string
  done_at: string
}

/** The newest 20 issues about breached days that this app filed for a repository, newest day first. */
export async function readFiledBreaches(db: Db, repositoryId: number): Promise<FiledBreach[]> {
  const { rows } = await sql<FiledBreach>`select payload ->> 'day' as day, url, done_at from outbox
    where repository_id = ${repositoryId} and kind = 'breach' and url is not null and done_at is not null
    order by payload ->> 'day' desc limit 20`.execute(db)
  return rows
}
