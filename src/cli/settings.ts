/** The settings that a command computes with: those of `--config`, else what the database holds of each repository. */
import { readAllRepositories } from '../db/repositories.ts'
import type { Db } from '../db/schema.ts'
import { addSettings, readNewestSettings } from '../db/settings.ts'
import type { ReadSettings } from '../derive/classify.ts'
import { BEGINNING } from '../domain/settings.ts'
import { iso } from '../domain/time.ts'
import { readSettingsFile, settingsOf } from '../settings/read.ts'
import { readStoredSettings } from '../settings/stored.ts'

/** @param config a settings file that overrides the stored settings of every repository, for its whole history */
export async function settingsReader(db: Db, config: string | undefined): Promise<ReadSettings> {
  if (config === undefined) return (repositoryId, trx = db) => readStoredSettings(trx, repositoryId)
  const settings = settingsOf(await readSettingsFile(config))
  return async () => settings
}

/**
 * Stores a settings file for the repositories whose settings were never read, so that later commands on the same database use it
 * too. It holds from the beginning. @param at when it was read, epoch ms
 */
export async function keepSettings(db: Db, config: string, at: number): Promise<void> {
  const settings: Record<string, unknown> = await readSettingsFile(config)
  for (const { repository_id } of await readAllRepositories(db)) {
    if (await readNewestSettings(db, repository_id)) continue
    const times = { valid_from: iso(BEGINNING), read_at: iso(at) }
    await addSettings(db, { repository_id, ...times, settings, sources: [config], problems: [] })
  }
}
