/** Questions that only `replay` asks: what "now" is when history is fed in. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

/** Epoch ms of the newest completion that any observation tells; null when there is none. */
export async function newestCompletion(db: Db): Promise<number | null> {
  const result = await sql<{ at: string | null }>`select max(completed_at) as at from observation`.execute(db)
  const at = result.rows[0]?.at
  return at ? Date.parse(at) : null
}

/** Marks windows that end between an earlier and this "now", so that they are measured as closed. */
export async function setAsOf(db: Db, now: number): Promise<void> {
  await sql`insert into stale_window (repository_id, changed_at, why)
    select repository_id, starts_at, 'closed' from sla_window where not closed and ends_at <= ${new Date(now).toISOString()}`.execute(
    db,
  )
}
