/** Queries of the grid: the newest heads of pull requests, and the results of each job at each head. */
import { sql } from 'kysely'
import type { Db } from '../../db/schema.ts'

export interface GridHead {
  number: number
  head_sha: string
  last_at: string
}

// Enough runs to find the newest heads even with many jobs; it also bounds the cost of a page.
const MAX_RUNS = 12_000

/** The most recently tested heads of pull requests, newest first. */
export async function readGridHeads(
  db: Db,
  repositoryId: number,
  page: { before: number; limit: number },
): Promise<GridHead[]> {
  const { rows } = await sql<GridHead>`select number, head_sha, max(completed_at) as last_at from (
      select number, head_sha, completed_at from run where repository_id = ${repositoryId} and kind = 'pull_request'
        and completed_at < ${new Date(page.before).toISOString()} order by completed_at desc limit ${MAX_RUNS}) r
    group by number, head_sha order by last_at desc, head_sha limit ${page.limit}`.execute(db)
  return rows
}

export interface GridCell {
  head_sha: string
  number: number
  job_id: number
  passes: number
  fails: number
  others: number
  url: string | null
}

/** Counts of outcomes for each job at each of these heads. */
export async function readGridCells(
  db: Db,
  repositoryId: number,
  heads: readonly GridHead[],
): Promise<GridCell[]> {
  if (heads.length === 0) return []
  const { rows } =
    await sql<GridCell>`select head_sha, number, job_id, count(*) filter (where outcome = 'pass') as passes,
      count(*) filter (where outcome = 'fail') as fails,
      count(*) filter (where outcome not in ('pass', 'fail')) as others, max(url) as url
    from run where repository_id = ${repositoryId} and head_sha = any(${heads.map((head) => head.head_sha)})
    group by head_sha, number, job_id`.execute(db)
  return rows
}

/** The flakes at these heads that belong to an incident, as `sha/job id`. */
export async function readGridIncidents(
  db: Db,
  repositoryId: number,
  heads: readonly GridHead[],
): Promise<Set<string>> {
  if (heads.length === 0) return new Set()
  const { rows } = await sql<{ head_sha: string; job_id: number }>`select head_sha, job_id from flake
    where repository_id = ${repositoryId} and head_sha = any(${heads.map((head) => head.head_sha)})
      and incident is not null`.execute(db)
  return new Set(rows.map((row) => `${row.head_sha}/${row.job_id}`))
}
