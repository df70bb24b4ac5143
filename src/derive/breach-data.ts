/** Gathers what the issue about a breached day says; nothing here knows GitHub. */

import { readJobDays, readJobStories } from '../db/breach.ts'
import { readTimeLost } from '../db/budget.ts'
import { type IncidentRow, readFixes, readIncidents } from '../db/incidents.ts'
import { type JobCost, readCostliestJobs } from '../db/jobs.ts'
import type { Db, Row } from '../db/schema.ts'
import { countsOf, readWindows } from '../db/sla.ts'
import { changePoint } from '../domain/attribution/change-point.ts'
import type { Settings } from '../domain/settings.ts'
import { breachProbability, type Sla, slaOf } from '../domain/sla.ts'
import { DAY_MS } from '../domain/time.ts'
import { shiftWindow, type Window, windowOf } from '../domain/window.ts'
import { requiredJobs } from './measure.ts'
import { readErrorBudget } from './report-data.ts'

const TREND_DAYS = 28
const CHANGE_DAYS = 90
/** Jobs that are told of in full; the others are only counted. */
const MAX_JOBS = 10

export interface BreachedJob {
  name: string
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
  requiredSource: string
  requiredProblem: string | null
  jobs: BreachedJob[]
  incidents: IncidentRow[]
  trend: { day: string; rate: number | null; breached: boolean }[]
  weeks: { start: string; sla: Sla }[]
  budget: { allowed: number; spent: number }
  quarter: { start: string; days: number; weeks: number; fixes: number; labels: string[] }
}

/** The figures of a day (`YYYY-MM-DD`, local); null where it was never measured. */
export async function readBreach(
  db: Db,
  repository: Row<'repository'>,
  settings: Settings,
  day: string,
): Promise<BreachFigures | null> {
  const { repository_id } = repository
  const { timeZone } = settings
  const window = windowOf('day', day, timeZone)
  const first = shiftWindow(window, 1 - TREND_DAYS, timeZone)
  const stored = await readWindows(db, repository_id, 'day', { from: first.start, to: day })
  const row = stored.find((one) => one.start === day)
  if (!row) return null
  const { required, jobIds, spans } = await requiredJobs(db, repository_id, settings)
  const slas = new Map(stored.map((one) => [one.start, slaOf(countsOf(one))]))
  const days = Array.from({ length: TREND_DAYS }, (_, i) => shiftWindow(first, i, timeZone).start)
  const week = windowOf('week', day, timeZone)
  const weeks = await readWindows(db, repository_id, 'week', {
    from: shiftWindow(week, -3, timeZone).start,
    to: week.start,
  })
  const scope = { repositoryId: repository_id, jobIds, spans, strongOnly: settings.requireSameBase }
  return {
    day,
    sla: slaOf(countsOf(row)),
    definitionVersion: row.definition_version,
    requiredSource: row.required_source,
    requiredProblem: required.problem,
    jobs: await readJobs(db, repository_id, settings, window, jobIds),
    incidents: await readIncidents(db, scope, window),
    trend: days.map((start) => ({
      day: start,
      rate: slas.get(start)?.rate ?? null,
      breached: slas.get(start)?.breached ?? false,
    })),
    weeks: weeks.reverse().map((one) => ({ start: one.start, sla: slaOf(countsOf(one)) })),
    budget: await readErrorBudget(db, repository_id, settings, window.to - 1, jobIds),
    quarter: await readQuarter(db, repository_id, settings, window),
  }
}

/**
 * P(the rate is below the target) over the seven days up to `day`; null where nothing was tested.
 * Their own targets do not matter: it is asked whether the repository meets the one of now.
 */
export async function inSlaProbability(
  db: Db,
  repositoryId: number,
  settings: Settings,
  day: string,
): Promise<number | null> {
  const window = windowOf('day', day, settings.timeZone)
  const from = shiftWindow(window, -6, settings.timeZone).start
  const rows = await readWindows(db, repositoryId, 'day', { from, to: day })
  const sum = (key: 'flakes_counted' | 'prs') => rows.reduce((total, row) => total + row[key], 0)
  const over = breachProbability(sum('flakes_counted'), sum('prs'), settings.target)
  return over === null ? null : 1 - over
}

async function readJobs(
  db: Db,
  repositoryId: number,
  settings: Settings,
  window: Window,
  jobIds: readonly number[] | null,
): Promise<BreachedJob[]> {
  const span = { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() }
  const costs = await readCostliestJobs(db, repositoryId, span, jobIds, { incidents: false })
  const shown = costs.slice(0, MAX_JOBS).map((job) => job.job_id)
  const scope = { repositoryId, jobIds, strongOnly: settings.requireSameBase }
  const lost = await readTimeLost(db, scope, window, shown)
  const stories = await readJobStories(db, repositoryId, shown, settings.timeZone)
  const since = new Date(window.to - CHANGE_DAYS * DAY_MS).toISOString()
  const days = await readJobDays(db, repositoryId, shown, since, settings.timeZone)
  return costs.map(({ job_id, name, flakes, pull_requests }: JobCost) => {
    const story = stories.get(job_id)
    const time = lost.find((one) => one.job_id === job_id)
    return {
      name,
      flakes,
      pull_requests,
      rerun_s: time?.rerun_s ?? 0,
      waited_s: time?.waited_s ?? 0,
      workflow: story?.workflow ?? null,
      first_seen: story?.first_seen ?? null,
      example: story?.example ?? null,
      change: worseSince(days.filter((one) => one.job_id === job_id)),
    }
  })
}

/** The day on which a job got worse for good, where that is hardly chance. */
function worseSince(days: readonly { day: string; flaky: number; verdicts: number }[]) {
  const found = changePoint(days)
  const day = found && days[found.at]?.day
  if (!found || !day) return null
  const before = found.before.flaky / found.before.verdicts
  const after = found.after.flaky / found.after.verdicts
  return after > before ? { day, before, after } : null
}

async function readQuarter(db: Db, repositoryId: number, settings: Settings, window: Window) {
  const { timeZone } = settings
  const [year = '', month = ''] = window.start.split('-')
  const firstMonth = String(Math.floor((Number(month) - 1) / 3) * 3 + 1).padStart(2, '0')
  const start = `${year}-${firstMonth}-01`
  const breached = async (kind: 'day' | 'week') =>
    (await readWindows(db, repositoryId, kind, { from: start, to: window.start })).filter(
      (row) => row.closed && row.breached,
    ).length
  const labels = settings.breachIssue.labels
  const span = { from: windowOf('day', start, timeZone).from, to: window.to }
  const fixes = await readFixes(db, repositoryId, span, { labels, timeZone })
  return {
    start,
    days: await breached('day'),
    weeks: await breached('week'),
    fixes: fixes.reduce((total, one) => total + one.fixes, 0),
    labels,
  }
}
