/** The settings that a command computes with: those of `--config`, else what the database holds of each repository. */
import type { Db } from '../db/schema.ts'
import type { ReadSettings } from '../derive/classify.ts'
import { readSettingsFile } from '../settings/read.ts'
import { readStoredSettings } from '../settings/stored.ts'

/** @param config a settings file that overrides the stored settings of every repository, for its whole history */
export async function settingsReader(db: Db, config: string | undefined): Promise<ReadSettings> {
  if (config === undefined) return (repositoryId, trx = db) => readStoredSettings(trx, repositoryId)
  const settings = await readSettingsFile(config)
  return async () => settings
}
