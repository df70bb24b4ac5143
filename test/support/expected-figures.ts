/** The figures of a repository, counted from its stored rows in plain loops: what every surface has to answer. */

import { sql } from 'kysely'
import type { Db, Row } from '../../src/db/schema.ts'
import type { Span } from '../../src/db/scope.ts'
import { shiftWindow, windowAt } from '../../src/domain/window.ts'

type NamedFlake = Row<'flake'> & { name: string }
type NamedRun = Pick<Row<'run'>, 'number' | 'completed_at'> & { name: string }

/** All that figures are counted from. */
export interface Rows {
  flakes: NamedFlake[]
  /** Passes and fails of pull requests, oldest first. */
  runs: (NamedRun & { at: number })[]
}

/** What counts, said by a test in one function instead of settings and lists. */
export interface Rules {
  strongOnly: boolean
  isRequired(job: string, at: number): boolean
}

export interface Counts {
  prs: number
  flakes: number
  flakes_counted: number
}

/** Reads every flake and every run of a pull request. */
export async function readRows(db: Db): Promise<Rows> {
  const flakes =
    await sql<NamedFlake>`select f.*, j.name from flake f join job j using (repository_id, job_id)
    order by f.flaked_at, f.head_sha, f.job_id`.execute(db)
  const runs = await sql<NamedRun>`select r.number, r.completed_at, j.name from run r
    join job j using (repository_id, job_id)
    where r.kind = 'pull_request' and r.outcome in ('pass', 'fail') order by r.completed_at`.execute(db)
  return {
    flakes: flakes.rows,
    runs: runs.rows.map((run) => ({ ...run, at: Date.parse(run.completed_at) })),
  }
}

/** The flakes in scope of a span, whether they count or not. */
export function flakesOf({ flakes }: Rows, rules: Rules, { from, to }: Span): NamedFlake[] {
  return flakes.filter((flake) => {
    const at = Date.parse(flake.flaked_at)
    const isStrongEnough = !rules.strongOnly || flake.grade === 'strong'
    return at >= from && at < to && isStrongEnough && rules.isRequired(flake.name, at)
  })
}

/** The flakes that count. */
export function countedOf(rows: Rows, rules: Rules, span: Span): NamedFlake[] {
  return flakesOf(rows, rules, span).filter((flake) => flake.counted !== false)
}

/** Pull requests tested and flakes of a span. */
export function countsOf(rows: Rows, rules: Rules, span: Span): Counts {
  const first = rows.runs.findIndex((run) => run.at >= span.from)
  const tested: NamedRun[] = []
  for (let i = Math.max(0, first); i < rows.runs.length; i++) {
    const run = rows.runs[i]
    if (!run || run.at >= span.to) break
    if (run.at >= span.from && rules.isRequired(run.name, run.at)) tested.push(run)
  }
  return {
    prs: new Set(tested.map((run) => run.number)).size,
    flakes: flakesOf(rows, rules, span).length,
    flakes_counted: countedOf(rows, rules, span).length,
  }
}

/** The counts of the 28 local days before the day that holds `now`. */
export function budgetOf(rows: Rows, rules: Rules, now: number, timeZone: string): Counts {
  const today = windowAt('day', now, timeZone)
  return countsOf(rows, rules, { from: shiftWindow(today, -28, timeZone).from, to: today.from })
}

/** Names of the jobs with flakes that count, the one with most first; then more pull requests, then by name. */
export function costliestJobs(flakes: readonly NamedFlake[]): { job: string; flakes_counted: number }[] {
  const byJob = [...Map.groupBy(flakes, (flake) => flake.job_id)].map(([, ofJob]) => ({
    job: ofJob[0]?.name ?? '',
    flakes_counted: ofJob.length,
    prs: new Set(ofJob.map((flake) => flake.number)).size,
  }))
  byJob.sort((a, b) => b.flakes_counted - a.flakes_counted || b.prs - a.prs || (a.job < b.job ? -1 : 1))
  return byJob.map(({ job, flakes_counted }) => ({ job, flakes_counted }))
}
