/** Reads a repository's settings from the database. */
import type { Db } from '../db/schema.ts'
import { readNewestSettings, readRules } from '../db/settings.ts'
import { BEGINNING, DEFAULT_SETTINGS, type EarlierRules, type Settings } from '../domain/settings.ts'
import { settingsOf } from './read.ts'
import { settingsSchema } from './schema.ts'

/** The newest valid settings of a repository, or the defaults, with the rules of every earlier version. */
export async function readStoredSettings(db: Db, repositoryId: number): Promise<Settings> {
  const row = await readNewestSettings(db, repositoryId)
  if (!row) return DEFAULT_SETTINGS
  const newest = parse(row.settings) ?? DEFAULT_SETTINGS
  const versions = (await readRules(db, repositoryId)).flatMap(({ valid_from, settings }) => {
    const rules = parse(settings)
    return rules ? [{ from: Date.parse(valid_from), rules }] : []
  })
  const knownFrom = versions[0]?.from ?? null
  return {
    ...newest,
    earlierRules: versions.slice(0, -1).flatMap(({ rules }, i): EarlierRules[] => {
      const next = versions[i + 1]
      if (!next || isSame(rules, next.rules)) return []
      const { required, ignore, gates, requireSameBase, timeZone } = rules
      return [{ required, ignore, gates, requireSameBase, timeZone, until: next.from }]
    }),
    rulesKnownFrom: knownFrom === BEGINNING ? null : knownFrom,
  }
}

/** Null for settings that an older version of the program stored and that are not valid any more. */
function parse(stored: unknown): Settings | null {
  const settings = settingsSchema.safeParse(stored)
  return settings.success ? settingsOf(settings.data) : null
}

/** Whether two versions have the same rules. Other settings are left out of both. */
function isSame(a: Settings, b: Settings): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
