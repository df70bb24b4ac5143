/** The settings that a repository's stored settings amount to. */
import type { Db } from '../db/schema.ts'
import { readNewestSettings } from '../db/settings.ts'
import { DEFAULT_SETTINGS, type Settings } from '../domain/settings.ts'
import { settingsOf } from './read.ts'
import { settingsSchema } from './schema.ts'

/** What counts for a repository now: the newest settings that could be used, else the defaults. */
export async function readStoredSettings(db: Db, repositoryId: number): Promise<Settings> {
  const row = await readNewestSettings(db, repositoryId)
  if (!row) return DEFAULT_SETTINGS
  // What an older program stored may be no setting of this one any more.
  const settings = settingsSchema.safeParse(row.settings)
  return settings.success ? settingsOf(settings.data) : DEFAULT_SETTINGS
}
