/** Forgetting: what is known of a repository goes for good, some time after the app was taken off it. */
import { type Kysely, sql } from 'kysely'
import type { Database, Row } from './schema.ts'

type Db = Kysely<Database>

/** Repositories that the app was taken off before a time. */
export async function readRemoved(db: Db, before: string): Promise<Row<'repository'>[]> {
  return db
    .selectFrom('repository')
    .selectAll()
    .where('removed_at', '<', before)
    .orderBy('repository_id')
    .execute()
}

/** Deletes every row of a repository, in whatever table, at once. @returns how many */
export async function forgetRepository(db: Db, repositoryId: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const tables = await sql<{ name: string }>`select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'repository_id' order by table_name`.execute(trx)
    let rows = 0
    for (const { name } of tables.rows) {
      const result = await sql`delete from ${sql.table(name)} where repository_id = ${repositoryId}`.execute(
        trx,
      )
      rows += Number(result.numAffectedRows ?? 0)
    }
    return rows
  })
}
