/** Reads the heads, runs and flakes of one pull request, and the results of its jobs on other pull requests. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'

export type JobRun = Row<'run'> & { name: string }
export type JobFlake = Row<'flake'> & { name: string }

/** Heads of a pull request, newest first, each with the time of its first event. */
export async function readHeadsOf(
  db: Db,
  repositoryId: number,
  number: number,
): Promise<{ head_sha: string; since: string }[]> {
  const rows = await sql<{
    head_sha: string
    since: string
  }>`select head_sha, min(reported_at) as since from pull_request_event
    where repository_id = ${repositoryId} and number = ${number} and action <> 'before'
    group by head_sha order by min(reported_at) desc, head_sha`.execute(db)
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

export interface JobBaseRate {
  job_id: number
  /** Flaky verdicts and all verdicts in the period, on other pull requests, trunk and the merge queue. */
  flaky: number
  verdicts: number
  /** Other pull requests with a flake, newest first, and the number of other pull requests with a verdict. */
  seen_on: number[]
  pull_requests: number
  last_flaky_at: string | null
}

/** The base rate of each job in a period, without the verdicts of the pull request `number`. */
export async function readBaseRates(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  about: { number: number; since: string; until: string },
): Promise<Map<number, JobBaseRate>> {
  const rows =
    await sql<JobBaseRate>`select job_id, count(*) filter (where flaky) as flaky, count(*) as verdicts,
      coalesce(json_agg(distinct number) filter (where flaky and kind = 'pull_request'), '[]') as seen_on,
      count(distinct number) filter (where kind = 'pull_request') as pull_requests,
      max(judged_at) filter (where flaky) as last_flaky_at
    from verdict where repository_id = ${repositoryId} and job_id = any(${[...jobIds]}) and number is distinct from ${about.number}
      and judged_at >= ${about.since} and judged_at <= ${about.until} group by job_id`.execute(db)
  return new Map(rows.rows.map((row) => [row.job_id, { ...row, seen_on: row.seen_on.sort((a, b) => b - a) }]))
}

/** Results of the runs that followed a failure at the same head. */
export interface Retests {
  job_id: number
  /** Number of failures before the retest; 3 means three or more. */
  fails: number
  retested: number
  passed: number
}

/** Runs that followed a failure of each job, on other pull requests, by the number of failures at that head so far. */
export async function readRetests(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[],
  about: { number: number; since: string; until: string },
): Promise<Retests[]> {
  const rows = await sql<Retests>`select job_id, least(fails, 3)::int as fails, count(*) as retested,
      count(*) filter (where outcome = 'pass') as passed
    from (select job_id, outcome, lag(outcome) over w as before, count(*) filter (where outcome = 'fail')
        over (w rows between unbounded preceding and 1 preceding) as fails
      from run where repository_id = ${repositoryId} and job_id = any(${[...jobIds]}) and outcome in ('pass', 'fail')
        and kind = 'pull_request' and number <> ${about.number} and completed_at >= ${about.since} and completed_at <= ${about.until}
      window w as (partition by job_id, number, head_sha order by completed_at, run_key)) result
    where before = 'fail' group by 1, 2`.execute(db)
  return rows.rows
}

/** The last pass or fail on the default branch or in the merge queue of each job with one of these names. */
export async function readTrunkResults(
  db: Db,
  repositoryId: number,
  names: readonly string[],
  about: { since: string; until: string },
): Promise<(JobRun & { name: string })[]> {
  const rows = await sql<JobRun>`select distinct on (j.name) r.*, j.name from run r
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where r.repository_id = ${repositoryId} and j.name = any(${[...names]}) and r.kind <> 'pull_request'
      and r.outcome in ('pass', 'fail') and r.completed_at >= ${about.since} and r.completed_at <= ${about.until}
    order by j.name, r.completed_at desc, r.run_key`.execute(db)
  return rows.rows
}

/** Runs of a pull request at its other heads, oldest first, of the jobs that failed at the same head. */
export async function readFailedBefore(
  db: Db,
  repositoryId: number,
  number: number,
  headSha: string,
): Promise<JobRun[]> {
  const rows = await sql<JobRun>`select r.*, j.name from run r
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where r.repository_id = ${repositoryId} and r.number = ${number} and r.head_sha <> ${headSha}
      and exists (select from run f where f.repository_id = r.repository_id and f.number = r.number
        and f.head_sha = r.head_sha and f.job_id = r.job_id and f.outcome = 'fail')
    order by r.completed_at, r.run_key`.execute(db)
  return rows.rows
}
