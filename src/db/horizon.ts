/**
 * The horizon of a repository: the time from which on its facts are complete. Facts before it were deleted. What was derived from
 * them cannot be derived again, so it stays as it is.
 */
import { sql } from 'kysely'
import { PREPARED } from './client.ts'
import type { Db } from './schema.ts'

/** Epoch ms; null while nothing was deleted. */
export async function readHorizon(db: Db, repositoryId: number): Promise<number | null> {
  const { rows } = await sql<{ facts_since: string }>`${sql.raw(PREPARED)}select facts_since from horizon
    where repository_id = ${repositoryId}`.execute(db)
  return rows[0] ? Date.parse(rows[0].facts_since) : null
}

/** Moves the horizon to a time (RFC 3339), never back. */
export async function moveHorizon(db: Db, repositoryId: number, to: string): Promise<void> {
  await sql`insert into horizon (repository_id, facts_since) values (${repositoryId}, ${to})
    on conflict (repository_id) do update set facts_since = greatest(horizon.facts_since, excluded.facts_since)`.execute(
    db,
  )
}

/** Those of the commits whose facts were deleted. */
export async function readExpiredHeads(
  db: Db,
  repositoryId: number,
  shas: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ head_sha: string }>`${sql.raw(PREPARED)}select head_sha from expired_head
    where repository_id = ${repositoryId} and head_sha = any(${[...shas]})`.execute(db)
  return new Set(rows.map((row) => row.head_sha))
}
