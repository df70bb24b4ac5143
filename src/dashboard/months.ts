/** The SLA's measures of success by month: flakiness, breaches and merged fixes. The page, the API and the CSV share it. */
import { readFixes } from '../db/incidents.ts'
import type { Row } from '../db/schema.ts'
import { readWindows } from '../db/sla.ts'
import { addDays } from './dates.ts'
import type { DashboardDeps } from './deps.ts'
import type { RepositoryView } from './view.ts'

const DAYS = 365

export interface Month {
  /** `YYYY-MM`, local; a week belongs to the month of its Monday. */
  month: string
  /** Days with a tested pull request, and how many of them were out of SLA. */
  days: number
  days_breached: number
  weeks: number
  weeks_breached: number
  /** Merged pull requests with one of the breach issue's labels. */
  fixes: number
  flakes_counted: number
  /** Counted flakes divided by tested pull requests, each summed over the days; null without a tested pull request. */
  rate: number | null
}

/** The months with data in the last year, newest first. */
export async function readMonths(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, settings, calendar, today, now }: RepositoryView,
): Promise<Month[]> {
  const id = repository.repository_id
  const first = `${addDays(today, -DAYS).slice(0, 7)}-01`
  const span = { from: calendar.of('day', first).from, to: now + 1 }
  const [days, weeks, fixes] = await Promise.all([
    readWindows(db, id, 'day', { from: first, to: today }),
    readWindows(db, id, 'week', { from: first, to: today }),
    readFixes(db, id, span, { labels: settings.breachIssue.labels, calendar }),
  ])
  const months = [...new Set([...days, ...weeks].map((row) => row.start.slice(0, 7)))].sort().reverse()
  return months.map((month) => {
    const ownDays = days.filter((row) => row.start.startsWith(month) && row.prs > 0)
    const tested = ownDays.reduce((sum, row) => sum + row.prs, 0)
    const counted = ownDays.reduce((sum, row) => sum + row.flakes_counted, 0)
    const ownWeeks = weeks.filter((row) => row.start.startsWith(month) && row.prs > 0)
    return {
      month,
      days: ownDays.length,
      days_breached: breached(ownDays),
      weeks: ownWeeks.length,
      weeks_breached: breached(ownWeeks),
      fixes: fixes.find((row) => row.month === month)?.fixes ?? 0,
      flakes_counted: counted,
      rate: tested === 0 ? null : counted / tested,
    }
  })
}

function breached(rows: readonly Row<'sla_window'>[]): number {
  return rows.filter((row) => row.breached).length
}
