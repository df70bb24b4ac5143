/** Gathers the data of the issue about a breached day. It makes no request to GitHub. */

import { readJobBackgrounds, readJobDays } from '../db/breach.ts'
import { type ErrorBudget, readErrorBudget, readTimeLost } from '../db/budget.ts'
import { type IncidentRow, readFixes, readIncidents } from '../db/incidents.ts'
import { readJobCosts } from '../db/jobs.ts'
import { readRequiredState } from '../db/missing.ts'
import type { Db, Row } from '../db/schema.ts'
import { readScope, type Scope } from '../db/scope.ts'
import { countsOf, readWindows, windowOfRow } from '../db/sla.ts'
import { changePoint } from '../domain/attribution/change-point.ts'
import { type Calendar, calendarOf } from '../domain/calendar.ts'
import type { RequiredState } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { breachProbability, type Sla, slaOf } from '../domain/sla.ts'
import { DAY_MS } from '../domain/time.ts'
import type { Window } from '../domain/window.ts'

const TREND_DAYS = 28
const CHANGE_DAYS = 90
/** Jobs shown with details. The others are shown with their number of flakes only. */
const MAX_JOBS = 10

/** A job with flakes that count and are outside incidents. */
export interface BreachedJob {
  name: string
  /** Number of such flakes. */
  flakes: number
  pull_requests: number[]
  rerun_s: number
  waited_s: number
  workflow: string | null
  first_seen: string | null
  change: { day: string; before: number; after: number } | null
  example: string | null
}

export interface BreachFigures {
  day: string
  sla: Sla
  definitionVersion: number
  required: RequiredState
  jobs: BreachedJob[]
  incidents: IncidentRow[]
  trend: { day: string; rate: number | null; breached: boolean }[]
  weeks: { start: string; sla: Sla }[]
  budget: ErrorBudget
  quarter: { start: string; days: number; weeks: number; fixes: number; labels: string[] }
}

/** Reads the data about a local day (`YYYY-MM-DD`); null when the day was never measured. */
export async function readBreach(
  db: Db,
  repository: Row<'repository'>,
  settings: Settings,
  day: string,
): Promise<BreachFigures | null> {
  const { repository_id } = repository
  const calendar = calendarOf(settings)
  const first = calendar.shift(calendar.of('day', day), 1 - TREND_DAYS)
  const stored = await readWindows(db, repository_id, 'day', { from: first.start, to: day })
  const row = stored.find((window) => window.start === day)
  if (!row) return null
  const window = windowOfRow(row)
  const loaded = await readScope(db, repository_id, settings)
  const { scope } = loaded
  const slas = new Map(stored.map((window) => [window.start, slaOf(countsOf(window))]))
  const days = Array.from({ length: TREND_DAYS }, (_, i) => calendar.shift(first, i).start)
  const week = calendar.of('week', day)
  const weeks = await readWindows(db, repository_id, 'week', {
    from: calendar.shift(week, -3).start,
    to: week.start,
  })
  return {
    day,
    sla: slaOf(countsOf(row)),
    definitionVersion: row.definition_version,
    required: { ...(await readRequiredState(db, loaded)), source: row.required_source },
    jobs: await readJobs(db, scope, window, calendar),
    incidents: await readIncidents(db, scope, window),
    trend: days.map((start) => ({
      day: start,
      rate: slas.get(start)?.rate ?? null,
      breached: slas.get(start)?.breached ?? false,
    })),
    weeks: weeks.reverse().map((window) => ({ start: window.start, sla: slaOf(countsOf(window)) })),
    // As of the end of the window, when the breached day is the last closed one.
    budget: await readErrorBudget(db, scope, settings, window.to),
    quarter: await readQuarter(db, repository_id, settings, window),
  }
}

/**
 * P(the rate is below the target) over the seven days that end with `day`; null when nothing was tested.
 * It uses the current target, not the targets that the days were measured against.
 */
export async function inSlaProbability(
  db: Db,
  repositoryId: number,
  settings: Settings,
  day: string,
): Promise<number | null> {
  const calendar = calendarOf(settings)
  const from = calendar.shift(calendar.of('day', day), -6).start
  const rows = await readWindows(db, repositoryId, 'day', { from, to: day })
  const sum = (key: 'flakes_counted' | 'prs') => rows.reduce((total, row) => total + row[key], 0)
  const over = breachProbability(sum('flakes_counted'), sum('prs'), settings.target)
  return over === null ? null : 1 - over
}

async function readJobs(db: Db, scope: Scope, window: Window, calendar: Calendar): Promise<BreachedJob[]> {
  const { repositoryId } = scope
  const costs = (await readJobCosts(db, scope, window, { incidents: false })).filter(
    (job) => job.flakes_counted > 0,
  )
  const shown = costs.slice(0, MAX_JOBS).map((job) => job.job_id)
  const lost = await readTimeLost(db, scope, window, shown)
  const backgrounds = await readJobBackgrounds(db, scope, shown)
  const span = { from: window.to - CHANGE_DAYS * DAY_MS, to: window.to }
  const days = await readJobDays(db, repositoryId, shown, span, calendar)
  return costs.map(({ job_id, name, flakes_counted, counted_on }) => {
    const background = backgrounds.get(job_id)
    const time = lost.find((row) => row.job_id === job_id)
    return {
      name,
      flakes: flakes_counted,
      pull_requests: counted_on,
      rerun_s: time?.rerun_s ?? 0,
      waited_s: time?.waited_s ?? 0,
      workflow: background?.workflow ?? null,
      first_seen: background?.first_seen ? calendar.at('day', Date.parse(background.first_seen)).start : null,
      example: background?.example ?? null,
      change: worseSince(days.filter((row) => row.job_id === job_id)),
    }
  })
}

/** The day from which a job's flake rate is significantly higher; null when there is none. */
function worseSince(days: readonly { day: string; flaky: number; verdicts: number }[]) {
  const change = changePoint(days)
  const day = change && days[change.at]?.day
  if (!change || !day) return null
  const before = change.before.flaky / change.before.verdicts
  const after = change.after.flaky / change.after.verdicts
  return after > before ? { day, before, after } : null
}

/** Breached days and weeks and merged fixes, from the start of the calendar quarter to the end of the window. */
async function readQuarter(db: Db, repositoryId: number, settings: Settings, window: Window) {
  const calendar = calendarOf(settings)
  const [year = '', month = ''] = window.start.split('-')
  const firstMonth = String(Math.floor((Number(month) - 1) / 3) * 3 + 1).padStart(2, '0')
  const start = `${year}-${firstMonth}-01`
  const breached = async (kind: 'day' | 'week') =>
    (await readWindows(db, repositoryId, kind, { from: start, to: window.start })).filter(
      (row) => row.closed && row.breached,
    ).length
  const labels = settings.breachIssue.labels
  const span = { from: calendar.of('day', start).from, to: window.to }
  const fixes = await readFixes(db, repositoryId, span, { labels, calendar })
  return {
    start,
    days: await breached('day'),
    weeks: await breached('week'),
    fixes: fixes.reduce((total, month) => total + month.fixes, 0),
    labels,
  }
}
