/** Reads how complete the data behind the figures is. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'

/**
 * For each window, the share of (tested pull request, required job) pairs with a run of any outcome, 0 to 1. It is null, and not
 * zero, when no job is required by name or nothing was tested.
 * @param names names of the required jobs
 */
export async function readCoverage(
  db: Db,
  repositoryId: number,
  names: readonly string[],
  windows: readonly Pick<Row<'sla_window'>, 'starts_at' | 'ends_at' | 'prs'>[],
): Promise<(number | null)[]> {
  if (names.length === 0 || windows.length === 0) return windows.map(() => null)
  const spans = JSON.stringify(
    windows.map((window, i) => ({ i, lower: window.starts_at, upper: window.ends_at })),
  )
  const counts = await sql<{ i: number; pairs: number; prs: number }>`select i,
      count(distinct (r.number, j.name)) as pairs, count(distinct r.number) as prs
    from json_to_recordset(${spans}::json) as w(i int, lower timestamptz, upper timestamptz)
    join run r on r.repository_id = ${repositoryId} and r.completed_at >= w.lower and r.completed_at < w.upper
      and r.kind = 'pull_request'
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id and j.name = any(${[...names]})
    group by i`.execute(db)
  const shares = new Map(counts.rows.map((row) => [row.i, row.pairs / (row.prs * names.length)]))
  return windows.map((window, i) => (window.prs === 0 ? null : (shares.get(i) ?? 0)))
}

/** The time of the newest result, by GitHub's clock; null when there is none. Verdicts are kept longer than their runs. */
export async function readLastEvent(db: Db, repositoryId: number): Promise<string | null> {
  const row = await sql<{ at: string | null }>`select greatest(
      (select max(completed_at) from run where repository_id = ${repositoryId}),
      (select max(judged_at) from verdict where repository_id = ${repositoryId})) as at`.execute(db)
  return row.rows[0]?.at ?? null
}
