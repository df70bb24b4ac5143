/** Queries about one flake: its pull request, its runs, and the history of its attribution. */
import { sql } from 'kysely'
import type { ListedFlake } from '../../db/flakes.ts'
import { newestEventFirst } from '../../db/newest-event.ts'
import type { Db, Row } from '../../db/schema.ts'

/** A flake with its job and the title of its pull request; null if there is no such flake. */
export async function readFlake(
  db: Db,
  key: { repositoryId: number; headSha: string; jobId: number },
): Promise<ListedFlake | null> {
  const { rows } = await sql<ListedFlake>`select f.*, j.name, j.app, e.title, e.author from flake f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    left join lateral (select title, author from pull_request_event p where p.repository_id = f.repository_id
      and p.number = f.number order by ${newestEventFirst('p')} limit 1) e on true
    where f.repository_id = ${key.repositoryId} and f.head_sha = ${key.headSha} and f.job_id = ${key.jobId}`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Runs of one job at one head, oldest first, for any pull request. */
export async function readRunsAt(
  db: Db,
  key: { repositoryId: number; headSha: string; jobId: number },
): Promise<Row<'run'>[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .where('repository_id', '=', key.repositoryId)
    .where('head_sha', '=', key.headSha)
    .where('job_id', '=', key.jobId)
    .orderBy('completed_at')
    .orderBy('run_key')
    .execute()
  // If a commit is the head of several pull requests, each run is stored once per pull request.
  return rows.filter((row, i) => rows.findIndex((other) => other.run_key === row.run_key) === i)
}

/** The changes of a flake's attribution, oldest first. */
export async function readRevisions(
  db: Db,
  key: { repositoryId: number; headSha: string; jobId: number },
): Promise<Row<'flake_revision'>[]> {
  return db
    .selectFrom('flake_revision')
    .selectAll()
    .where('repository_id', '=', key.repositoryId)
    .where('head_sha', '=', key.headSha)
    .where('job_id', '=', key.jobId)
    .orderBy('revised_at')
    .execute()
}
