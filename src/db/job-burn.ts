/** The evidence behind the issue about one job: its flakes that count outside incidents, and its verdicts since the last one. */

import { sql } from 'kysely'
import type { Db } from './schema.ts'
import { during, flakeCounts, type Scope, type Span } from './scope.ts'

/** The SQL condition that a flake `r` of a job counts and belongs to no incident. */
function burns(scope: Scope, jobId: number) {
  return sql`${flakeCounts(scope)} and r.job_id = ${jobId} and r.incident is null`
}

export interface QuietSpell {
  /** The last flake that counts; null where there is none. */
  last_flaked_at: string | null
  /** Flakes that count, and all verdicts, of the 28 days up to it. */
  flakes: number
  verdicts: number
  /** Clean verdicts since it, and since `countsFrom`. */
  clean: number
}

/** How often a job flaked up to its last flake, and how many clean verdicts followed. @param countsFrom RFC 3339 */
export async function readQuietSpell(
  db: Db,
  scope: Scope,
  jobId: number,
  countsFrom: string | null,
): Promise<QuietSpell> {
  const verdict = sql`from verdict v where v.repository_id = ${scope.repositoryId} and v.job_id = ${jobId}`
  const { rows } = await sql<QuietSpell>`with last as (
      select max(r.flaked_at) as at from flake r where ${burns(scope, jobId)})
    select last.at as last_flaked_at,
      (select count(*) from flake r where ${burns(scope, jobId)}
        and r.flaked_at > last.at - interval '28 days' and r.flaked_at <= last.at) as flakes,
      (select count(*) ${verdict} and v.judged_at > last.at - interval '28 days' and v.judged_at <= last.at) as verdicts,
      (select count(*) ${verdict} and not v.flaky
        and v.judged_at > greatest(last.at, ${countsFrom}::timestamptz)) as clean
    from last`.execute(db)
  return rows[0] ?? { last_flaked_at: null, flakes: 0, verdicts: 0, clean: 0 }
}

export interface IssueFlake {
  number: number
  head_sha: string
  flaked_at: string
  probability: number | null
  /** Page of a failing run. */
  url: string | null
}

/** The flakes of a job that count and are dated in a span, newest first, each with the page of a failing run. */
export async function readIssueFlakes(
  db: Db,
  scope: Scope,
  jobId: number,
  span: Span,
): Promise<IssueFlake[]> {
  const { rows } = await sql<IssueFlake>`select r.number, r.head_sha, r.flaked_at, r.probability,
      (select f.url from run f where f.repository_id = r.repository_id and f.head_sha = r.head_sha
        and f.job_id = r.job_id and f.outcome = 'fail' order by f.completed_at desc, f.run_key limit 1) as url
    from flake r where ${burns(scope, jobId)} ${during('flaked_at', span)}
    order by r.flaked_at desc, r.head_sha`.execute(db)
  return rows
}

/**
 * The newest flake that counts and that ran on a newer base than existed when the issue was closed; null where there is none.
 * The failing run names a base that no run and no pull request event named before the close; or it names no base, and its head
 * was pushed after the close, so that CI merged it later.
 * @param closedAt RFC 3339
 */
export async function readNewerEvidence(
  db: Db,
  scope: Scope,
  jobId: number,
  closedAt: string,
): Promise<IssueFlake | null> {
  const { rows } = await sql<IssueFlake>`select r.number, r.head_sha, r.flaked_at, r.probability, f.url
    from flake r join run f on f.repository_id = r.repository_id and f.head_sha = r.head_sha
      and f.job_id = r.job_id and f.number = r.number and f.outcome = 'fail'
    where ${burns(scope, jobId)} and r.flaked_at > ${closedAt} and f.completed_at > ${closedAt}
      and case when f.base_sha is null then not exists (select from pull_request_event p
          where p.repository_id = r.repository_id and p.head_sha = r.head_sha and p.reported_at <= ${closedAt})
        else not exists (select from pull_request_event p where p.repository_id = r.repository_id
            and (p.base_sha = f.base_sha or p.merge_sha = f.base_sha) and p.reported_at <= ${closedAt})
          and not exists (select from run o where o.repository_id = r.repository_id
            and o.base_sha = f.base_sha and o.completed_at <= ${closedAt}) end
    order by r.flaked_at desc, f.completed_at desc, f.head_sha, f.run_key limit 1`.execute(db)
  return rows[0] ?? null
}
