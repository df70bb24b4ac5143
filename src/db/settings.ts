/** What each repository's settings were, and from when. */
import type { Db, Row } from './schema.ts'
import { markWindows } from './stale.ts'

/** The settings of a repository as last read; null while nobody has looked. */
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

/** Remembers that the newest settings were found unchanged. */
export async function touchSettings(db: Db, row: Row<'settings'>, at: string): Promise<void> {
  await db
    .updateTable('settings')
    .set({ read_at: at })
    .where('repository_id', '=', row.repository_id)
    .where('valid_from', '=', row.valid_from)
    .execute()
}

/** Adds what is true from now on, and marks the windows under way, which are measured by it. */
export async function addSettings(db: Db, row: Omit<Row<'settings'>, 'closed'>): Promise<void> {
  const { settings, sources, problems, ...rest } = row
  await db.transaction().execute(async (trx) => {
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
  })
}
