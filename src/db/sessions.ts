/** Sessions of people who signed in. Keyed by a hash, so that a copy of the table opens no door. */
import type { Db, NewRow, Row } from './schema.ts'

/** Adds a session, and clears away those that ended before `now` (RFC 3339). */
export async function addSession(db: Db, session: NewRow<'session'>, now: string): Promise<void> {
  await db.insertInto('session').values(session).execute()
  await db.deleteFrom('session').where('expires_at', '<=', now).execute()
}

/** The session of that hash if it has not ended by `now`. */
export async function findSession(db: Db, hash: string, now: string): Promise<Row<'session'> | null> {
  const row = await db
    .selectFrom('session')
    .selectAll()
    .where('session_hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row ?? null
}

/** Ends those sessions of a person at `at` that would end by `before` anyway. */
export async function endSoon(
  db: Db,
  userId: number,
  { at, before }: { at: string; before: string },
): Promise<void> {
  await db
    .updateTable('session')
    .set({ expires_at: at })
    .where('user_id', '=', userId)
    .where('expires_at', '>', at)
    .where('expires_at', '<=', before)
    .execute()
}

/** Lets a session end at `at`, if it would not end sooner. */
export async function endSession(db: Db, hash: string, at: string): Promise<void> {
  await db
    .updateTable('session')
    .set({ expires_at: at })
    .where('session_hash', '=', hash)
    .where('expires_at', '>', at)
    .execute()
}
