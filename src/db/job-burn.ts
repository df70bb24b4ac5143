/** What the issues about single jobs are kept from: flakes that count, silence since, and evidence on newer bases. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

export interface JobBurnRow {
  job_id: number
  name: string
  flakes: number
  pull_requests: number
}

/** Jobs with counted flakes outside incidents in `[from, to)` (RFC 3339), those that burn most first. */
export async function readJobBurns(
  db: Db,
  repositoryId: number,
  span: { from: string; to: string },
  jobIds: readonly number[] | null,
): Promise<JobBurnRow[]> {
  const { rows } = await sql<JobBurnRow>`select f.job_id, j.name, count(*) as flakes,
      count(distinct f.number) as pull_requests
    from flake f join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repositoryId} and f.flaked_at >= ${span.from} and f.flaked_at < ${span.to}
      and f.counted is not false and f.incident is null
      ${jobIds === null ? sql`` : sql`and f.job_id = any(${[...jobIds]})`}
    group by f.job_id, j.name order by flakes desc, pull_requests desc, j.name, f.job_id`.execute(db)
  return rows
}

export interface Silence {
  /** The last counted flake, or null. */
  last_flaked_at: string | null
  /** Counted flakes of all verdicts in the 28 days up to it. */
  flakes: number
  verdicts: number
  /** Clean verdicts since it, and since `countsFrom`. */
  clean: number
}

/** How a job flaked until its last flake, and how long it has been silent since. */
export async function readSilence(
  db: Db,
  repositoryId: number,
  jobId: number,
  countsFrom: string | null,
): Promise<Silence> {
  const { rows } = await sql<Silence>`with last as (select max(flaked_at) as at from flake
      where repository_id = ${repositoryId} and job_id = ${jobId} and counted is not false and incident is null)
    select last.at as last_flaked_at,
      (select count(*) from flake f where f.repository_id = ${repositoryId} and f.job_id = ${jobId}
        and f.counted is not false and f.incident is null
        and f.flaked_at > last.at - interval '28 days' and f.flaked_at <= last.at) as flakes,
      (select count(*) from verdict v where v.repository_id = ${repositoryId} and v.job_id = ${jobId}
        and v.judged_at > last.at - interval '28 days' and v.judged_at <= last.at) as verdicts,
      (select count(*) from verdict v where v.repository_id = ${repositoryId} and v.job_id = ${jobId}
        and not v.flaky and v.judged_at > greatest(last.at, ${countsFrom}::timestamptz)) as clean
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

/** The newest counted flakes of a job since a time (RFC 3339), each with a failing run to look at. */
export async function readIssueFlakes(
  db: Db,
  repositoryId: number,
  jobId: number,
  since: string,
): Promise<IssueFlake[]> {
  const { rows } = await sql<IssueFlake>`select f.number, f.head_sha, f.flaked_at, f.probability,
      (select r.url from run r where r.repository_id = f.repository_id and r.head_sha = f.head_sha
        and r.job_id = f.job_id and r.outcome = 'fail' order by r.completed_at desc, r.run_key limit 1) as url
    from flake f where f.repository_id = ${repositoryId} and f.job_id = ${jobId} and f.flaked_at >= ${since}
      and f.counted is not false and f.incident is null
    order by f.flaked_at desc, f.head_sha`.execute(db)
  return rows
}

/**
 * The newest counted flake since an issue was closed that ran on a newer base than there was then: its failing run names a
 * base that nobody had named before the close, or names none and its head was pushed after it, so that CI merged it later.
 */
export async function readNewerEvidence(
  db: Db,
  repositoryId: number,
  jobId: number,
  closedAt: string,
): Promise<IssueFlake | null> {
  const { rows } = await sql<IssueFlake>`select f.number, f.head_sha, f.flaked_at, f.probability, r.url
    from flake f join run r on r.repository_id = f.repository_id and r.head_sha = f.head_sha
      and r.job_id = f.job_id and r.number = f.number and r.outcome = 'fail'
    where f.repository_id = ${repositoryId} and f.job_id = ${jobId} and f.flaked_at > ${closedAt}
      and f.counted is not false and f.incident is null and r.completed_at > ${closedAt}
      and case when r.base_sha is null then not exists (select from pull_request_event p
          where p.repository_id = f.repository_id and p.head_sha = f.head_sha and p.reported_at <= ${closedAt})
        else not exists (select from pull_request_event p where p.repository_id = f.repository_id
            and (p.base_sha = r.base_sha or p.merge_sha = r.base_sha) and p.reported_at <= ${closedAt})
          and not exists (select from run o where o.repository_id = f.repository_id
            and o.base_sha = r.base_sha and o.completed_at <= ${closedAt}) end
    order by f.flaked_at desc, r.completed_at desc limit 1`.execute(db)
  return rows[0] ?? null
}
