/** Flakes by time of day and weekday. Nightly load or weekend maintenance shows as a peak. */
import { Temporal } from 'temporal-polyfill'
import { type Html, html, table } from '../html.ts'

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MIN_FLAKES = 5

/** Counts times by three-hour slots and by weekday in a time zone; empty for fewer than five. @param times RFC 3339 */
export function hoursAndWeekdays(times: readonly string[], timeZone: string): Html | string {
  if (times.length < MIN_FLAKES) return ''
  const local = times.map((time) => Temporal.Instant.from(time).toZonedDateTimeISO(timeZone))
  const hours = Array.from(
    { length: 8 },
    (_, i) => local.filter((at) => Math.floor(at.hour / 3) === i).length,
  )
  const weekdays = WEEKDAYS.map((_, i) => local.filter((at) => at.dayOfWeek === i + 1).length)
  const most = Math.max(...hours, ...weekdays)
  const bar = (value: number) => html`<meter min="0" max="${most}" value="${value}"></meter> ${value}`
  return html`<details><summary>By hour and weekday</summary><div class="two">
${table(
  `These flakes by time of day, ${timeZone}`,
  ['Hours', 'Flakes'],
  hours.map((value, i) => [`${pad(i * 3)}–${pad(i * 3 + 3)}`, bar(value)]),
)}
${table(
  'These flakes by weekday',
  ['Day', 'Flakes'],
  weekdays.map((value, i) => [WEEKDAYS[i], bar(value)]),
)}</div></details>`
}

function pad(hour: number): string {
  return String(hour).padStart(2, '0')
}
