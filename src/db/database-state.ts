/** Reads the state of the database itself, for `doctor` and the failover check. */
import { sql } from 'kysely'
import { isMigrated } from './migrate.ts'
import type { Db } from './schema.ts'

export interface DatabaseState {
  /** PostgreSQL's `server_version_num`: 180000 is 18.0. */
  version: number
  isMigrated: boolean
  /** Whether the server acknowledges a commit only after it is on disk. */
  isDurable: boolean
  /** The database's clock, in epoch ms. */
  now: number
}
export async function readDatabaseState(db: Db): Promise<DatabaseState> {
  const { rows } = await sql<{ version: number; commit: string; now: string }>`select
    current_setting('server_version_num')::int as version, current_setting('synchronous_commit') as commit,
    clock_timestamp() as now`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the database returned no row')
  return {
    version: row.version,
    isMigrated: await isMigrated(db),
    isDurable: row.commit !== 'off',
    now: Date.parse(row.now),
  }
}

/**
 * The timeline of PostgreSQL's write-ahead log. It changes when a replica is promoted or an older state is restored. Null when the
 * server does not provide it.
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
