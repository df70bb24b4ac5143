/** What the flakes of each job cost: the one ranking of jobs, for report, issues, pages and API. */

import { sql } from 'kysely'
import { iso } from '../domain/time.ts'
import type { Db } from './schema.ts'
import { during, flakeInScope, type Scope, type Span } from './scope.ts'

export interface JobCost {
  job_id: number
  name: string
  app: string
  workflow: string | null
  /** Flakes in scope. */
  flakes: number
  /** Those of them that count towards the SLA. */
  flakes_counted: number
  /** Pull requests with a flake in scope. */
  pull_requests: number
  /** Numbers of the pull requests with a flake that counts, ascending. */
  counted_on: number[]
  /** Flaky and clean verdicts in the span. */
  verdicts: number
  last_flaked_at: string
}

/**
 * Every job with a flake in scope dated in the span, most counted flakes first; among equals the one that hit more pull requests.
 * @param incidents false leaves out flakes that belong to an incident
 */
export async function readJobCosts(
  db: Db,
  scope: Scope,
  span: Span,
  { incidents = true }: { incidents?: boolean } = {},
): Promise<JobCost[]> {
  const { rows } = await sql<JobCost>`select f.*, j.name, j.app, j.workflow, (
      select count(*) from verdict v where v.repository_id = ${scope.repositoryId} and v.job_id = f.job_id
        and v.judged_at >= ${iso(span.from)} and v.judged_at < ${iso(span.to)}) as verdicts
    from (select r.job_id, count(*) as flakes, count(*) filter (where r.counted is not false) as flakes_counted,
        count(distinct r.number) as pull_requests, max(r.flaked_at) as last_flaked_at,
        coalesce(json_agg(distinct r.number) filter (where r.counted is not false), '[]') as counted_on
      from flake r where ${flakeInScope(scope)} ${during('flaked_at', span)}
        ${incidents ? sql`` : sql`and r.incident is null`} group by r.job_id) f
    join job j on j.repository_id = ${scope.repositoryId} and j.job_id = f.job_id
    order by f.flakes_counted desc, json_array_length(f.counted_on) desc, j.name, f.job_id`.execute(db)
  return rows
}
