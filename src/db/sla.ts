/** Windows: what was tested and what flaked in one, and the figures that were stored for it. */
import { type Kysely, sql } from 'kysely'
import type { RequiredSpan } from '../domain/required.ts'
import type { CountedFlake, SlaCounts } from '../domain/sla.ts'
import type { Window, WindowKind } from '../domain/window.ts'
import { replaceRows } from './rows.ts'
import type { Database, NewRow, Row } from './schema.ts'

type Db = Kysely<Database>

/** All jobs of a repository that were ever seen. */
export async function readJobs(db: Db, repositoryId: number): Promise<Row<'job'>[]> {
  return db.selectFrom('job').selectAll().where('repository_id', '=', repositoryId).orderBy('name').execute()
}

/** What a window is measured from. */
export interface WindowTotals {
  prs: number
  /** Runs without a verdict, by reason. */
  leftOut: Record<string, number>
  flakes: CountedFlake[]
}

export interface MeasureScope {
  repositoryId: number
  /** Jobs that count; null for all. */
  jobIds: readonly number[] | null
  /** Those that count not always, or not for every base branch; the rules of the day decide. */
  spans?: JobSpans | null
  strongOnly: boolean
}

/** When, and for which base branches, jobs counted. */
export interface JobSpans {
  /** Branches with rules of their own; `''` in a span stands for every other. */
  branches: readonly string[]
  spans: readonly (RequiredSpan & { job_id: number })[]
}

/**
 * Totals of each window, in the order given: distinct pull requests with a pass or fail completed in it, runs left out,
 * and the flakes dated in it. Three queries however many windows, each answered by an index range a window.
 */
export async function readTotals(
  db: Db,
  scope: MeasureScope,
  windows: readonly Window[],
): Promise<WindowTotals[]> {
  const { repositoryId, jobIds } = scope
  const spans = sql`json_to_recordset(${JSON.stringify(windows.map(({ from, to }, i) => ({ i, lower: iso(from), upper: iso(to) })))}::json)
    as w(i int, lower timestamptz, upper timestamptz)`
  const jobs = (at: string) =>
    scope.spans ? within(scope.spans, at) : jobIds === null ? sql`` : sql`and r.job_id = any(${[...jobIds]})`
  const during = (
    time: string,
  ) => sql`r.repository_id = ${repositoryId} and ${sql.ref(`r.${time}`)} >= w.lower
    and ${sql.ref(`r.${time}`)} < w.upper ${jobs(time)}`
  const runs = sql`from run r where ${during('completed_at')} and r.number > 0`
  // One index range a window: joined, the planner would rather read the whole history than guess how short a span is.
  const tested = await sql<{ i: number; prs: number }>`select w.i, t.prs from ${spans} cross join lateral
    (select count(distinct r.number) as prs ${runs} and r.outcome in ('pass', 'fail')) t`.execute(db)
  const leftOut = await sql<{ i: number; reason: string; runs: number }>`select w.i, t.reason, t.runs
    from ${spans} cross join lateral (select coalesce(r.reason, r.outcome) as reason, count(*) as runs ${runs}
      and r.outcome not in ('pass', 'fail') group by 1) t order by 1, 2`.execute(db)
  const flakes = await sql<Row<'flake'> & { i: number }>`select w.i, t.* from ${spans} cross join lateral
    (select r.number, r.grade, r.attribution, r.counted from flake r where ${during('flaked_at')}
      ${scope.strongOnly ? sql`and r.grade = 'strong'` : sql``} offset 0) t`.execute(db)
  const totals = windows.map((): WindowTotals => ({ prs: 0, leftOut: {}, flakes: [] }))
  for (const row of tested.rows) at(totals, row.i).prs = row.prs
  for (const row of leftOut.rows) at(totals, row.i).leftOut[row.reason] = row.runs
  for (const { i, number, grade, attribution, counted } of flakes.rows) {
    at(totals, i).flakes.push({
      number,
      grade,
      label: attribution ?? 'undetermined',
      counted: counted ?? true,
    })
  }
  return totals
}

/** The condition that a run or flake `r` was of a job that counted at its time, for its base branch. */
function within({ branches, spans }: JobSpans, column: string) {
  const rows = JSON.stringify(
    spans.map(({ job_id, base_ref, from, to }) => ({
      job_id,
      base_ref,
      lower: from === null ? '-infinity' : iso(from),
      upper: to === null ? 'infinity' : iso(to),
    })),
  )
  const time = sql.ref(`r.${column}`)
  return sql`and exists (select 1 from json_to_recordset(${rows}::json)
    as s(job_id bigint, base_ref text, lower timestamptz, upper timestamptz)
    where s.job_id = r.job_id and ${time} >= s.lower and ${time} < s.upper
      and (s.base_ref is null or s.base_ref = r.base_ref
        or s.base_ref = '' and (r.base_ref is null or not r.base_ref = any(${[...branches]}))))`
}

function at<T>(list: readonly T[], i: number): T {
  return list[i] as T
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

/** The stored counts of a window, as the domain takes them. */
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

function iso(at: number): string {
  return new Date(at).toISOString()
}
