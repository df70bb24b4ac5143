/** What is known of one pull request: its heads, and the runs and flakes of each. */
import { type Kysely, sql } from 'kysely'
import type { Database, Row } from './schema.ts'

type Db = Kysely<Database>
export type JobRun = Row<'run'> & { name: string }
export type JobFlake = Row<'flake'> & { name: string }

/** Heads of a pull request, newest first, with the time each was first told of. */
export async function readHeadsOf(
  db: Db,
  repositoryId: number,
  number: number,
): Promise<{ head_sha: string; since: string }[]> {
  const rows = await sql<{
    head_sha: string
    since: string
  }>`select head_sha, min(told_at) as since from pull_request_event
    where repository_id = ${repositoryId} and number = ${number} and action <> 'before'
    group by head_sha order by min(told_at) desc, head_sha`.execute(db)
  return rows.rows
}

/** Runs of one head for one pull request, oldest first. */
export async function readRunsOf(
  db: Db,
  repositoryId: number,
  number: number,
  headSha: string,
): Promise<JobRun[]> {
  const rows = await sql<JobRun>`select r.*, j.name from run r
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where r.repository_id = ${repositoryId} and r.head_sha = ${headSha} and r.number = ${number}
    order by r.completed_at, r.run_key`.execute(db)
  return rows.rows
}

/** Flakes of a pull request at all of its heads, newest first. */
export async function readFlakesOf(db: Db, repositoryId: number, number: number): Promise<JobFlake[]> {
  const rows = await sql<JobFlake>`select f.*, j.name from flake f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repositoryId} and f.number = ${number} order by f.flaked_at desc, f.job_id`.execute(
    db,
  )
  return rows.rows
}

export interface JobHabit {
  job_id: number
  /** Flaky verdicts of all verdicts of other pull requests in the time asked for. */
  flaky: number
  verdicts: number
  seen_on: number[]
}

/** How each job behaved on other pull requests since a time. */
export async function readHabits(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  about: { number: number; since: string; until: string },
): Promise<Map<number, JobHabit>> {
  const rows =
    await sql<JobHabit>`select job_id, count(*) filter (where flaky) as flaky, count(*) as verdicts,
      coalesce(json_agg(distinct number) filter (where flaky and number > 0), '[]') as seen_on
    from verdict where repository_id = ${repositoryId} and job_id = any(${[...jobIds]}) and number <> ${about.number}
      and judged_at >= ${about.since} and judged_at <= ${about.until} group by job_id`.execute(db)
  return new Map(rows.rows.map((row) => [row.job_id, row]))
}
