/** Windows: what was tested and what flaked in each, and the stored figures. */

import { type RawBuilder, sql } from 'kysely'
import type { CountedFlake, SlaCounts } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import type { Window, WindowKind } from '../domain/window.ts'
import { PREPARED } from './client.ts'
import { columns, replaceRows } from './rows.ts'
import type { Db, NewRow, Row } from './schema.ts'
import { flakeInScope, runInScope, type Scope } from './scope.ts'

/** What a window is measured from. */
export interface WindowTotals {
  prs: number
  /** Runs that neither passed nor failed, by reason. */
  leftOut: Record<string, number>
  flakes: CountedFlake[]
}

/**
 * Totals of each window, in the order given: distinct pull requests with a pass or fail completed in it, runs left out, and the
 * flakes in scope dated in it. One query for all windows; each window costs three index ranges.
 */
export async function readTotals(db: Db, scope: Scope, windows: readonly Window[]): Promise<WindowTotals[]> {
  const dated = (column: string) =>
    sql`${sql.ref(`r.${column}`)} >= w.lower and ${sql.ref(`r.${column}`)} < w.upper`
  const runs = sql`from run r where ${runInScope(scope)} and ${dated('completed_at')} and r.kind = 'pull_request'`
  // Scalar subqueries, because the planner would answer a join by reading the whole history: it cannot tell how short a window is.
  const totals = await sql<WindowTotals>`${sql.raw(PREPARED)}select
      (select count(*) from (select distinct r.number ${runs} and r.outcome in ('pass', 'fail')) as tested) as prs,
      (select coalesce(json_object_agg(reason, runs order by reason), '{}') from (select coalesce(r.reason, r.outcome) as reason,
        count(*) as runs ${runs} and r.outcome not in ('pass', 'fail') group by 1) as other) as "leftOut",
      (select coalesce(json_agg(json_build_object('number', r.number, 'grade', r.grade,
          'label', coalesce(r.attribution, 'undetermined'), 'counted', coalesce(r.counted, true))), '[]')
        from flake r where ${flakeInScope(scope)} and ${dated('flaked_at')}) as flakes
    from json_to_recordset(${JSON.stringify(windows.map(({ from, to }, i) => ({ i, lower: iso(from), upper: iso(to) })))}::json)
      as w(i int, lower timestamptz, upper timestamptz) order by w.i`.execute(db)
  return totals.rows
}

/** The newest revision of each stored window of a kind that starts within `[from, to]` (local days), oldest first. */
export async function readWindows(
  db: Db,
  repositoryId: number,
  kind: WindowKind,
  range: { from?: string; to?: string } = {},
): Promise<Row<'sla_window'>[]> {
  let query = db
    .selectFrom('sla_window')
    .distinctOn('start')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('kind', '=', kind)
  if (range.from) query = query.where('start', '>=', range.from)
  if (range.to) query = query.where('start', '<=', range.to)
  return query.orderBy('start').orderBy('definition_version', 'desc').orderBy('revision', 'desc').execute()
}

/** The bounds of the stored windows that begin in a span (epoch ms), in order of time. */
export async function readBounds(
  db: Db,
  repositoryId: number,
  { from, to }: { from: number; to: number },
): Promise<Window[]> {
  const rows = await db
    .selectFrom('sla_window')
    .distinctOn(['kind', 'start'])
    .select(['kind', 'start', 'starts_at', 'ends_at'])
    .where('repository_id', '=', repositoryId)
    .where('start', '>=', iso(from).slice(0, 10))
    .where('start', '<=', iso(to).slice(0, 10))
    .orderBy('kind')
    .orderBy('start')
    .orderBy('definition_version', 'desc')
    .orderBy('revision', 'desc')
    .execute()
  return rows.map((row) => windowOfRow(row))
}

/** The window of a stored row, with the bounds that it was measured in. */
export function windowOfRow({
  kind,
  start,
  starts_at,
  ends_at,
}: Pick<Row<'sla_window'>, 'kind' | 'start' | 'starts_at' | 'ends_at'>): Window {
  return { kind, start, from: Date.parse(starts_at), to: Date.parse(ends_at) }
}

/** The newest stored revision of each of these windows. */
export async function readStored(
  db: Db,
  repositoryId: number,
  windows: readonly Window[],
): Promise<Row<'sla_window'>[]> {
  const wanted = JSON.stringify(windows.map(({ kind, start }) => ({ kind, start })))
  return newestOf(db, repositoryId, sql`json_to_recordset(${wanted}::json) as w(kind text, start date)`)
}

/** The newest revision of each open window that ended by `now` (epoch ms), oldest first. */
export async function readEnded(db: Db, repositoryId: number, now: number): Promise<Row<'sla_window'>[]> {
  const open = sql`(select distinct kind, start from sla_window
    where repository_id = ${repositoryId} and not closed and ends_at <= ${iso(now)}) as w`
  const newest = await newestOf(db, repositoryId, open)
  // A window left open under an earlier definition version may be closed under a later one.
  return newest.filter((row) => !row.closed)
}

async function newestOf(db: Db, repositoryId: number, w: RawBuilder<unknown>): Promise<Row<'sla_window'>[]> {
  const rows = await sql<Row<'sla_window'>>`${sql.raw(PREPARED)}select s.* from ${w} cross join lateral
      (select ${columns('sla_window')} from sla_window where repository_id = ${repositoryId} and kind = w.kind and start = w.start
        order by definition_version desc, revision desc limit 1) as s order by s.ends_at`.execute(db)
  return rows.rows
}

/** The newest revision of each stored window of a kind under each version of the definitions, oldest first. */
export async function readVersions(
  db: Db,
  repositoryId: number,
  kind: WindowKind,
): Promise<Row<'sla_window'>[]> {
  return db
    .selectFrom('sla_window')
    .distinctOn(['start', 'definition_version'])
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('kind', '=', kind)
    .orderBy('start')
    .orderBy('definition_version')
    .orderBy('revision', 'desc')
    .execute()
}

/** Stores the figures of windows under the revisions that the rows name. */
export async function writeWindows(db: Db, rows: readonly NewRow<'sla_window'>[]): Promise<void> {
  await replaceRows(db, 'sla_window', rows)
}

/** The stored counts of a window, in the form that the domain takes. */
export function countsOf(row: Row<'sla_window'>): SlaCounts {
  const { prs, flakes, flakes_counted, flakes_low, flakes_high, flakes_caused_by_pr, flakes_undetermined } =
    row
  const { strong, weak, prs_with_flakes, target } = row
  return {
    prs,
    flakes,
    flakes_counted,
    flakes_low,
    flakes_high,
    flakes_caused_by_pr,
    flakes_undetermined,
    strong,
    weak,
    prs_with_flakes,
    target,
  }
}
