/** The repositories that were ever heard of. One with `removed_at` was uninstalled, or deleted on GitHub. */
import type { Db, NewRow, Row } from './schema.ts'

export async function readRepositoryById(db: Db, repositoryId: number): Promise<Row<'repository'> | null> {
  const row = await db
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst()
  return row ?? null
}

/** The repository of that name, in any case. When one that was renamed or deleted freed the name, the one reported last. */
export async function findRepository(db: Db, fullName: string): Promise<Row<'repository'> | null> {
  // PostgreSQL rejects NUL in text, and no name contains it.
  if (fullName.includes('\0')) return null
  const row = await db
    .selectFrom('repository')
    .selectAll()
    .where((eb) => eb.fn<string>('lower', ['full_name']), '=', fullName.toLowerCase())
    .where('removed_at', 'is', null)
    .orderBy('reported_at', 'desc')
    .orderBy('repository_id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Every repository by name, removed ones too. */
export async function readAllRepositories(db: Db): Promise<Row<'repository'>[]> {
  return db.selectFrom('repository').selectAll().orderBy('full_name').orderBy('repository_id').execute()
}

/** Every repository that was not removed, by name. */
export async function readRepositories(db: Db): Promise<Row<'repository'>[]> {
  return db
    .selectFrom('repository')
    .selectAll()
    .where('removed_at', 'is', null)
    .orderBy('full_name')
    .orderBy('repository_id')
    .execute()
}

/** Every repository that the app is installed in, by id. */
export async function readInstalledRepositories(db: Db): Promise<Row<'repository'>[]> {
  return installed(db).orderBy('r.repository_id').execute()
}

/** Installed repositories whose history was not read to the end, by id. */
export async function readRepositoriesToBackfill(db: Db): Promise<Row<'repository'>[]> {
  return installed(db)
    .leftJoin('backfill as b', 'b.repository_id', 'r.repository_id')
    .where('b.done_at', 'is', null)
    .orderBy('r.repository_id')
    .execute()
}

/** Installed repositories whose settings were not read since a time (RFC 3339), by id. */
export async function readRepositoriesWithStaleSettings(db: Db, since: string): Promise<Row<'repository'>[]> {
  return installed(db)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('settings as s')
            .select('s.repository_id')
            .whereRef('s.repository_id', '=', 'r.repository_id')
            .where('s.read_at', '>=', since),
        ),
      ),
    )
    .orderBy('r.repository_id')
    .execute()
}

/** Installed repositories with orphan heads that are due by `now` and completed since a time (RFC 3339), by id. */
export async function readRepositoriesWithOrphanHeads(
  db: Db,
  { now, since }: { now: string; since: string },
): Promise<Row<'repository'>[]> {
  return installed(db)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('orphan_head as h')
          .select('h.head_sha')
          .whereRef('h.repository_id', '=', 'r.repository_id')
          .where('h.due_at', '<=', now)
          .where('h.completed_at', '>=', since),
      ),
    )
    .orderBy('r.repository_id')
    .execute()
}

function installed(db: Db) {
  return db
    .selectFrom('repository as r')
    .selectAll('r')
    .where('r.removed_at', 'is', null)
    .where('r.installation_id', 'is not', null)
}

/** Repositories removed before a time (RFC 3339), by id. */
export async function readRemovedRepositories(db: Db, before: string): Promise<Row<'repository'>[]> {
  return db
    .selectFrom('repository')
    .selectAll()
    .where('removed_at', '<', before)
    .orderBy('repository_id')
    .execute()
}

/** Adds a repository that no webhook has reported, or takes over its new name and default branch. */
export async function saveRepository(db: Db, row: NewRow<'repository'>): Promise<void> {
  const { full_name, default_branch = null } = row
  await db
    .insertInto('repository')
    .values(row)
    .onConflict((conflict) => conflict.column('repository_id').doUpdateSet({ full_name, default_branch }))
    .execute()
}

/** Which of these repositories were removed. */
export async function readRemovedAmong(db: Db, repositoryIds: readonly number[]): Promise<number[]> {
  const rows = await db
    .selectFrom('repository')
    .select('repository_id')
    .where('repository_id', '=', (eb) => eb.fn.any(eb.val([...repositoryIds])))
    .where('removed_at', 'is not', null)
    .execute()
  return rows.map((row) => row.repository_id)
}
