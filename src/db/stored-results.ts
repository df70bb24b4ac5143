/** What is stored about commits and Actions runs, for a backfill that asks GitHub about the rest. */
import { sql } from 'kysely'
import { newestEventFirst } from './newest-event.ts'
import type { Db, Row } from './schema.ts'

/** The newest event of each pull request from these branches: it shows which pull request an Actions run was for. */
export async function readPullRequestsFrom(
  db: Db,
  repositoryId: number,
  refs: readonly { ref: string; repository: number }[],
): Promise<Row<'pull_request_event'>[]> {
  if (refs.length === 0) return []
  const result = await sql<
    Row<'pull_request_event'>
  >`select distinct on (number) e.* from pull_request_event e
    join json_to_recordset(${JSON.stringify(refs)}::json) as r(ref text, repository bigint)
      on e.head_ref = r.ref and e.head_repository_id = r.repository
    where e.repository_id = ${repositoryId} order by number, ${newestEventFirst('e')}`.execute(db)
  return result.rows
}

/** The base branches that pull requests had, oldest first. */
export async function readBaseRefs(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<Pick<Row<'pull_request_event'>, 'number' | 'reported_at' | 'base_ref'>[]> {
  if (numbers.length === 0) return []
  return db
    .selectFrom('pull_request_event')
    .select(['number', 'reported_at', 'base_ref'])
    .where('repository_id', '=', repositoryId)
    .where('number', 'in', [...numbers])
    .orderBy('reported_at')
    .orderBy('base_ref')
    .execute()
}

/** Those of the commits that are heads of pull requests. */
export async function knownHeads(
  db: Db,
  repositoryId: number,
  shas: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ head_sha: string }>`select distinct head_sha from pull_request_event
    where repository_id = ${repositoryId} and head_sha = any(${[...shas]})`.execute(db)
  return new Set(rows.rows.map((row) => row.head_sha))
}

/** An attempt of an Actions run as text. */
export function attemptKey(run: number, attempt: number): string {
  return `${run}:${attempt}`
}

/** Those attempts of Actions runs that are stored as completed, as `attemptKey`. */
export async function completedAttempts(
  db: Db,
  repositoryId: number,
  runs: readonly number[],
): Promise<Set<string>> {
  const { rows } = await sql<{
    run_id: number
    attempt: number
  }>`select distinct run_id, attempt from workflow_run
    where repository_id = ${repositoryId} and run_id = any(${[...runs]}) and action = 'completed'`.execute(db)
  return new Set(rows.map((row) => attemptKey(row.run_id, row.attempt)))
}

/** A result as GraphQL shows it: a completed check run, or a status. Times are RFC 3339. */
export type ShownResult =
  | { sha: string; checkRun: number; completedAt: string }
  | { sha: string; context: string; state: string; createdAt: string }

/** The commits with at least one of these results that is not stored. */
export async function headsWithNews(
  db: Db,
  repositoryId: number,
  results: readonly ShownResult[],
): Promise<Set<string>> {
  const shas = [...new Set(results.map((result) => result.sha))]
  const { rows } = await sql<{
    head_sha: string
    source: string
    run_key: string
    name: string
    state: string
    completed_at: string
  }>`
    select head_sha, source, run_key, name, state, completed_at from observation
    where repository_id = ${repositoryId} and head_sha = any(${shas})`.execute(db)
  const stored = new Set(
    rows.map((row) =>
      row.source === 'check_run'
        ? `${row.head_sha} ${row.run_key}`
        : `${row.head_sha} ${row.name} ${row.state} ${Date.parse(row.completed_at)}`,
    ),
  )
  const news = results.filter((result) => !stored.has(keyOf(result)))
  return new Set(news.map((result) => result.sha))
}

function keyOf(result: ShownResult): string {
  return 'checkRun' in result
    ? `${result.sha} check:${result.checkRun}:${Date.parse(result.completedAt) / 1000}`
    : `${result.sha} ${result.context} ${result.state} ${Date.parse(result.createdAt)}`
}
