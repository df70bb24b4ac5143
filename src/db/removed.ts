/** Repositories that the app was taken off: nothing about them is recorded any more. */
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Facts } from '../domain/facts.ts'
import type { Database } from './schema.ts'

/** How long what is known of them is believed; another process may have heard of a removal in the meantime. */
const FRESH_MS = 1000

interface Known {
  ids: ReadonlySet<number>
  /** Milliseconds of the process's own clock. */
  readAt: number
}

const known = new WeakMap<object, Known>()

/** The facts but those of removed repositories, unless an installation brings them back in the same breath. */
export async function withoutRemoved(
  db: Kysely<Database>,
  told: readonly Facts[],
): Promise<readonly Facts[]> {
  const removed = await readRemovedIds(db)
  // What these tell changes who is removed: the next look is a fresh one.
  if (told.some((one) => one.repository?.some(({ installed, removed_at }) => installed || removed_at)))
    known.delete(db)
  if (removed.size === 0) return told
  const gone = new Set(removed)
  for (const one of told)
    for (const { installed, repository_id } of one.repository ?? []) if (installed) gone.delete(repository_id)
  const isKept = (row: object) => !('repository_id' in row && gone.has(row.repository_id as number))
  return told.map(
    (facts) =>
      Object.fromEntries(
        Object.entries(facts).map(([table, rows]) => [table, (rows as object[]).filter(isKept)]),
      ) as Facts,
  )
}

async function readRemovedIds(db: Kysely<Database>): Promise<ReadonlySet<number>> {
  const last = known.get(db)
  if (last && performance.now() - last.readAt < FRESH_MS) return last.ids
  const { rows } = await sql<{ repository_id: number }>`select repository_id from repository
    where removed_at is not null`.execute(db)
  const ids = new Set(rows.map((row) => row.repository_id))
  known.set(db, { ids, readAt: performance.now() })
  return ids
}
