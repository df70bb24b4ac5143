/** The error budget, and what flakes cost in time. */

import { sql } from 'kysely'
import { type Calendar, calendarOf } from '../domain/calendar.ts'
import type { Settings } from '../domain/settings.ts'
import { type CountedFlake, countFlakes, type Sla, slaOf } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { localDay } from './local-days.ts'
import type { Db, Row } from './schema.ts'
import { during, flakeInScope, runInScope, type Scope, type Span } from './scope.ts'

/** Length of the error budget in local days. */
export const BUDGET_DAYS = 28

export interface BudgetDays {
  /** First and last local day, `YYYY-MM-DD`. */
  first: string
  last: string
  span: Span
}

export interface ErrorBudget extends BudgetDays {
  /** The figures of these days together. */
  sla: Sla
  /** Flakes that the target allows: target x pull requests tested. */
  allowed: number
  /** Flakes that count. */
  spent: number
  /** `allowed` - `spent`; negative when overspent. */
  left: number
}

/** The 28 local days that end with the last closed one. @param now epoch ms */
export function budgetDays(now: number, settings: Settings): BudgetDays {
  const calendar = calendarOf(settings)
  const today = calendar.at('day', now)
  const first = calendar.shift(today, -BUDGET_DAYS)
  const last = calendar.shift(today, -1)
  return { first: first.start, last: last.start, span: { from: first.from, to: today.from } }
}

/**
 * The error budget of the 28 local days that `budgetDays` names. Every page, report and issue reads it here.
 * @param now epoch ms
 * @param tested counts the pull requests tested; a caller that asks often passes a cached `countTested`
 */
export async function readErrorBudget(
  db: Db,
  scope: Scope,
  settings: Settings,
  now: number,
  tested: typeof countTested = countTested,
): Promise<ErrorBudget> {
  const { target } = settings
  const days = budgetDays(now, settings)
  const { span } = days
  const [prs, flakes] = await Promise.all([tested(db, scope, span), readFlakesToCount(db, scope, span)])
  const sla = slaOf(countFlakes(prs, flakes, target))
  const allowed = target * prs
  return {
    ...days,
    sla,
    allowed,
    spent: sla.flakes_counted,
    left: allowed - sla.flakes_counted,
  }
}

/**
 * Distinct pull requests with a pass or fail in scope. The inner `group by` hashes; `count(distinct)` would sort 150,000 rows.
 * The conditions repeat those of the index `run_tested`, so that it answers the query alone.
 */
export async function countTested(db: Db, scope: Scope, span: Span): Promise<number> {
  const { rows } = await sql<{ prs: number }>`select count(*) as prs from (select r.number from run r
    where ${runInScope(scope)} and r.outcome in ('pass', 'fail') and r.kind = 'pull_request'
      ${during('completed_at', span)} group by r.number) tested`.execute(db)
  return rows[0]?.prs ?? 0
}

async function readFlakesToCount(db: Db, scope: Scope, span: Span): Promise<CountedFlake[]> {
  const { rows } = await sql<Row<'flake'>>`select r.number, r.grade, r.attribution, r.counted from flake r
    where ${flakeInScope(scope)} ${during('flaked_at', span)}`.execute(db)
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

/** Flakes in scope of each job and local day, for the sparklines beside the jobs. */
export async function readFlakeDays(
  db: Db,
  scope: Scope,
  span: Span,
  calendar: Calendar,
): Promise<JobDayFlakes[]> {
  const { rows } = await sql<JobDayFlakes>`select r.job_id, ${localDay('r.flaked_at', calendar, span)} as day,
      count(*) as flakes from flake r where ${flakeInScope(scope)} ${during('flaked_at', span)} group by 1, 2`.execute(
    db,
  )
  return rows
}

export interface TimeLost {
  job_id: number
  /** Seconds of machine time of the runs after the first failure, at commits where the job flaked. */
  rerun_s: number
  /** Seconds from the first failure to the pass after it. */
  waited_s: number
}

/** What the flakes in scope of each of these jobs cost in time. */
export async function readTimeLost(
  db: Db,
  scope: Scope,
  span: Span,
  jobIds: readonly number[],
): Promise<TimeLost[]> {
  if (jobIds.length === 0) return []
  const { rows } = await sql<TimeLost>`select f.job_id,
      coalesce(sum(extract(epoch from f.flaked_at - f.first_failed_at))
        filter (where f.pass_order = 'pass_after_fail'), 0)::float8 as waited_s,
      coalesce(sum(again.seconds), 0)::float8 as rerun_s
    from (select * from flake r where ${flakeInScope(scope)} ${during('flaked_at', span)} and r.job_id = any(${[...jobIds]})) f
    left join lateral (select sum(extract(epoch from u.completed_at - u.started_at)) as seconds from run u
      where u.repository_id = f.repository_id and u.head_sha = f.head_sha and u.number = f.number
        and u.job_id = f.job_id and u.completed_at > f.first_failed_at) again on true
    group by f.job_id`.execute(db)
  return rows
}

/**
 * Of all pairs of a pull request tested and a required job, the share (0 to 1) with a run of any outcome in a span; null
 * where no job is required by name or nothing was tested. The same figure as `readCoverage`, of one window and fast enough
 * for a page: jobs are selected by id, so the range of runs is read and hashed once.
 * @param jobIds the ids of each required name
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

/** The issue about the newest breached day; null where no issue was filed. */
export async function readBreachIssue(db: Db, repositoryId: number): Promise<BreachIssue | null> {
  const { rows } = await sql<BreachIssue>`select payload->>'day' as day, url from outbox
    where repository_id = ${repositoryId} and kind = 'breach' and url is not null
    order by created_at desc, task_key desc limit 1`.execute(db)
  return rows[0] ?? null
}
