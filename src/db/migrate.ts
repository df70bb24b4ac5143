/** Brings the schema to the latest migration, under Kysely's own lock, so that processes may start together. */
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as facts from '../../migrations/0001_facts.ts'
import * as derived from '../../migrations/0002_derived.ts'
import * as queues from '../../migrations/0003_queues.ts'
import * as backfill from '../../migrations/0004_backfill.ts'
import * as dashboard from '../../migrations/0005_dashboard.ts'
import * as hunts from '../../migrations/0006_hunts.ts'
import type { Db } from './schema.ts'

/** Listed by name, so that a packed program needs no folder to read; a test holds the list to the folder. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_facts': facts,
  '0002_derived': derived,
  '0003_queues': queues,
  '0004_backfill': backfill,
  '0005_dashboard': dashboard,
  '0006_hunts': hunts,
}

/** Applies what is missing. @returns the names applied. @throws when one fails; those before it stay applied */
export async function migrate(db: Db): Promise<string[]> {
  const migrations = { ...(await laterOnes(db)), ...MIGRATIONS }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.map((result) => result.migrationName)
}

/**
 * Migrations that a later release has applied: during a deploy both releases run, and a process of this one that starts
 * again then must not take the other's work for damage. They are named so that the migrator finds them known.
 */
async function laterOnes(db: Db): Promise<Record<string, Migration>> {
  const applied = await new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
  }).getMigrations()
  if (applied.every((one) => one.executedAt === undefined)) return {}
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  const last = Object.keys(MIGRATIONS).at(-1) ?? ''
  const later = rows.map((row) => row.name).filter((name) => name > last)
  return Object.fromEntries(later.map((name) => [name, { up: async () => {} }]))
}

/** Whether every migration that this program knows is applied. */
export async function isMigrated(db: Db): Promise<boolean> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const known = await migrator.getMigrations()
  return known.every((migration) => migration.executedAt !== undefined)
}
