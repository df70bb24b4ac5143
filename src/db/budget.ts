/** What 28 days are measured from: pull requests tested and flakes, by index ranges alone. */

import { sql } from 'kysely'
import type { CountedFlake } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { type FlakeScope, inScope, type Span } from './flakes.ts'
import type { Db, Row } from './schema.ts'

/**
 * Distinct pull requests with a pass or fail of a job that counts. Grouped in a hash, because counting distinct values
 * would sort 150,000 rows; read from the index `run_tested` alone, which repeats its conditions.
 */
export async function countTested(db: Db, { repositoryId, jobIds }: FlakeScope, span: Span): Promise<number> {
  const { rows } = await sql<{ prs: number }>`select count(*) as prs from (select number from run
    where repository_id = ${repositoryId} and outcome in ('pass', 'fail') and kind = 'pull_request'
      and completed_at >= ${iso(span.from)} and completed_at < ${iso(span.to)}
      ${jobIds === null ? sql`` : sql`and job_id = any(${[...jobIds]})`} group by number) tested`.execute(db)
  return rows[0]?.prs ?? 0
}

/** The flakes of a span as the domain counts them. */
export async function readCounted(db: Db, scope: FlakeScope, span: Span): Promise<CountedFlake[]> {
  const { rows } = await sql<Row<'flake'>>`select r.number, r.grade, r.attribution, r.counted from flake r
    where ${inScope(scope, span)}`.execute(db)
  return rows.map(({ number, grade, attribution, counted }) => ({
    number,
    grade,
    label: attribution ?? 'undetermined',
    counted: counted ?? true,
  }))
}

export interface JobDayFlakes {
  job_id: number
  day: string
  flakes: number
}

/** Flakes of each job and local day, for the small pictures beside the jobs. */
export async function readFlakeDays(
  db: Db,
  scope: FlakeScope,
  span: Span,
  timeZone: string,
): Promise<JobDayFlakes[]> {
  const { rows } =
    await sql<JobDayFlakes>`select r.job_id, (r.flaked_at at time zone ${timeZone})::date as day,
      count(*) as flakes from flake r where ${inScope(scope, span)} group by 1, 2`.execute(db)
  return rows
}

export interface TimeLost {
  job_id: number
  /** Seconds that machines spent on runs after the first one, at commits where the job flaked. */
  rerun_s: number
  /** Seconds from the first failure to the pass after it. */
  waited_s: number
}

/** What the flakes of each of these jobs cost in time. */
export async function readTimeLost(
  db: Db,
  scope: FlakeScope,
  span: Span,
  jobIds: readonly number[],
): Promise<TimeLost[]> {
  if (jobIds.length === 0) return []
  const { rows } = await sql<TimeLost>`select f.job_id,
      coalesce(sum(extract(epoch from f.flaked_at - f.first_failed_at))
        filter (where f.pass_order = 'pass_after_fail'), 0)::float8 as waited_s,
      coalesce(sum(again.seconds), 0)::float8 as rerun_s
    from (select * from flake r where ${inScope({ ...scope, jobIds }, span)}) f
    left join lateral (select sum(extract(epoch from u.completed_at - u.started_at)) as seconds from run u
      where u.repository_id = f.repository_id and u.head_sha = f.head_sha and u.number = f.number
        and u.job_id = f.job_id and u.completed_at > f.first_failed_at) again on true
    group by f.job_id`.execute(db)
  return rows
}

/**
 * Of the pairs of a pull request tested and a required job, the share (0 to 1) with a run of any outcome in a span; null
 * where no job is required by name or nothing was tested. What `readCoverage` says of many windows, said of one in the
 * time of a page: the jobs are told by id, so that the range of runs is read and hashed once.
 * @param jobIds those of each required name
 */
export async function readRequiredShare(
  db: Db,
  repositoryId: number,
  jobIds: readonly (readonly number[])[],
  span: Span,
): Promise<number | null> {
  if (jobIds.length === 0) return null
  const ids = jobIds.flat()
  const names = jobIds.flatMap((own, i) => own.map(() => i))
  const { rows } = await sql<{
    pairs: number
    prs: number
  }>`select count(*) as pairs, count(distinct number) as prs from (
      select r.number, j.name from run r
      join unnest(${ids}::bigint[], ${names}::int[]) as j(job_id, name) on j.job_id = r.job_id
      where r.repository_id = ${repositoryId} and r.kind = 'pull_request'
        and r.completed_at >= ${iso(span.from)} and r.completed_at < ${iso(span.to)}
      group by r.number, j.name) seen`.execute(db)
  const { pairs = 0, prs = 0 } = rows[0] ?? {}
  return prs === 0 ? null : pairs / (prs * jobIds.length)
}

export interface BreachIssue {
  /** The breached day. */
  day: string
  url: string
}

/** The issue that was filed about the newest breached day; null where none was. */
export async function readBreachIssue(db: Db, repositoryId: number): Promise<BreachIssue | null> {
  const { rows } = await sql<BreachIssue>`select payload->>'day' as day, url from outbox
    where repository_id = ${repositoryId} and kind = 'breach' and url is not null
    order by created_at desc limit 1`.execute(db)
  return rows[0] ?? null
}
