/** What the past says about the SLA and about ourselves: incidents, months, and how verdicts fared. */

import { sql } from 'kysely'
import { iso } from '../domain/time.ts'
import { type FlakeScope, inScope, type Span } from './flakes.ts'
import type { Db } from './schema.ts'

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
export async function readIncidents(db: Db, scope: FlakeScope, span: Span): Promise<IncidentRow[]> {
  const { rows } = await sql<IncidentRow>`with told as (
      select distinct on (incident) * from incident where repository_id = ${scope.repositoryId}
        and ended_at >= ${iso(span.from)} and began_at < ${iso(span.to)} order by incident, week desc),
      hit as (select r.incident, count(*) as flakes from flake r
        where ${inScope(scope, span)} and r.incident is not null group by r.incident)
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

/** How one kind of verdict held up. */
export interface VerdictRecord {
  verdict: 'not_caused_by_pr' | 'caused_by_pr' | 'undetermined'
  flakes: number
  /** People said afterwards that it was, or was not, the pull request's fault. */
  corrected_mine: number
  corrected_not_mine: number
  /** In the week after, the pull request's own later heads flaked in the job and nobody else's did. */
  later_only_own: number
  /** In the week after, others flaked in the job and the pull request's own later heads did not. */
  later_only_others: number
  /** It had another verdict before. */
  changed: number
  /** Of these, from one fault to the other, not by way of undetermined. */
  turned: number
}

/** How the model's verdicts on flakes of a span held up; what a person corrected is asked of the model's own verdict. */
export async function readVerdictRecords(db: Db, scope: FlakeScope, span: Span): Promise<VerdictRecord[]> {
  const { rows } = await sql<VerdictRecord>`with said as (
      select r.*, coalesce(r.evidence #>> '{model,verdict}', r.attribution) as verdict,
        exists (select 1 from verdict v where v.repository_id = r.repository_id and v.job_id = r.job_id and v.flaky
          and v.number = r.number and v.judged_at > r.flaked_at and v.judged_at <= r.flaked_at + interval '7 days') as again,
        exists (select 1 from verdict v where v.repository_id = r.repository_id and v.job_id = r.job_id and v.flaky
          and v.number <> r.number and v.judged_at > r.flaked_at and v.judged_at <= r.flaked_at + interval '7 days') as elsewhere
      from flake r where ${inScope(scope, span)} and r.attribution is not null)
    select s.verdict, count(*) as flakes,
      count(*) filter (where s.correction ->> 'says' = 'mine') as corrected_mine,
      count(*) filter (where s.correction ->> 'says' = 'not_mine') as corrected_not_mine,
      count(*) filter (where s.again and not s.elsewhere) as later_only_own,
      count(*) filter (where s.elsewhere and not s.again) as later_only_others,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = s.repository_id
        and v.head_sha = s.head_sha and v.job_id = s.job_id and v.why not like '%correct%')) as changed,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = s.repository_id
        and v.head_sha = s.head_sha and v.job_id = s.job_id and v.why not like '%correct%'
        and v.old <> 'undetermined' and v.new <> 'undetermined')) as turned
    from said s group by 1 order by 1`.execute(db)
  return rows
}
