/** The data of the trend chart: every day and week of its time span, including those without data. */

import { readIncidents } from '../db/incidents.ts'
import type { Db, Row } from '../db/schema.ts'
import { readWindows } from '../db/sla.ts'
import type { Trend, TrendPoint } from './charts/trend.ts'
import { addDays, isMonday } from './dates.ts'
import type { RepositoryView } from './view.ts'
import { slaOfRow } from './wording.ts'

export const TREND_DAYS = 90

export interface TrendData {
  trend: Trend
  /** The stored windows, oldest first. */
  days: Row<'sla_window'>[]
  weeks: Row<'sla_window'>[]
}

/** Reads the last 90 days of a repository. */
export async function readTrend(
  db: Db,
  { repository, today, settings, calendar, scope, now }: RepositoryView,
): Promise<TrendData> {
  const from = addDays(today, 1 - TREND_DAYS)
  const id = repository.repository_id
  const days = await readWindows(db, id, 'day', { from, to: today })
  const weeks = await readWindows(db, id, 'week', { from: addDays(from, -6), to: today })
  const span = { from: calendar.of('day', from).from, to: now + 1 }
  const incidents = await readIncidents(db, scope, span)
  const storedDays = new Map(days.map((row) => [row.start, row]))
  const storedWeeks = new Map(weeks.map((row) => [row.start, row]))
  const starts = Array.from({ length: TREND_DAYS }, (_, i) => addDays(from, i))
  const trend = {
    days: starts.map((start) => point(start, storedDays.get(start))),
    weeks: starts.filter(isMonday).map((start) => point(start, storedWeeks.get(start))),
    target: settings.target,
    incidents: incidents.map((incident) => ({
      from: calendar.at('day', Date.parse(incident.from_at)).start,
      to: calendar.at('day', Date.parse(incident.to_at)).start,
    })),
    definitionChanges: changesOf(days),
  }
  return { trend, days, weeks }
}

function point(start: string, row: Row<'sla_window'> | undefined): TrendPoint {
  return {
    start,
    rate: row ? slaOfRow(row).rate : null,
    breached: row?.breached ?? false,
    partial: row ? !row.closed : false,
  }
}

/** The days whose definition version differs from that of the day before. */
function changesOf(days: readonly Row<'sla_window'>[]): string[] {
  return days.flatMap((day, i) => {
    const before = days[i - 1]
    return before && before.definition_version !== day.definition_version ? [day.start] : []
  })
}
