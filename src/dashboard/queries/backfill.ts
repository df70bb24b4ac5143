/** Queries about backfills, gaps and missed deliveries. */
import { sql } from 'kysely'
import type { Db } from '../../db/schema.ts'

export interface BackfillState {
  repository_id: number
  full_name: string
  since: string
  started_at: string
  /** Pages read, and pages known so far; more may be found during the backfill. */
  done: number
  pages: number
  pull_requests: number
}

/** Backfills in progress, by repository name. */
export async function readOpenBackfills(db: Db, repositoryIds: readonly number[]): Promise<BackfillState[]> {
  const { rows } =
    await sql<BackfillState>`select d.repository_id, r.full_name, greatest(d.since, d.wanted_since) as since, d.started_at,
      count(p.page_key) as pages, count(p.done_at) as done,
      coalesce(sum(jsonb_array_length(p.numbers)) filter (where p.kind like 'pulls%' and p.done_at is not null), 0)::int8
        as pull_requests
    from backfill d join repository r on r.repository_id = d.repository_id
    left join backfill_page p on p.repository_id = d.repository_id
    where d.repository_id = any(${[...repositoryIds]}::bigint[]) and d.done_at is null
    group by 1, 2, 3, 4 order by 2`.execute(db)
  return rows
}

export interface GapState {
  full_name: string
  from_at: string
  to_at: string
  reason: string
  filled_at: string | null
}

/** Open gaps, and gaps filled since an instant (epoch ms); open gaps first, then newest first. */
export async function readGapsOf(
  db: Db,
  repositoryIds: readonly number[],
  { filledSince, limit }: { filledSince: number; limit: number },
): Promise<GapState[]> {
  const { rows } = await sql<GapState>`select r.full_name, g.from_at, g.to_at, g.reason, g.filled_at
    from gap g join repository r on r.repository_id = g.repository_id
    where g.repository_id = any(${[...repositoryIds]}::bigint[])
      and (g.filled_at is null or g.filled_at >= ${new Date(filledSince).toISOString()})
    order by g.filled_at is not null, g.from_at desc, r.full_name limit ${limit}`.execute(db)
  return rows
}

/** Counts deliveries that failed on GitHub's side and have not arrived since. */
export async function countMissed(db: Db, repositoryIds: readonly number[]): Promise<number> {
  const { rows } = await sql<{ missed: number }>`select count(*) as missed from missed_delivery
    where done_at is null and repository_id = any(${[...repositoryIds]}::bigint[])`.execute(db)
  return rows[0]?.missed ?? 0
}
