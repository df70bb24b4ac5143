/**
 * Judges a repository's whole history again, under the definitions of this program: what weeks teach, then every flake,
 * then every window. In short transactions, so that a server on the same database goes on beside it; stopped and started
 * again, it does no harm. Figures of older definitions stay where they are, beside the new ones.
 */

import { sql } from 'kysely'
import { lockRepository } from '../db/locks.ts'
import type { Db } from '../db/schema.ts'
import type { Settings } from '../domain/settings.ts'
import { DAY_MS } from '../domain/time.ts'
import { attributeRange } from './attribute.ts'
import { learnNext } from './learn.ts'
import { measureNext } from './measure.ts'

/** Flakes of one job that are judged in one transaction lie in so long a time: their evidence is mostly the same. */
const SPAN = 56 * DAY_MS

/** Called with how much more of one kind is done. */
export type OnProgress = (what: 'weeks' | 'flakes' | 'windows', count: number) => void

/** @param now epoch ms: dates the trace, and windows that end after it are partial. @returns how many flakes were judged */
export async function reattribute(
  db: Db,
  repositoryId: number,
  settings: Settings,
  { now, onProgress }: { now: number; onProgress: OnProgress },
): Promise<number> {
  await sql`insert into stale_week (repository_id, week)
    select distinct ${repositoryId}::bigint, date_trunc('week', flaked_at at time zone 'UTC')::date
    from flake where repository_id = ${repositoryId}`.execute(db)
  for (let weeks = await learnNext(db, repositoryId); weeks > 0; weeks = await learnNext(db, repositoryId))
    onProgress('weeks', weeks)
  const judged = await judgeAll(db, repositoryId, { settings, now, onProgress })
  await sql`insert into stale_window (repository_id, changed_at, why)
    select distinct repository_id, starts_at, 'definitions' from sla_window
    where repository_id = ${repositoryId} and kind = 'day'`.execute(db)
  onProgress('windows', await measureNext(db, repositoryId, settings, now))
  return judged
}

async function judgeAll(
  db: Db,
  repositoryId: number,
  { settings, now, onProgress }: { settings: Settings; now: number; onProgress: OnProgress },
): Promise<number> {
  const { rows } = await sql<{
    job_id: number
    first: string
    last: string
  }>`select job_id, min(flaked_at) as first,
      max(flaked_at) as last from flake where repository_id = ${repositoryId} group by job_id order by job_id`.execute(
    db,
  )
  let judged = 0
  for (const { job_id, first, last } of rows) {
    const end = Date.parse(last)
    for (let from = Date.parse(first); from <= end; from += SPAN) {
      const count = await db.transaction().execute(async (trx) => {
        await lockRepository(trx, repositoryId)
        return attributeRange(trx, repositoryId, job_id, [from, Math.min(end, from + SPAN - 1)], {
          settings,
          now,
        })
      })
      judged += count
      onProgress('flakes', count)
    }
  }
  return judged
}
