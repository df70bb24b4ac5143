/** What a pull request's page shows beside runs and flakes: what it is, and who asked for retests. */
import type { Db, Row } from '../../db/schema.ts'

/** The newest word about a pull request; null while no event of it was told. */
export async function readPullRequest(
  db: Db,
  repositoryId: number,
  number: number,
): Promise<Row<'pull_request_event'> | null> {
  const row = await db
    .selectFrom('pull_request_event')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .orderBy('reported_at', 'desc')
    .orderBy('head_sha')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Comments that may hold commands, oldest first. */
export async function readComments(db: Db, repositoryId: number, number: number): Promise<Row<'comment'>[]> {
  return db
    .selectFrom('comment')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .orderBy('reported_at')
    .orderBy('comment_key')
    .execute()
}

/** Re-runs asked for by button at one of the heads, oldest first. */
export async function readRerunRequests(
  db: Db,
  repositoryId: number,
  headShas: readonly string[],
): Promise<Row<'rerun_request'>[]> {
  if (headShas.length === 0) return []
  return db
    .selectFrom('rerun_request')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('head_sha', 'in', [...headShas])
    .orderBy('reported_at')
    .execute()
}
