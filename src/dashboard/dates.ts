/** Days and instants as people read them. Local days come from windows; instants are written in UTC and say so. */

import { Temporal } from 'temporal-polyfill'

/** In ms. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The local day (`YYYY-MM-DD`) of an instant (epoch ms). */
export function dayAt(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** Epoch ms of an instant in an address; null for what is none, or lies where no result of a job can lie. */
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

/** What a day or week is called on the day `today`: `Today`, `This week`, else its date. */
export function windowName(kind: 'day' | 'week', start: string, today: string): string {
  if (kind === 'day') {
    if (start === today) return 'Today'
    return start === addDays(today, -1) ? 'Yesterday' : weekdayWords(start)
  }
  if (start <= today && addDays(start, 7) > today) return 'This week'
  if (addDays(start, 7) <= today && addDays(start, 14) > today) return 'Last week'
  return `The week of ${dayWords(start)}`
}

/** `25 Jul 2023, 14:03 UTC`. */
export function instantWords(iso: string): string {
  const time = new Date(iso).toISOString()
  return `${dayWords(time.slice(0, 10))}, ${time.slice(11, 16)} UTC`
}

/** `3 hours`, rounded to the unit that matters; of a length in ms. */
export function durationWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'less than a minute'
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}

/** Whether a week begins on the day `YYYY-MM-DD`. */
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
