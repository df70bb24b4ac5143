/** Formats days, instants and durations for readers. Days are local; instants are in UTC and say so. */

import { Temporal } from 'temporal-polyfill'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The local day (`YYYY-MM-DD`) of an instant (epoch ms). */
export function dayAt(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** Epoch ms of an instant in an address; null if it is invalid, before 1970 or after 2199. */
export function readInstant(text: string | null): number | null {
  const at = Date.parse(text ?? '')
  return at >= 0 && at < Date.UTC(2200, 0) ? at : null
}

/** `day` moved by a number of days. */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** `25 Jul 2023`. */
export function dayWords(day: string): string {
  const [year, month, date] = day.split('-').map(Number)
  return `${date} ${MONTHS[(month ?? 1) - 1]} ${year}`
}

/** `25 Jul`, for axes. */
export function shortDay(day: string): string {
  return dayWords(day).replace(/ \d+$/, '')
}

/** `Tue 25 Jul 2023`. */
export function weekdayWords(day: string): string {
  return `${WEEKDAYS[Temporal.PlainDate.from(day).dayOfWeek - 1]} ${dayWords(day)}`
}

/** The name of a day or week as of `today`: `Today`, `Last week`, or its date. */
export function windowName(kind: 'day' | 'week', start: string, today: string): string {
  if (kind === 'day') {
    if (start === today) return 'Today'
    return start === addDays(today, -1) ? 'Yesterday' : weekdayWords(start)
  }
  if (start <= today && addDays(start, 7) > today) return 'This week'
  if (addDays(start, 7) <= today && addDays(start, 14) > today) return 'Last week'
  return `Week of ${dayWords(start)}`
}

/** `25 Jul 2023, 14:03 UTC`. */
export function instantWords(iso: string): string {
  const time = new Date(iso).toISOString()
  return `${dayWords(time.slice(0, 10))}, ${time.slice(11, 16)} UTC`
}

/** A duration in ms as `45 min`, `3 hours` or `2 days`, rounded. */
export function durationWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'less than a minute'
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}

/** Whether a day (`YYYY-MM-DD`) is a Monday. */
export function isMonday(day: string): boolean {
  return Temporal.PlainDate.from(day).dayOfWeek === 1
}

/** The Monday of the week that a day is in. */
export function weekOf(day: string): string {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek)
}

/** `Jul 2023` of `2023-07`. */
export function monthWords(month: string): string {
  return dayWords(`${month}-01`).replace(/^1 /, '')
}
