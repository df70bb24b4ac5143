/** How the database itself stands. */
import { sql } from 'kysely'
import { isMigrated } from './migrate.ts'
import type { Db } from './schema.ts'

export interface DatabaseState {
  /** As PostgreSQL numbers its releases: 180000 is 18.0. */
  version: number
  isMigrated: boolean
  /** Whether a commit is on disk before it is answered. */
  isDurable: boolean
  /** Its clock, epoch ms. */
  now: number
}

/** Reads it in one go. */
export async function readDatabaseState(db: Db): Promise<DatabaseState> {
  const { rows } = await sql<{ version: number; commit: string; now: string }>`select
    current_setting('server_version_num')::int as version, current_setting('synchronous_commit') as commit,
    clock_timestamp() as now`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the database answered nothing')
  return {
    version: row.version,
    isMigrated: await isMigrated(db),
    isDurable: row.commit !== 'off',
    now: Date.parse(row.now),
  }
}

/**
 * The line of PostgreSQL's history that is being written on: another one once a replica was promoted, or an older state
 * restored. Null where the server does not tell.
 */
export async function readTimeline(db: Db): Promise<string | null> {
  try {
    const { rows } = await sql<{ timeline: string | null }>`
      select left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline`.execute(db)
    return rows[0]?.timeline ?? null
  } catch {
    return null
  }
}
