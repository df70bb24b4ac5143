/** Stores each repository's settings, each version with the time from which it was in force. */
import type { Db, Row } from './schema.ts'
import { markAllHeads, markWindows } from './stale.ts'

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

/** Records that the newest settings were read again at `at` (RFC 3339) and are unchanged. */
export async function touchSettings(db: Db, row: Row<'settings'>, at: string): Promise<void> {
  await db
    .updateTable('settings')
    .set({ read_at: at })
    .where('repository_id', '=', row.repository_id)
    .where('valid_from', '=', row.valid_from)
    .execute()
}

/**
 * Adds settings that are in force from `valid_from`, and marks the open windows, which are measured with them. Every head is marked
 * when the meaning of its facts changed.
 */
export async function addSettings(db: Db, row: Omit<Row<'settings'>, 'closed'>): Promise<void> {
  const { settings, sources, problems, ...rest } = row
  await db.transaction().execute(async (trx) => {
    const before = await readNewestSettings(trx, row.repository_id)
    await trx
      .insertInto('settings')
      .values({
        ...rest,
        settings: JSON.stringify(settings),
        sources: JSON.stringify(sources),
        problems: JSON.stringify(problems),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await markWindows(trx, row.repository_id, [row.read_at], 'settings')
    if (headRules(before?.settings) !== headRules(row.settings)) await markAllHeads(trx, row.repository_id)
  })
}

/** The settings from which `headRulesOf` makes rules, as text to compare. */
function headRules(settings: Record<string, unknown> | undefined): string {
  const { bots, retest, outcomes } = settings ?? {}
  const words = (retest as { words?: unknown } | undefined)?.words
  return JSON.stringify([bots ?? [], words ?? [], outcomes ?? {}])
}
