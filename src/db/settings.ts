/** Stores each repository's settings, each version with the time from which it was in force. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'
import { markAllHeads, markWindowsEndingAfter } from './stale.ts'

/** The newest settings of a repository; null when they were never read. */
export async function readNewestSettings(db: Db, repositoryId: number): Promise<Row<'settings'> | null> {
  const row = await db
    .selectFrom('settings')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .orderBy('valid_from', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Whether the database knows a time zone by this name. Its list of names may be older than that of this runtime. */
export async function knowsTimeZone(db: Db, name: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`select exists (select 1 from pg_timezone_names
    where lower(name) = lower(${name})) as known`.execute(db)
  return rows[0]?.known ?? false
}

/** Records that the newest settings were read again at `at` (RFC 3339) and are unchanged. */
export async function touchSettings(db: Db, row: Row<'settings'>, at: string): Promise<void> {
  await db
    .updateTable('settings')
    .set({ read_at: at })
    .where('repository_id', '=', row.repository_id)
    .where('valid_from', '=', row.valid_from)
    .execute()
}

/** The newest settings that held at a time (RFC 3339); null when no version is that old. */
export async function readSettingsAt(
  db: Db,
  repositoryId: number,
  at: string,
): Promise<Row<'settings'> | null> {
  const row = await db
    .selectFrom('settings')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('valid_from', '<=', at)
    .orderBy('valid_from', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** A version of the settings, reduced to what decides what counts. */
export type StoredRules = Pick<Row<'settings'>, 'valid_from' | 'settings'>

/** What decided what counts in every version that could be used, oldest first. */
export async function readRules(db: Db, repositoryId: number): Promise<StoredRules[]> {
  const { rows } = await sql<StoredRules>`select valid_from, jsonb_strip_nulls(jsonb_build_object(
      'required', settings -> 'required', 'ignore', settings -> 'ignore', 'gates', settings -> 'gates',
      'require_same_base', settings -> 'require_same_base', 'time_zone', settings -> 'time_zone')) as settings
    from settings where repository_id = ${repositoryId} and problems = '[]' order by valid_from`.execute(db)
  return rows
}

/**
 * Adds a version of the settings that holds from `valid_from`, and marks the windows that may change: those that end later,
 * and for the oldest version, which also holds for the time before it, all. Every head is marked when the meaning of its facts
 * changed. @returns whether it was added
 */
export async function addSettings(db: Db, row: Row<'settings'>): Promise<boolean> {
  const { settings, sources, problems, ...rest } = row
  return db.transaction().execute(async (trx) => {
    const newest = await readNewestSettings(trx, row.repository_id)
    const before = await readSettingsAt(trx, row.repository_id, row.valid_from)
    const added = await trx
      .insertInto('settings')
      .values({
        ...rest,
        settings: JSON.stringify(settings),
        sources: JSON.stringify(sources),
        problems: JSON.stringify(problems),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('valid_from')
      .executeTakeFirst()
    if (!added) return false
    await markWindowsEndingAfter(trx, row.repository_id, before && row.valid_from, 'settings')
    if (headRules(newest) !== headRules(await readNewestSettings(trx, row.repository_id)))
      await markAllHeads(trx, row.repository_id)
    return true
  })
}

/** The settings from which `headRulesOf` makes rules, as text to compare. */
function headRules(row: Row<'settings'> | null): string {
  const { bots, retest, outcomes } = row?.settings ?? {}
  const words = (retest as { words?: unknown } | undefined)?.words
  return JSON.stringify([bots ?? [], words ?? [], outcomes ?? {}])
}
