/** How far GitHub's record of deliveries was compared with what arrived. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

/** When (RFC 3339) the record was last checked to its end; null before the first time. */
export async function readLastCheck(db: Db): Promise<string | null> {
  const row = await db
    .selectFrom('delivery_check')
    .select((eb) => eb.fn.max<string | null>('checked_at').as('checked_at'))
    .executeTakeFirst()
  return row?.checked_at ?? null
}

/** Notes that the record was checked at a time (RFC 3339). Only the newest check is kept. */
export async function noteCheck(db: Db, now: string): Promise<void> {
  await db
    .insertInto('delivery_check')
    .values({ checked_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await db
    .deleteFrom('delivery_check')
    .where('checked_at', '<', (eb) =>
      eb.selectFrom('delivery_check as c').select(({ fn }) => fn.max<string>('c.checked_at').as('newest')),
    )
    .execute()
}

/** Whether the database writes a timeline on which it was never seen: a replica was promoted, or a backup restored. */
export async function isTakenOver(db: Db, timeline: string | null): Promise<boolean> {
  if (timeline === null) return false
  const rows = await db.selectFrom('database_timeline').select('timeline').execute()
  return rows.length > 0 && !rows.some((row) => row.timeline === timeline)
}

/** Notes that the deliveries lost by the change to this timeline have been looked for. */
export async function noteTimeline(db: Db, timeline: string | null, now: string): Promise<void> {
  if (timeline === null) return
  await db
    .insertInto('database_timeline')
    .values({ timeline, seen_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Where a check was cut off: the next one continues at the cursor, back to a time (RFC 3339). */
export interface DeliveryCursor {
  which: 'failed' | 'all'
  cursor: string
  since: string
}

/** Keeps a cursor to continue at; of two times the earlier one stays. */
export async function saveCursor(db: Db, { which, cursor, since }: DeliveryCursor): Promise<void> {
  await sql`insert into delivery_cursor as c (which, cursor, since) values (${which}, ${cursor}, ${since})
    on conflict (which, cursor) do update set since = least(c.since, excluded.since)`.execute(db)
}

/** The cursor that reaches back farthest; null when every check reached its end. */
export async function readOldestCursor(db: Db): Promise<DeliveryCursor | null> {
  const row = await db
    .selectFrom('delivery_cursor')
    .selectAll()
    .orderBy('since')
    .orderBy('which')
    .orderBy('cursor')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Deletes a cursor from which everything was checked, or cannot be any more. */
export async function deleteCursor(
  db: Db,
  { which, cursor }: Pick<DeliveryCursor, 'which' | 'cursor'>,
): Promise<void> {
  await db.deleteFrom('delivery_cursor').where('which', '=', which).where('cursor', '=', cursor).execute()
}
