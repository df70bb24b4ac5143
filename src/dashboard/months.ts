/** The SLA document's own measures of success by month: breaches, and merged pull requests that fix flakes. For page and API alike. */
import { readFixes } from '../db/incidents.ts'
import type { Row } from '../db/schema.ts'
import { readWindows } from '../db/sla.ts'
import { windowOf } from '../domain/window.ts'
import { addDays } from './dates.ts'
import type { DashboardDeps } from './deps.ts'
import type { RepositoryView } from './view.ts'

const DAYS = 365

export interface Month {
  /** `YYYY-MM`, local; a week belongs to the month of its Monday. */
  month: string
  /** Days with a pull request tested, and those of them out of SLA. */
  days: number
  days_breached: number
  weeks: number
  weeks_breached: number
  /** Merged pull requests with the labels that mark a fix. */
  fixes: number
  flakes_counted: number
  /** Flakes counted over pull requests tested, each summed over the days; null without a pull request. */
  rate: number | null
}

/** The months of the last year in which anything was measured, newest first. */
export async function readMonths(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, settings, today, now }: RepositoryView,
): Promise<Month[]> {
  const id = repository.repository_id
  const first = `${addDays(today, -DAYS).slice(0, 7)}-01`
  const span = { from: windowOf('day', first, settings.timeZone).from, to: now + 1 }
  const [days, weeks, fixes] = await Promise.all([
    readWindows(db, id, 'day', { from: first, to: today }),
    readWindows(db, id, 'week', { from: first, to: today }),
    readFixes(db, id, span, { labels: settings.breachIssue.labels, timeZone: settings.timeZone }),
  ])
  const months = [...new Set([...days, ...weeks].map((row) => row.start.slice(0, 7)))].sort().reverse()
  return months.map((month) => {
    const own = days.filter((row) => row.start.startsWith(month) && row.prs > 0)
    const tested = own.reduce((sum, row) => sum + row.prs, 0)
    const counted = own.reduce((sum, row) => sum + row.flakes_counted, 0)
    const ownWeeks = weeks.filter((row) => row.start.startsWith(month) && row.prs > 0)
    return {
      month,
      days: own.length,
      days_breached: breached(own),
      weeks: ownWeeks.length,
      weeks_breached: breached(ownWeeks),
      fixes: fixes.find((one) => one.month === month)?.fixes ?? 0,
      flakes_counted: counted,
      rate: tested === 0 ? null : counted / tested,
    }
  })
}

function breached(rows: readonly Row<'sla_window'>[]): number {
  return rows.filter((row) => row.breached).length
}
