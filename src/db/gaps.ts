/** Deliveries that did not arrive, and gaps in what was recorded. */
import { sql } from 'kysely'
import { readBackfill, restartBackfill } from './backfill.ts'
import type { Db, NewRow, Row } from './schema.ts'

/** A missed delivery; its id has more digits than a JavaScript number holds. */
export type Missed = Omit<Row<'missed_delivery'>, 'delivery_id'> & { delivery_id: string }

/** Stores failed deliveries. If a redelivery failed again, its newest attempt replaces the one before. */
export async function noteMissed(db: Db, missed: readonly NewRow<'missed_delivery'>[]): Promise<void> {
  for (const delivery of missed)
    await db
      .insertInto('missed_delivery')
      .values(delivery)
      .onConflict((conflict) =>
        conflict
          .column('guid')
          .doUpdateSet({ delivery_id: delivery.delivery_id })
          .where('missed_delivery.done_at', 'is', null),
      )
      .execute()
}

/** Stores deliveries that failed earlier than those already stored; a stored attempt is newer and stays. */
export async function addMissed(db: Db, missed: readonly NewRow<'missed_delivery'>[]): Promise<void> {
  for (const delivery of missed)
    await db
      .insertInto('missed_delivery')
      .values(delivery)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Marks the missed deliveries that were recorded since. A delivery counts as arrived once it was processed. @returns how many */
export async function finishArrived(db: Db, now: string): Promise<number> {
  const result = await sql`update missed_delivery m set done_at = ${now}, result = 'recorded'
    where done_at is null and exists (select 1 from delivery d
      where d.guid = m.guid and (d.repository_id = m.repository_id
        or m.repository_id = 0 and d.repository_id in (select repository_id from repository)))
    returning guid`.execute(db)
  return result.rows.length
}

/** When (RFC 3339) GitHub first tried to deliver what did not arrive; null for a delivery that was not missed. */
export async function readFirstDelivery(db: Db, guid: string): Promise<string | null> {
  const row = await db
    .selectFrom('missed_delivery')
    .select('delivered_at')
    .where('guid', '=', guid)
    .executeTakeFirst()
  return row?.delivered_at ?? null
}

/** Missed deliveries that have not arrived yet, oldest first. */
export async function openMissed(db: Db): Promise<Missed[]> {
  const columns = [
    'guid',
    'repository_id',
    'event',
    'delivered_at',
    'attempts',
    'tried_at',
    'done_at',
  ] as const
  return db
    .selectFrom('missed_delivery')
    .select([...columns, 'result', sql<string>`delivery_id::text`.as('delivery_id')])
    .where('done_at', 'is', null)
    .orderBy('delivered_at')
    .orderBy('guid')
    .limit(1000)
    .execute()
}

/** Notes that a redelivery was requested. */
export async function noteTry(db: Db, guid: string, now: string): Promise<void> {
  await sql`update missed_delivery set attempts = attempts + 1, tried_at = ${now} where guid = ${guid}`.execute(
    db,
  )
}

/** Closes a missed delivery with its outcome. */
export async function finishMissed(db: Db, guid: string, now: string, result: string): Promise<void> {
  await db.updateTable('missed_delivery').set({ done_at: now, result }).where('guid', '=', guid).execute()
}

/** Notes a span of time in which something may be missing; the history of that time is backfilled. */
export async function openGap(db: Db, gap: NewRow<'gap'>): Promise<void> {
  await db
    .insertInto('gap')
    .values(gap)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Marks the gaps of a repository that a finished backfill covers as filled, and restarts the backfill from the oldest of the
 * others unless that is already in progress.
 */
export async function fillGaps(db: Db, repositoryId: number, now: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`update gap g set filled_at = ${now} from backfill r
      where g.repository_id = ${repositoryId} and r.repository_id = g.repository_id and g.filled_at is null
        and r.done_at is not null and r.since <= g.from_at and r.started_at >= g.to_at`.execute(trx)
    const open = await sql<{ since: string | null; until: string | null }>`select min(from_at) as since,
      max(to_at) as until from gap where repository_id = ${repositoryId} and filled_at is null`.execute(trx)
    const { since, until } = open.rows[0] ?? { since: null, until: null }
    if (!since || !until) return
    const backfill = await readBackfill(trx, repositoryId)
    const isUnderWay =
      backfill &&
      !backfill.done_at &&
      Date.parse(backfill.since) <= Date.parse(since) &&
      Date.parse(backfill.started_at) >= Date.parse(until)
    if (!isUnderWay) await restartBackfill(trx, repositoryId, { since, now })
  })
}

/** Ids of the repositories with gaps that are not filled. */
export async function readRepositoriesWithGaps(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom('gap')
    .select('repository_id')
    .distinct()
    .where('filled_at', 'is', null)
    .execute()
  return rows.map((row) => row.repository_id)
}

/** Gaps of a repository, newest first. */
export async function readGaps(db: Db, repositoryId: number): Promise<Row<'gap'>[]> {
  return db
    .selectFrom('gap')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .orderBy('from_at', 'desc')
    .limit(100)
    .execute()
}

/** Those of the GUIDs whose delivery is recorded. */
export async function readStored(db: Db, guids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ guid: string }>`select distinct d.guid from repository r
    join delivery d on d.repository_id = r.repository_id and d.guid = any(${[...guids]})
    union select guid from delivery where repository_id = 0 and guid = any(${[...guids]})`.execute(db)
  return new Set(rows.rows.map((row) => row.guid))
}
