/** Incidents, and merged pull requests that fix flakes. */

import { sql } from 'kysely'
import { iso } from '../domain/time.ts'
import type { Db } from './schema.ts'
import { during, flakeInScope, type Scope, type Span } from './scope.ts'

export interface IncidentRow {
  incident: string
  from_at: string
  to_at: string
  flakes: number
  /** Failures in it, and the share of results that failed. */
  failures: number
  rate: number
  on_trunk: boolean
  jobs: string[]
  pull_requests: number[]
}

/** Incidents with flakes of the span in them, newest first. */
export async function readIncidents(db: Db, scope: Scope, span: Span): Promise<IncidentRow[]> {
  const { rows } = await sql<IncidentRow>`with told as (
      select distinct on (incident) * from incident where repository_id = ${scope.repositoryId}
        and ended_at >= ${iso(span.from)} and began_at < ${iso(span.to)} order by incident, week desc),
      hit as (select r.incident, count(*) as flakes from flake r
        where ${flakeInScope(scope)} ${during('flaked_at', span)} and r.incident is not null group by r.incident)
    select t.incident, t.began_at as from_at, t.ended_at as to_at, h.flakes, t.failures, t.rate, t.on_trunk, t.pull_requests,
      (select coalesce(json_agg(distinct j.name), '[]') from job j where j.repository_id = t.repository_id
        and j.job_id in (select value::bigint from jsonb_array_elements_text(t.jobs))) as jobs
    from told t join hit h on h.incident = t.incident order by t.began_at desc, t.incident`.execute(db)
  return rows
}

export interface FixMonth {
  /** `YYYY-MM`, local. */
  month: string
  fixes: number
}

/** Pull requests with one of these labels merged in each local month, as the SLA document counts success. */
export async function readFixes(
  db: Db,
  repositoryId: number,
  span: Span,
  { labels, timeZone }: { labels: readonly string[]; timeZone: string },
): Promise<FixMonth[]> {
  const { rows } =
    await sql<FixMonth>`select to_char(reported_at at time zone ${timeZone}, 'YYYY-MM') as month,
      count(distinct number) as fixes
    from pull_request_event where repository_id = ${repositoryId} and merged and action = 'closed'
      and reported_at >= ${iso(span.from)} and reported_at < ${iso(span.to)} and labels ?| ${[...labels]}::text[]
    group by 1`.execute(db)
  return rows
}
