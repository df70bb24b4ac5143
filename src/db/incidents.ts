/** Reads incidents, and merged pull requests that fix flakes. */

import { sql } from 'kysely'
import type { Calendar } from '../domain/calendar.ts'
import { iso } from '../domain/time.ts'
import { localDay } from './local-days.ts'
import type { Db } from './schema.ts'
import { during, flakeInScope, type Scope, type Span } from './scope.ts'

export interface IncidentRow {
  incident: string
  from_at: string
  to_at: string
  flakes: number
  /** Failures during the incident, and the share of results that failed. */
  failures: number
  rate: number
  on_trunk: boolean
  jobs: string[]
  pull_requests: number[]
}

/** Incidents with flakes in scope during the span, newest first. */
export async function readIncidents(db: Db, scope: Scope, span: Span): Promise<IncidentRow[]> {
  const { rows } = await sql<IncidentRow>`with newest as (
      select distinct on (incident) * from incident where repository_id = ${scope.repositoryId}
        and ended_at >= ${iso(span.from)} and began_at < ${iso(span.to)} order by incident, week desc),
      hit as (select r.incident, count(*) as flakes from flake r
        where ${flakeInScope(scope)} ${during('flaked_at', span)} and r.incident is not null group by r.incident)
    select n.incident, n.began_at as from_at, n.ended_at as to_at, h.flakes, n.failures, n.rate, n.on_trunk, n.pull_requests,
      (select coalesce(json_agg(distinct j.name), '[]') from job j where j.repository_id = n.repository_id
        and j.job_id in (select value::bigint from jsonb_array_elements_text(n.jobs))) as jobs
    from newest n join hit h on h.incident = n.incident order by n.began_at desc, n.incident`.execute(db)
  return rows
}

export interface FixMonth {
  /** `YYYY-MM`, local. */
  month: string
  fixes: number
}

/** Merged pull requests with one of these labels, by local month. The SLA document measures success by them. */
export async function readFixes(
  db: Db,
  repositoryId: number,
  span: Span,
  { labels, calendar }: { labels: readonly string[]; calendar: Calendar },
): Promise<FixMonth[]> {
  const { rows } =
    await sql<FixMonth>`select to_char(${localDay('reported_at', calendar, span)}, 'YYYY-MM') as month,
      count(distinct number) as fixes
    from pull_request_event where repository_id = ${repositoryId} and merged and action = 'closed'
      and reported_at >= ${iso(span.from)} and reported_at < ${iso(span.to)} and labels ?| ${[...labels]}::text[]
    group by 1`.execute(db)
  return rows
}
