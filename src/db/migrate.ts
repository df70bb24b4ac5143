/** Brings the schema to the latest migration, under Kysely's own lock, so that processes may start together. */
import { type Migration, Migrator } from 'kysely/migration'
import * as facts from '../../migrations/0001_create_facts.ts'
import * as conclusions from '../../migrations/0002_create_conclusions.ts'
import * as indexDashboard from '../../migrations/0003_index_dashboard.ts'
import * as createHunts from '../../migrations/0004_create_hunts.ts'
import * as settings from '../../migrations/0005_create_settings.ts'
import * as attribution from '../../migrations/0006_create_attribution.ts'
import type { Db } from './client.ts'

/** Listed by name, so that a packed program needs no folder to read; a test holds the list to the folder. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_create_facts': facts,
  '0002_create_conclusions': conclusions,
  '0003_index_dashboard': indexDashboard,
  '0004_create_hunts': createHunts,
  '0005_create_settings': settings,
  '0006_create_attribution': attribution,
}

/** Applies what is missing. @returns the names applied. @throws when one fails; those before it stay applied */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.map((result) => result.migrationName)
}

/** Whether every migration that this program knows is applied. */
export async function isMigrated(db: Db): Promise<boolean> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const known = await migrator.getMigrations()
  return known.every((migration) => migration.executedAt !== undefined)
}
