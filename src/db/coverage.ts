/** How much of what should be known is known: figures beside the figures. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'

/**
 * For each window, the share of (pull request tested, required job) pairs with a run of any outcome, 0 to 1; null where
 * no job is required by name or nothing was tested: no data, which is not zero.
 * @param names of the required jobs
 */
export async function readCoverage(
  db: Db,
  repositoryId: number,
  names: readonly string[],
  windows: readonly Pick<Row<'sla_window'>, 'starts_at' | 'ends_at' | 'prs'>[],
): Promise<(number | null)[]> {
  if (names.length === 0 || windows.length === 0) return windows.map(() => null)
  const spans = JSON.stringify(windows.map((one, i) => ({ i, lower: one.starts_at, upper: one.ends_at })))
  const seen = await sql<{ i: number; pairs: number; prs: number }>`select i,
      count(distinct (r.number, j.name)) as pairs, count(distinct r.number) as prs
    from json_to_recordset(${spans}::json) as w(i int, lower timestamptz, upper timestamptz)
    join run r on r.repository_id = ${repositoryId} and r.completed_at >= w.lower and r.completed_at < w.upper
      and r.kind = 'pull_request'
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id and j.name = any(${[...names]})
    group by i`.execute(db)
  const pairs = new Map(seen.rows.map((row) => [row.i, row.pairs / (row.prs * names.length)]))
  return windows.map((one, i) => (one.prs === 0 ? null : (pairs.get(i) ?? 0)))
}

/** When the newest result happened, by GitHub's clock; null when there is none. Verdicts outlive their runs. */
export async function readLastEvent(db: Db, repositoryId: number): Promise<string | null> {
  const row = await sql<{ at: string | null }>`select greatest(
      (select max(completed_at) from run where repository_id = ${repositoryId}),
      (select max(judged_at) from verdict where repository_id = ${repositoryId})) as at`.execute(db)
  return row.rows[0]?.at ?? null
}
