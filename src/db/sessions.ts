/** Sessions of people who signed in. The key is a hash of the cookie, so a copy of the table lets nobody sign in. */
import type { Db, NewRow, Row } from './schema.ts'

/** Adds a session, and deletes those that expired before `now` (RFC 3339). */
export async function addSession(db: Db, session: NewRow<'session'>, now: string): Promise<void> {
  await db.insertInto('session').values(session).execute()
  await db.deleteFrom('session').where('expires_at', '<=', now).execute()
}

/** The session with this hash; null when there is none or it has expired by `now` (RFC 3339). */
export async function findSession(db: Db, hash: string, now: string): Promise<Row<'session'> | null> {
  const row = await db
    .selectFrom('session')
    .selectAll()
    .where('session_hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row ?? null
}

/** Makes the sessions of a person that expire by `before` expire at `at` (RFC 3339) already. */
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

/** Makes a session expire at `at` (RFC 3339), unless it expires sooner. */
export async function endSession(db: Db, hash: string, at: string): Promise<void> {
  await db
    .updateTable('session')
    .set({ expires_at: at })
    .where('session_hash', '=', hash)
    .where('expires_at', '>', at)
    .execute()
}
