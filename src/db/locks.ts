/** Locks that last as long as a transaction. */
import { sql } from 'kysely'
import { PREPARED } from './client.ts'
import type { Db } from './schema.ts'

const CONCLUDE = 1

/** Only one process at a time derives about a repository; recording facts never waits for it. */
export async function lockRepository(trx: Db, repositoryId: number): Promise<void> {
  await sql`${sql.raw(PREPARED)}select pg_advisory_xact_lock(${CONCLUDE}, hashtextextended(${String(repositoryId)}, 0)::bit(32)::int)`.execute(
    trx,
  )
}
