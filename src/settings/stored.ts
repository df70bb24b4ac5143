/** The policy that a repository's stored settings amount to. */
import type { Db } from '../db/client.ts'
import { readNewestSettings } from '../db/settings.ts'
import { DEFAULT_POLICY, type Policy } from '../domain/settings.ts'
import { policyOf } from './read.ts'
import { settingsSchema } from './schema.ts'

/** What counts for a repository now: the newest settings that could be used, else the defaults. */
export async function readStoredPolicy(db: Db, repositoryId: number): Promise<Policy> {
  const row = await readNewestSettings(db, repositoryId)
  if (!row) return DEFAULT_POLICY
  // What an older program stored may be no setting of this one any more.
  const settings = settingsSchema.safeParse(row.settings)
  return settings.success ? policyOf(settings.data) : DEFAULT_POLICY
}
