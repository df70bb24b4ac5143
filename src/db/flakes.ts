/** Lists of flakes. Each query reads an index range of flakes, never the runs. */

import { type RawBuilder, sql } from 'kysely'
import { newestEventFirst } from './newest-event.ts'
import type { Db, Row } from './schema.ts'
import { countedIn, during, everything, flakeInScope, type Scope, type Span } from './scope.ts'

export type ListedFlake = Row<'flake'> & {
  name: string
  app: string
  title: string | null
  author: string | null
}

/** Flakes in scope; or, with `jobId`, every flake of that job, with `counted` false for those out of scope. */
interface FlakeFilter {
  limit: number
  jobId?: number | undefined
}

/** The newest flakes dated in a span, newest first, with the title of their pull request where it is known. */
export async function readLatestFlakes(
  db: Db,
  scope: Scope,
  span: Span,
  filter: FlakeFilter,
): Promise<ListedFlake[]> {
  return readFlakePage(db, scope, span, { ...filter, after: null, attribution: null })
}

/** Where a page of flakes ended; the next page begins after it. */
export interface FlakeCursor {
  flakedAt: string
  headSha: string
  jobId: number
}

/** One page of the flakes of a span, newest first. Flakes added in front do not shift the pages behind. */
export async function readFlakePage(
  db: Db,
  scope: Scope,
  span: Span,
  page: FlakeFilter & { after: FlakeCursor | null; attribution: string | null },
): Promise<ListedFlake[]> {
  const { after, attribution, limit } = page
  const { rows } = await sql<ListedFlake>`select f.*, j.name, j.app, e.title, e.author from (
      select * from flake r where ${matching(scope, page)} ${during('flaked_at', span)}
      ${after ? sql`and (r.flaked_at, r.head_sha, r.job_id) < (${after.flakedAt}::timestamptz, ${after.headSha}, ${after.jobId}::bigint)` : sql``}
      ${attribution === null ? sql`` : sql`and r.attribution = ${attribution}`}
      order by r.flaked_at desc, r.head_sha desc, r.job_id desc limit ${limit}) f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    left join lateral (select title, author from pull_request_event p where p.repository_id = f.repository_id
      and p.number = f.number order by ${newestEventFirst('p')} limit 1) e on true
    order by f.flaked_at desc, f.head_sha desc, f.job_id desc`.execute(db)
  return rows.map((flake) => ({ ...flake, counted: countedIn(scope, flake) }))
}

function matching(scope: Scope, { jobId }: FlakeFilter): RawBuilder<unknown> {
  if (jobId === undefined) return flakeInScope(scope)
  return sql`${flakeInScope(everything(scope.repositoryId))} and r.job_id = ${jobId}`
}
