/** Flakes as pages list them, and what they cost: all answered by index ranges over flakes, never over all runs. */

import { sql } from 'kysely'
import { iso } from '../domain/time.ts'
import type { Db, Row } from './schema.ts'

/** Which flakes of a repository are meant. */
export interface FlakeScope {
  repositoryId: number
  /** Jobs that count; null for all. */
  jobIds: readonly number[] | null
  strongOnly: boolean
}

/** Instants, epoch ms, half open. */
export interface Span {
  from: number
  to: number
}

export type ListedFlake = Row<'flake'> & {
  name: string
  app: string
  title: string | null
  author: string | null
}

/** What one job cost in a span. */
export interface JobCost {
  job_id: number
  name: string
  app: string
  workflow: string | null
  flakes: number
  flakes_counted: number
  pull_requests: number
  /** Judged heads: flaky ones and those that only passed. */
  verdicts: number
  last_flaked_at: string
}

/** The newest flakes dated in a span, newest first, with the title of their pull request where it was told. */
export async function readLatestFlakes(
  db: Db,
  scope: FlakeScope,
  span: Span,
  page: { limit: number; offset?: number; jobId?: number },
): Promise<ListedFlake[]> {
  const { rows } = await sql<ListedFlake>`select f.*, j.name, j.app, e.title, e.author from (
      select * from flake r where ${inScope(scope, span)} ${page.jobId === undefined ? sql`` : sql`and r.job_id = ${page.jobId}`}
      order by r.flaked_at desc, r.head_sha, r.job_id limit ${page.limit} offset ${page.offset ?? 0}) f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    left join lateral (select title, author from pull_request_event p where p.repository_id = f.repository_id
      and p.number = f.number order by p.reported_at desc limit 1) e on true
    order by f.flaked_at desc, f.head_sha, f.job_id`.execute(db)
  return rows
}

/** Every job that flaked in a span with what it cost there. */
export async function readJobCosts(db: Db, scope: FlakeScope, span: Span): Promise<JobCost[]> {
  const { rows } = await sql<JobCost>`select f.*, j.name, j.app, j.workflow, (
      select count(*) from verdict v where v.repository_id = ${scope.repositoryId} and v.job_id = f.job_id
        and v.judged_at >= ${iso(span.from)} and v.judged_at < ${iso(span.to)}) as verdicts
    from (select r.job_id, count(*) as flakes, count(*) filter (where r.counted is not false) as flakes_counted,
        count(distinct r.number) as pull_requests, max(r.flaked_at) as last_flaked_at
      from flake r where ${inScope(scope, span)} group by r.job_id) f
    join job j on j.repository_id = ${scope.repositoryId} and j.job_id = f.job_id
    order by f.flakes_counted desc, f.job_id`.execute(db)
  return rows
}

/** The SQL condition that a flake `r` is one of those meant. */
export function inScope(scope: FlakeScope, span: Span) {
  return sql`r.repository_id = ${scope.repositoryId} and r.flaked_at >= ${iso(span.from)} and r.flaked_at < ${iso(span.to)}
    ${scope.jobIds === null ? sql`` : sql`and r.job_id = any(${[...scope.jobIds]})`}
    ${scope.strongOnly ? sql`and r.grade = 'strong'` : sql``}`
}

/** Where a page of flakes ended: the next begins after it. */
export interface FlakeCursor {
  flakedAt: string
  headSha: string
  jobId: number
}

/** Flakes of a span, newest first, a page at a time; pages stay whole while flakes are added in front. */
export async function readFlakePage(
  db: Db,
  scope: FlakeScope,
  span: Span,
  page: { limit: number; after: FlakeCursor | null; attribution: string | null },
): Promise<ListedFlake[]> {
  const { after, attribution, limit } = page
  const { rows } = await sql<ListedFlake>`select f.*, j.name, j.app, e.title, e.author from (
      select * from flake r where ${inScope(scope, span)}
      ${after ? sql`and (r.flaked_at, r.head_sha, r.job_id) < (${after.flakedAt}::timestamptz, ${after.headSha}, ${after.jobId}::bigint)` : sql``}
      ${attribution === null ? sql`` : sql`and r.attribution = ${attribution}`}
      order by r.flaked_at desc, r.head_sha desc, r.job_id desc limit ${limit}) f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    left join lateral (select title, author from pull_request_event p where p.repository_id = f.repository_id
      and p.number = f.number order by p.reported_at desc limit 1) e on true
    order by f.flaked_at desc, f.head_sha desc, f.job_id desc`.execute(db)
  return rows
}
