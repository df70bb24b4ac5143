/** Brings the schema to the latest migration, under Kysely's own lock, so that processes may start together. */
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import * as facts from '../../migrations/0001_create_facts.ts'
import * as conclusions from '../../migrations/0002_create_conclusions.ts'
import * as indexDashboard from '../../migrations/0003_index_dashboard.ts'
import * as createHunts from '../../migrations/0004_create_hunts.ts'
import * as settings from '../../migrations/0005_create_settings.ts'
import * as attribution from '../../migrations/0006_create_attribution.ts'
import * as requiredJobs from '../../migrations/0007_create_required_jobs.ts'
import * as reading from '../../migrations/0008_create_reading.ts'
import * as gaps from '../../migrations/0009_create_gaps.ts'
import * as huntedAttempts from '../../migrations/0010_create_hunted_attempts.ts'
import * as orphanHeads from '../../migrations/0011_create_waiting_heads.ts'
import * as runners from '../../migrations/0012_create_runners.ts'
import * as indexClosing from '../../migrations/0013_index_closing.ts'
import type { Db } from './schema.ts'

/** Listed by name, so that a packed program needs no folder to read; a test holds the list to the folder. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001_create_facts': facts,
  '0002_create_conclusions': conclusions,
  '0003_index_dashboard': indexDashboard,
  '0004_create_hunts': createHunts,
  '0005_create_settings': settings,
  '0006_create_attribution': attribution,
  '0007_create_required_jobs': requiredJobs,
  '0008_create_reading': reading,
  '0009_create_gaps': gaps,
  '0010_create_hunted_attempts': huntedAttempts,
  '0011_create_waiting_heads': orphanHeads,
  '0012_create_runners': runners,
  '0013_index_closing': indexClosing,
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
