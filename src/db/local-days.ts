/** Local days in SQL. Their bounds come from the calendar: the database's own time zones may be others. */
import { type RawBuilder, sql } from 'kysely'
import type { Calendar } from '../domain/calendar.ts'
import { iso } from '../domain/time.ts'
import type { Window } from '../domain/window.ts'
import type { Span } from './scope.ts'

/** The local day (`date`) of a column whose values lie in the span. Only the days of the span are known. */
export function localDay(column: string, calendar: Calendar, span: Span): RawBuilder<string> {
  const days = daysIn(calendar, span)
  const starts = days.map((day) => day.start)
  const times = days.map((day) => iso(day.from))
  return sql<string>`(${starts}::date[])[width_bucket(${sql.ref(column)}, ${times}::timestamptz[])]`
}

function daysIn(calendar: Calendar, { from, to }: Span): Window[] {
  const days = [calendar.at('day', from)]
  for (let last = days[0] as Window; last.to < to; days.push(last)) last = calendar.at('day', last.to)
  return days
}
