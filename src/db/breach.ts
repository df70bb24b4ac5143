/** What the breach issue tells of jobs beyond their flakes of the day, and the issues that were filed before. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

export interface JobStory {
  job_id: number
  workflow: string | null
  /** Local day of the first flake ever recorded. */
  first_seen: string | null
  /** Page of the newest failing run at a head where it flaked. */
  example: string | null
}

/** Where each job comes from, when it flaked first, and a failure to look at. */
export async function readJobStories(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  timeZone: string,
): Promise<Map<number, JobStory>> {
  const { rows } = await sql<JobStory>`select j.job_id, j.workflow,
      (select (min(f.flaked_at) at time zone ${timeZone})::date from flake f
        where f.repository_id = j.repository_id and f.job_id = j.job_id) as first_seen,
      (select r.url from flake f join run r on r.repository_id = f.repository_id and r.head_sha = f.head_sha
          and r.job_id = f.job_id and r.number = f.number and r.outcome = 'fail'
        where f.repository_id = j.repository_id and f.job_id = j.job_id
        order by f.flaked_at desc, r.completed_at desc limit 1) as example
    from job j where j.repository_id = ${repositoryId} and j.job_id = any(${[...jobIds]})`.execute(db)
  return new Map(rows.map((row) => [row.job_id, row]))
}

export interface JobDay {
  job_id: number
  /** `YYYY-MM-DD`, local. */
  day: string
  flaky: number
  verdicts: number
}

/** Verdicts of each job by local day since a time (RFC 3339), oldest first. */
export async function readJobDays(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  since: string,
  timeZone: string,
): Promise<JobDay[]> {
  const { rows } = await sql<JobDay>`select job_id, (judged_at at time zone ${timeZone})::date as day,
      count(*) filter (where flaky) as flaky, count(*) as verdicts
    from verdict where repository_id = ${repositoryId} and job_id = any(${[...jobIds]}) and judged_at >= ${since}
    group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

export interface FiledBreach {
  day: string
  url: string
  done_at: string
}

/** Issues about breached days that this app has filed for a repository, the newest day first. */
export async function readFiledBreaches(db: Db, repositoryId: number): Promise<FiledBreach[]> {
  const { rows } = await sql<FiledBreach>`select payload ->> 'day' as day, url, done_at from outbox
    where repository_id = ${repositoryId} and kind = 'breach' and url is not null and done_at is not null
    order by payload ->> 'day' desc limit 20`.execute(db)
  return rows
}
