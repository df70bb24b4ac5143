/** One flake with what surrounds it: its pull request, its runs, and how its verdict changed. */
import { sql } from 'kysely'
import type { ListedFlake } from '../../db/flakes.ts'
import type { Db, Row } from '../../db/schema.ts'

/** A flake by its identity, with its job and the title of its pull request; null where there is none. */
export async function readFlake(
  db: Db,
  key: { repositoryId: number; headSha: string; jobId: number },
): Promise<ListedFlake | null> {
  const { rows } = await sql<ListedFlake>`select f.*, j.name, j.app, e.title, e.author from flake f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    left join lateral (select title, author from pull_request_event p where p.repository_id = f.repository_id
      and p.number = f.number order by p.reported_at desc limit 1) e on true
    where f.repository_id = ${key.repositoryId} and f.head_sha = ${key.headSha} and f.job_id = ${key.jobId}`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Runs of one job at one head, oldest first, whatever pull request they were for. */
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
  // A head of several pull requests has each run once for each.
  return rows.filter((row, i) => rows.findIndex((one) => one.run_key === row.run_key) === i)
}

/** How a flake's verdict changed, oldest first. */
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
