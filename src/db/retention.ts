/** Deletes removed repositories, and facts that GitHub no longer has either. */
import { sql } from 'kysely'
import { lockRepository } from './locks.ts'
import type { Db } from './schema.ts'

const HEADS_AT_ONCE = 2000

/** Deletes every row about a repository unless the app was installed again. @returns whether it was deleted */
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
    // The list comes from the database, so that it includes every later table.
    const tables = await sql<{ name: string }>`select c.table_name as name from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
      where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
        and c.column_name = 'repository_id'`.execute(trx)
    for (const { name } of tables.rows)
      await sql`delete from ${sql.table(name)} where repository_id = ${repositoryId}`.execute(trx)
    // Hunts from the command line only know the repository's name; those from a command have its id in their key.
    await sql`delete from hunt where lower(repository) = lower(${gone.full_name})
      or starts_with(requested_key, ${`${repositoryId}/`})`.execute(trx)
    return true
  })
}

/**
 * Deletes the next runs of commits whose last run ended before a time, and their facts. Verdicts, flakes and
 * windows stay. @returns how many commits; 0 when nothing is left to delete
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
      'workflow_job',
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

/** Deletes the ids of deliveries received before a time: GitHub cannot redeliver them any more. */
export async function expireDeliveries(db: Db, repositoryId: number, before: string): Promise<void> {
  await db
    .deleteFrom('delivery')
    .where('repository_id', '=', repositoryId)
    .where('received_at', '<', before)
    .execute()
}
