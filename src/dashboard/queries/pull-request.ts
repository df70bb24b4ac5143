/** Queries about one pull request: its latest state, its comments and its re-run requests. */
import type { Db, Row } from '../../db/schema.ts'

/** The latest event of a pull request; null if there is none. */
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

/** Re-runs requested by button at these heads, oldest first. */
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
