/** Deletes removed repositories, and facts that are older than the settings say. */
import { sql } from 'kysely'
import { moveHorizon } from './horizon.ts'
import { lockRepository } from './locks.ts'
import type { Db } from './schema.ts'

const HEADS_AT_ONCE = 2000

/** Facts about single commits, and what was derived of them. Events of pull requests stay. */
const HEAD_TABLES = [
  'observation',
  'workflow_run',
  'workflow_job',
  'rerun_request',
  'hunted_attempt',
  'run',
] as const

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
 * Commits whose last result completed before a time (RFC 3339), with or without a pull request. It reads every fact of the
 * repository: a second for a million.
 */
export async function readOldHeads(db: Db, repositoryId: number, before: string): Promise<string[]> {
  const { rows } = await sql<{ head_sha: string }>`select head_sha from (
      select head_sha, completed_at as at from observation where repository_id = ${repositoryId}
      union all select head_sha, started_at from workflow_run where repository_id = ${repositoryId}
      union all select head_sha, completed_at from workflow_job where repository_id = ${repositoryId}
      union all select head_sha, reported_at from rerun_request where repository_id = ${repositoryId}
      union all select head_sha, completed_at from run where repository_id = ${repositoryId}) as facts
    group by head_sha having max(at) < ${before} order by head_sha`.execute(db)
  return rows.map((row) => row.head_sha)
}

/**
 * Deletes the runs of commits whose last result completed before a time, and their facts. Verdicts, flakes and windows stay.
 * The commits are noted, so that a later fact about one does not derive it from a part of its facts. @returns how many commits
 */
export async function expireHeads(
  db: Db,
  repositoryId: number,
  before: string,
  shas: readonly string[],
): Promise<number> {
  let count = 0
  for (let i = 0; i < shas.length; i += HEADS_AT_ONCE)
    count += await expireSome(db, repositoryId, before, shas.slice(i, i + HEADS_AT_ONCE))
  return count
}

async function expireSome(db: Db, repositoryId: number, before: string, shas: string[]): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    await moveHorizon(trx, repositoryId, before)
    // A result may have arrived since the commits were selected.
    const { rows } = await sql<{
      head_sha: string
    }>`select head_sha from unnest(${shas}::text[]) as old(head_sha)
      where not exists (select 1 from observation o where o.repository_id = ${repositoryId}
        and o.head_sha = old.head_sha and o.completed_at >= ${before})`.execute(trx)
    const old = rows.map((row) => row.head_sha)
    await sql`insert into expired_head (repository_id, head_sha)
      select distinct repository_id, head_sha from run where repository_id = ${repositoryId} and head_sha = any(${old})
      on conflict do nothing`.execute(trx)
    for (const table of HEAD_TABLES)
      await sql`delete from ${sql.table(table)}
        where repository_id = ${repositoryId} and head_sha = any(${old})`.execute(trx)
    return old.length
  })
}

/** Whether a result of any repository completed between two times (RFC 3339), by GitHub's clock. */
export async function hasResultBetween(db: Db, from: string, to: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select exists (select 1 from repository p join run r
    on r.repository_id = p.repository_id and r.completed_at >= ${from} and r.completed_at < ${to}) as found`.execute(
    db,
  )
  return rows[0]?.found ?? false
}

/** Deletes the ids of deliveries received before a time: GitHub cannot redeliver them any more. */
export async function expireDeliveries(db: Db, repositoryId: number, before: string): Promise<void> {
  await db
    .deleteFrom('delivery')
    .where('repository_id', '=', repositoryId)
    .where('received_at', '<', before)
    .execute()
}
