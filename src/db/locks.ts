/** Locks that are held until the end of a transaction. */
import { sql } from 'kysely'
import { PREPARED } from './client.ts'
import type { Db } from './schema.ts'

/** The first key of the advisory lock. */
const DERIVE = 1

/** Waits for the lock under which a repository is derived, so that one process at a time does it. Recording facts needs no lock. */
export async function lockRepository(trx: Db, repositoryId: number): Promise<void> {
  await sql`${sql.raw(PREPARED)}select pg_advisory_xact_lock(${DERIVE}, hashtextextended(${String(repositoryId)}, 0)::bit(32)::int)`.execute(
    trx,
  )
}
