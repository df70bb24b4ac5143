/** When in the day and in the week flakes happen: a nightly load or a weekend's maintenance shows as a lump. */
import { Temporal } from 'temporal-polyfill'
import { type Html, html, table } from '../html.ts'

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const FEWEST = 5

/** Counts of `times` by three hours and by weekday in `timeZone`; nothing for a handful. */
export function hoursAndWeekdays(times: readonly string[], timeZone: string): Html | string {
  if (times.length < FEWEST) return ''
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
  'And by weekday',
  ['Day', 'Flakes'],
  weekdays.map((value, i) => [WEEKDAYS[i], bar(value)]),
)}</div></details>`
}

function pad(hour: number): string {
  return String(hour).padStart(2, '0')
}
