/**
 * Windows: calendar days and ISO weeks (Monday first) in an IANA time zone, as half-open intervals of instants.
 * A day may have 23 or 25 hours; a window's length is never assumed.
 */
import { Temporal } from 'temporal-polyfill'

export type WindowKind = 'day' | 'week'

export interface Window {
  kind: WindowKind
  /** First local day, `YYYY-MM-DD`: a week's Monday. */
  start: string
  /** Epoch ms, inclusive. */
  from: number
  /** Epoch ms, exclusive. */
  to: number
}

/** The window of that kind that contains the instant `at` (epoch ms) in `timeZone`. */
export function windowAt(kind: WindowKind, at: number, timeZone: string): Window {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate()
  return windowOf(kind, date.toString(), timeZone)
}

/** The window of that kind that contains the local day `day` (`YYYY-MM-DD`). @throws RangeError for an invalid day */
export function windowOf(kind: WindowKind, day: string, timeZone: string): Window {
  const date = Temporal.PlainDate.from(day)
  const first = kind === 'week' ? date.subtract({ days: date.dayOfWeek - 1 }) : date
  const next = first.add({ days: kind === 'week' ? 7 : 1 })
  return { kind, start: first.toString(), from: startOfDay(first, timeZone), to: startOfDay(next, timeZone) }
}

/** The window that lies `by` windows after this one, or before it where `by` is negative. */
export function shiftWindow(window: Window, by: number, timeZone: string): Window {
  const days = window.kind === 'week' ? 7 * by : by
  return windowOf(window.kind, Temporal.PlainDate.from(window.start).add({ days }).toString(), timeZone)
}

/**
 * Whether `timeZone` is an IANA name that this runtime knows. Offsets such as `+02:00` are none: PostgreSQL reads them with the sign
 * reversed ("POSIX time zone specifications" in its manual), and they know no summer time.
 */
export function isTimeZone(timeZone: string): boolean {
  if (!/^[a-z]/i.test(timeZone)) return false
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone)
    return true
  } catch {
    return false
  }
}

// A replay of history needs the start of the same day thousands of times, and calendar arithmetic is slow.
const starts = new Map<string, number>()

function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  const key = `${date}|${timeZone}`
  let at = starts.get(key)
  if (at === undefined) {
    at = date.toZonedDateTime({ timeZone }).epochMilliseconds
    if (starts.size > 20_000) starts.clear()
    starts.set(key, at)
  }
  return at
}
