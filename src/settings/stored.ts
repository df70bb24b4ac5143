/** Reads a repository's settings from the database. */
import type { Db } from '../db/schema.ts'
import { readNewestSettings } from '../db/settings.ts'
import { DEFAULT_SETTINGS, type Settings } from '../domain/settings.ts'
import { settingsOf } from './read.ts'
import { settingsSchema } from './schema.ts'

/** The newest valid settings of a repository, or the defaults. */
export async function readStoredSettings(db: Db, repositoryId: number): Promise<Settings> {
  const row = await readNewestSettings(db, repositoryId)
  if (!row) return DEFAULT_SETTINGS
  // Settings that an older version stored may not be valid any more.
  const settings = settingsSchema.safeParse(row.settings)
  return settings.success ? settingsOf(settings.data) : DEFAULT_SETTINGS
}
