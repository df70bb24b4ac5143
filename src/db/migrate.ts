/** Migrates the schema. Kysely's migrator holds a lock, so several processes can start at the same time. */
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as facts from '../../migrations/0001_facts.ts'
import * as derived from '../../migrations/0002_derived.ts'
import * as queues from '../../migrations/0003_queues.ts'
import * as backfill from '../../migrations/0004_backfill.ts'
import * as dashboard from '../../migrations/0005_dashboard.ts'
import * as hunts from '../../migrations/0006_hunts.ts'
import type { Db } from './schema.ts'

/** Every migration, so that the packaged program needs no folder to read. A test compares the list with the folder. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_facts': facts,
  '0002_derived': derived,
  '0003_queues': queues,
  '0004_backfill': backfill,
  '0005_dashboard': dashboard,
  '0006_hunts': hunts,
}

/** Applies the missing migrations. @returns their names. @throws when a migration fails; those before it stay applied */
export async function migrate(db: Db): Promise<string[]> {
  const migrations = { ...(await laterMigrations(db)), ...MIGRATIONS }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.map((result) => result.migrationName)
}

/**
 * Placeholders for migrations that a later release has applied. During a deployment both releases run, and the migrator fails when
 * an applied migration is missing from its list.
 */
async function laterMigrations(db: Db): Promise<Record<string, Migration>> {
  const applied = await new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
  }).getMigrations()
  if (applied.every((migration) => migration.executedAt === undefined)) return {}
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  const last = Object.keys(MIGRATIONS).at(-1) ?? ''
  const later = rows.map((row) => row.name).filter((name) => name > last)
  return Object.fromEntries(later.map((name) => [name, { up: async () => {} }]))
}

/** Whether every migration of this release is applied. */
export async function isMigrated(db: Db): Promise<boolean> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const migrations = await migrator.getMigrations()
  return migrations.every((migration) => migration.executedAt !== undefined)
}
