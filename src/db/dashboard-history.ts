/** What the past says about the SLA and about ourselves: incidents, months, and how verdicts fared. */
import { type Kysely, sql } from 'kysely'
import { type FlakeScope, inScope, type Span } from './dashboard-flakes.ts'
import type { Database } from './schema.ts'

type Db = Kysely<Database>

export interface IncidentRow {
  incident: string
  from_at: string
  to_at: string
  flakes: number
  jobs: string[]
  pull_requests: number[]
}

/** Incidents that flakes of a span were put down to, newest first. */
export async function readIncidents(db: Db, scope: FlakeScope, span: Span): Promise<IncidentRow[]> {
  const { rows } =
    await sql<IncidentRow>`select r.incident, min(r.first_failed_at) as from_at, max(r.flaked_at) as to_at,
      count(*) as flakes, json_agg(distinct j.name) as jobs, json_agg(distinct r.number) as pull_requests
    from flake r join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where ${inScope(scope, span)} and r.incident is not null group by r.incident order by from_at desc`.execute(
      db,
    )
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
  const { rows } = await sql<FixMonth>`select to_char(told_at at time zone ${timeZone}, 'YYYY-MM') as month,
      count(distinct number) as fixes
    from pull_request_event where repository_id = ${repositoryId} and merged and action = 'closed'
      and told_at >= ${iso(span.from)} and told_at < ${iso(span.to)} and labels ?| ${[...labels]}::text[]
    group by 1`.execute(db)
  return rows
}

export interface VerdictBand {
  /** Tenth of the probability: 0 is 0 to 10 %. */
  band: number
  flakes: number
  /** Sum of their probabilities. */
  expected: number
  counted: number
  /** Flakes whose verdict changed at least once. */
  revised: number
}

/** Flakes of a span by how likely the pull request caused them, and how many verdicts changed since. */
export async function readVerdictBands(db: Db, scope: FlakeScope, span: Span): Promise<VerdictBand[]> {
  const { rows } =
    await sql<VerdictBand>`select least(9, floor(r.probability * 10))::int as band, count(*) as flakes, sum(r.probability) as expected,
      count(*) filter (where r.counted is not false) as counted,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = r.repository_id
        and v.head_sha = r.head_sha and v.job_id = r.job_id and v.old is not null and v.old <> v.new)) as revised
    from flake r where ${inScope(scope, span)} and r.probability is not null group by 1 order by 1`.execute(
      db,
    )
  return rows
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
