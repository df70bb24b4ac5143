/** What is forgotten, and when: removed repositories whole, and of the others the facts that GitHub has forgotten too. */
import { sql } from 'kysely'
import { lockRepository } from './locks.ts'
import type { Db } from './schema.ts'

const HEADS_AT_ONCE = 2000

/** Removes every row about a repository, unless the app is installed there again. @returns whether it was removed */
export async function removeRepository(db: Db, repositoryId: number, before: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const gone = await trx
      .deleteFrom('repository')
      .where('repository_id', '=', repositoryId)
      .where('removed_at', '<', before)
      .returning(['repository_id', 'full_name'])
      .executeTakeFirst()
    if (gone === undefined) return false
    // Asked of the database, so that a table that comes later is not forgotten here.
    const tables = await sql<{ name: string }>`select c.table_name as name from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
        and c.column_name = 'repository_id'`.execute(trx)
    for (const { name } of tables.rows)
      await sql`delete from ${sql.table(name)} where repository_id = ${repositoryId}`.execute(trx)
    // Hunts are kept by name, since the command line knows no number; those asked for by a command carry it.
    await sql`delete from hunt where lower(repository) = lower(${gone.full_name})
      or starts_with(requested_key, ${`${repositoryId}/`})`.execute(trx)
    return true
  })
}

/**
 * Removes the next runs of commits whose last run ended before that time, with the facts behind them. Verdicts, flakes and
 * windows stay. @returns how many commits; 0 when none is left
 */
export async function expireHeads(db: Db, repositoryId: number, before: string): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const old = await sql<{ head_sha: string }>`select distinct r.head_sha from run r
      where r.repository_id = ${repositoryId} and r.completed_at < ${before}
        and not exists (select 1 from run later where later.repository_id = r.repository_id
          and later.head_sha = r.head_sha and later.completed_at >= ${before})
      limit ${HEADS_AT_ONCE}`.execute(trx)
    const shas = old.rows.map((row) => row.head_sha)
    if (shas.length === 0) return 0
    const tables = [
      'observation',
      'workflow_run',
      'runner',
      'rerun_request',
      'hunted_attempt',
      'run',
    ] as const
    for (const table of tables)
      await sql`delete from ${sql.table(table)}
        where repository_id = ${repositoryId} and head_sha = any(${shas})`.execute(trx)
    return shas.length
  })
}

/** Removes the names of deliveries received before that time: nobody sends them again. */
export async function expireDeliveries(db: Db, repositoryId: number, before: string): Promise<void> {
  await db
    .deleteFrom('delivery')
    .where('repository_id', '=', repositoryId)
    .where('received_at', '<', before)
    .execute()
}
