/** The outbox: what is to be done on GitHub, recorded with its cause, leased by one process at a time, done once. */
import { sql } from 'kysely'
import type { Db, NewRow, Row } from './schema.ts'

const LEASE_MS = 120_000

/** Asks for an effect; asking again under the same key changes nothing. @returns whether it is new */
export async function requestEffect(db: Db, effect: NewRow<'outbox'>): Promise<boolean> {
  const row = await db
    .insertInto('outbox')
    .values(effect)
    .onConflict((conflict) => conflict.doNothing())
    .returning('task_key')
    .executeTakeFirst()
  return row !== undefined
}

/** Asks for an effect that is done again and again under one key: done or not, it is due once more. */
export async function requestAgain(
  db: Db,
  effect: { repository_id: number; task_key: string; kind: string; detail: object; at: string },
): Promise<void> {
  const { at, detail, ...rest } = effect
  const asked = { ...rest, detail: JSON.stringify(detail), due_at: at, attempts: 0, done_at: null }
  await db
    .insertInto('outbox')
    .values({ ...asked, created_at: at })
    .onConflict((conflict) => conflict.columns(['repository_id', 'task_key']).doUpdateSet(asked))
    .execute()
}

/**
 * Takes the next due effect for this process; another gets it when the lease runs out undone. `now` is epoch ms.
 * Whoever wrote a command waits for the answer, so what people asked for goes first.
 */
export async function leaseEffect(db: Db, now: number): Promise<Row<'outbox'> | null> {
  const at = new Date(now).toISOString()
  const until = new Date(now + LEASE_MS).toISOString()
  const result = await sql<Row<'outbox'>>`update outbox set due_at = ${until}, attempts = attempts + 1
    where (repository_id, task_key) in (select repository_id, task_key from outbox
      where done_at is null and due_at <= ${at} order by kind not in ('report', 'retest'), due_at, task_key limit 1 for update skip locked)
    returning *`.execute(db)
  return result.rows[0] ?? null
}

/** Holds an effect for as long again as a lease lasts, unless it was asked for again or taken by another; `effect` learns of it. */
export async function renewLease(db: Db, effect: Row<'outbox'>, now: number): Promise<void> {
  const due_at = new Date(now + LEASE_MS).toISOString()
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ due_at })
    .where('repository_id', '=', effect.repository_id)
    .where('task_key', '=', effect.task_key)
    .where('due_at', '=', effect.due_at)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) effect.due_at = due_at
}

/** Marks an effect as done, with what came of it; not where it was asked for again or leased by another since. */
export async function finishEffect(
  db: Db,
  effect: Row<'outbox'>,
  done: { at: number; result: string; url: string | null },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ done_at: new Date(done.at).toISOString(), result: done.result, url: done.url, last_error: null })
    .where('repository_id', '=', effect.repository_id)
    .where('task_key', '=', effect.task_key)
    .where('due_at', '=', effect.due_at)
    .execute()
}

/** Notes where people see an effect that goes on: what has an address is looked for there, not in a list that may be old. */
export async function noteUrl(db: Db, effect: Row<'outbox'>, url: string): Promise<void> {
  if (effect.url === url) return
  await db
    .updateTable('outbox')
    .set({ url })
    .where('repository_id', '=', effect.repository_id)
    .where('task_key', '=', effect.task_key)
    .execute()
  effect.url = url
}

/** Has an effect that went well, but is not done yet, go on at that time (epoch ms). */
export async function continueEffect(db: Db, effect: Row<'outbox'>, until: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: new Date(until).toISOString(), attempts: 0, last_error: null })
    .where('repository_id', '=', effect.repository_id)
    .where('task_key', '=', effect.task_key)
    .where('due_at', '=', effect.due_at)
    .execute()
}

/** Puts an effect off after a failure. */
export async function postponeEffect(
  db: Db,
  effect: Row<'outbox'>,
  until: number,
  error: string,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: new Date(until).toISOString(), last_error: error.slice(0, 500) })
    .where('repository_id', '=', effect.repository_id)
    .where('task_key', '=', effect.task_key)
    .where('due_at', '=', effect.due_at)
    .execute()
}

/** Effects of this one's kind that a login asked for after `since` and before this one, whatever became of them. */
export async function countAskedBefore(
  db: Db,
  author: string,
  since: string,
  own: Pick<Row<'outbox'>, 'created_at' | 'task_key' | 'kind'>,
): Promise<number> {
  const result = await sql<{ asked: number }>`select count(*) as asked from outbox
    where kind = ${own.kind} and detail ->> 'author' = ${author} and created_at > ${since}
      and (created_at, task_key) < (${own.created_at}, ${own.task_key})`.execute(db)
  return result.rows[0]?.asked ?? 0
}

/** Reports on a pull request that were asked for before this one and answered, the newest first. */
export async function readAnsweredReports(
  db: Db,
  own: Pick<Row<'outbox'>, 'repository_id' | 'created_at' | 'task_key'>,
  number: number,
): Promise<Row<'outbox'>[]> {
  const result = await sql<Row<'outbox'>>`select * from outbox
    where repository_id = ${own.repository_id} and kind = 'report' and (detail ->> 'number')::int = ${number}
      and url is not null and detail ->> 'job' is distinct from '?'
      and (created_at, task_key) < (${own.created_at}, ${own.task_key})
    order by created_at desc, task_key desc limit 1`.execute(db)
  return result.rows
}
