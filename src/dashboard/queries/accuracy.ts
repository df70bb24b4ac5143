/** How well attributions held up: flakes by probability, and flakes by attribution with what people and later results said. */
import { sql } from 'kysely'
import type { Db } from '../../db/schema.ts'
import { during, flakeInScope, type Scope, type Span } from '../../db/scope.ts'

/** Flakes whose probability of being caused by their pull request lies in one tenth. */
export interface ProbabilityBand {
  /** 0 is 0% to 10%, 9 is 90% to 100%. */
  band: number
  flakes: number
  /** Sum of the probabilities: how many flakes their pull requests would have caused if every probability were right. */
  expected: number
  counted: number
  /** Flakes whose attribution changed at least once. */
  revised: number
}

/** The flakes of a time span by probability. */
export async function readProbabilityBands(db: Db, scope: Scope, span: Span): Promise<ProbabilityBand[]> {
  const { rows } =
    await sql<ProbabilityBand>`select least(9, floor(r.probability * 10))::int as band, count(*) as flakes, sum(r.probability) as expected,
      count(*) filter (where r.counted is not false) as counted,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = r.repository_id
        and v.head_sha = r.head_sha and v.job_id = r.job_id and v.old is not null and v.old <> v.new)) as revised
    from flake r where ${flakeInScope(scope)} ${during('flaked_at', span)} and r.probability is not null group by 1 order by 1`.execute(
      db,
    )
  return rows
}

/** How the flakes with one attribution held up. */
export interface AttributionRecord {
  attribution: 'not_caused_by_pr' | 'caused_by_pr' | 'undetermined'
  flakes: number
  /** People said afterwards that the pull request caused it, or that it did not. */
  corrected_mine: number
  corrected_not_mine: number
  /** In the week after, the job flaked at later heads of the same pull request and on no other pull request. */
  later_only_own: number
  /** In the week after, the job flaked on other pull requests and not at later heads of this one. */
  later_only_others: number
  /** Flakes that had another attribution before. */
  changed: number
  /** Of the changed ones, those that went from one definite attribution to the opposite. */
  reversed: number
}

/** How the model's attributions in a time span held up. A corrected flake is listed under what the model said. */
export async function readAttributionRecords(db: Db, scope: Scope, span: Span): Promise<AttributionRecord[]> {
  const { rows } = await sql<AttributionRecord>`with by_model as (
      select r.*, coalesce(r.evidence #>> '{model,attribution}', r.attribution) as model_attribution,
        exists (select 1 from verdict v where v.repository_id = r.repository_id and v.job_id = r.job_id and v.flaky
          and v.number = r.number and v.judged_at > r.flaked_at and v.judged_at <= r.flaked_at + interval '7 days') as again,
        exists (select 1 from verdict v where v.repository_id = r.repository_id and v.job_id = r.job_id and v.flaky
          and v.number is distinct from r.number and v.judged_at > r.flaked_at and v.judged_at <= r.flaked_at + interval '7 days') as elsewhere
      from flake r where ${flakeInScope(scope)} ${during('flaked_at', span)} and r.attribution is not null)
    select m.model_attribution as attribution, count(*) as flakes,
      count(*) filter (where m.correction ->> 'says' = 'mine') as corrected_mine,
      count(*) filter (where m.correction ->> 'says' = 'not_mine') as corrected_not_mine,
      count(*) filter (where m.again and not m.elsewhere) as later_only_own,
      count(*) filter (where m.elsewhere and not m.again) as later_only_others,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = m.repository_id
        and v.head_sha = m.head_sha and v.job_id = m.job_id and v.why not like '%correct%')) as changed,
      count(*) filter (where exists (select 1 from flake_revision v where v.repository_id = m.repository_id
        and v.head_sha = m.head_sha and v.job_id = m.job_id and v.why not like '%correct%'
        and v.old <> 'undetermined' and v.new <> 'undetermined')) as reversed
    from by_model m group by 1 order by 1`.execute(db)
  return rows
}
