/**
 * The trend chart: daily bars, a weekly line and the target line. Days in progress and days without data differ in shape,
 * so that the chart can be read without colour. It contains no text from outside.
 */
import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { html, raw } from 'hono/html'
import { count, percent } from '../../texts/figures.ts'
import { addDays, shortDay, weekdayWords } from '../dates.ts'
import type { Html } from '../html.ts'

export interface TrendPoint {
  /** First local day, `YYYY-MM-DD`. */
  start: string
  /** Null where no pull request was tested. */
  rate: number | null
  breached: boolean
  partial: boolean
}

export interface Trend {
  /** One point for each day, oldest first. */
  days: TrendPoint[]
  weeks: TrendPoint[]
  target: number
  /** Local days on which something else was broken. */
  incidents: { from: string; to: string }[]
  /** Local days from which another definition version applies. */
  definitionChanges: string[]
}

export interface Size {
  width: number
  height: number
}

const LEFT = 44
const RIGHT = 10
const TOP = 12
const BOTTOM = 24

/** The text alternative of the chart. */
export function trendWords({ days, weeks, target, incidents }: Trend): string {
  const tested = days.filter((day) => day.rate !== null)
  const breached = tested.filter((day) => day.breached).length
  const last = weeks.findLast((week) => week.rate !== null)
  const latest = last ? ` Latest week with data: ${percent(last.rate)}.` : ''
  const broken = incidents.length > 0 ? ` ${count(incidents.length, 'incident')} in this time.` : ''
  return `Flake rate over the last ${days.length} days; target below ${percent(target)}. ${breached} of ${count(tested.length, 'day')} with data ${breached === 1 ? 'was' : 'were'} out of SLA.${latest}${broken}`
}

/** Draws the chart. @param id of the chart's title, unique in the page */
export function trendSvg(trend: Trend, size: Size, id: string): Html {
  const { days, target } = trend
  const first = days[0]?.start ?? ''
  const inner = size.width - LEFT - RIGHT
  const step = inner / Math.max(1, days.length)
  const y = scaleLinear([0, top(trend)], [size.height - BOTTOM, TOP]).nice(4)
  const floor = y(0)
  const position = new Map(days.map((day, i) => [day.start, LEFT + i * step]))
  const bars = days.map((day, i) => bar(day, LEFT + i * step, step, y)).join('')
  const weekly = weeklyPath(trend, (start) => position.get(start), { step, right: size.width - RIGHT }, y)
  return html`<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}" class="chart">
<title id="${id}">${trendWords(trend)}</title>
${raw(yAxis(y, size.width))}${raw(xAxis(first, days.length, step, size))}
${raw(shades(trend, (day) => position.get(day), step, size))}<g class="bars">${raw(bars)}</g>
${raw(weekly)}
<line class="target" x1="${LEFT}" x2="${size.width - RIGHT}" y1="${fix(y(target))}" y2="${fix(y(target))}"></line>
<line class="axis" x1="${LEFT}" x2="${size.width - RIGHT}" y1="${fix(floor)}" y2="${fix(floor)}"></line>
</svg>`
}

type Y = ReturnType<typeof scaleLinear<number, number>>

/** The top of the scale. It follows the weekly line: a single day with one pull request must not flatten everything else. */
function top({ days, weeks, target }: Trend): number {
  const most = (points: TrendPoint[]) => Math.max(0, ...points.map((point) => point.rate ?? 0))
  return Math.max(target * 3, Math.min(most(days), most(weeks) * 1.6))
}

function bar(day: TrendPoint, x: number, step: number, y: Y): string {
  const floor = y(0)
  const middle = fix(x + step / 2)
  if (day.rate === null) return `<circle class="none" cx="${middle}" cy="${fix(floor - 2)}" r="0.9"/>`
  const ceiling = y.range()[1] ?? 0
  const over = y(day.rate) < ceiling
  const height = Math.max(2, floor - Math.max(ceiling, y(day.rate)))
  const kind = `${day.breached ? 'out' : 'in'}${day.partial ? ' partial' : ''}`
  const words = `${weekdayWords(day.start)}: ${percent(day.rate)}${day.partial ? ', in progress' : ''}`
  const rect = `<rect class="${kind}" x="${fix(x + step * 0.12)}" y="${fix(floor - height)}" width="${fix(step * 0.76)}" height="${fix(height)}"><title>${words}</title></rect>`
  // A bar above the scale ends in an arrow head.
  return over ? `${rect}<path class="over" d="M${middle} ${fix(ceiling - 7)}l3 5h-6z"/>` : rect
}

/** Incidents as shaded days, changes of the definition version as vertical lines. */
function shades(
  { incidents, definitionChanges }: Trend,
  xOf: (day: string) => number | undefined,
  step: number,
  { height }: Size,
): string {
  const shaded = incidents.flatMap(({ from, to }) => {
    const [left, right] = [xOf(from), xOf(to)]
    if (left === undefined || right === undefined) return []
    const words = `Incident, ${shortDay(from)}${from === to ? '' : ` to ${shortDay(to)}`}`
    return `<rect class="incident" x="${fix(left)}" y="${TOP}" width="${fix(right - left + step)}" height="${height - TOP - BOTTOM}"><title>${words}</title></rect>`
  })
  const changed = definitionChanges.flatMap((day) => {
    const x = xOf(day)
    return x === undefined
      ? []
      : `<line class="change" x1="${fix(x)}" x2="${fix(x)}" y1="${TOP}" y2="${height - BOTTOM}"><title>Definition version changed on ${shortDay(day)}</title></line>`
  })
  return [...shaded, ...changed].join('')
}

function weeklyPath(
  { weeks }: Trend,
  xOf: (start: string) => number | undefined,
  { step, right }: { step: number; right: number },
  y: Y,
): string {
  const ceiling = y.range()[1] ?? 0
  const points = weeks.flatMap((week) => {
    const x = xOf(week.start)
    if (x === undefined) return []
    const at: [number, number] | null =
      week.rate === null ? null : [Math.min(x + step * 3.5, right), Math.max(ceiling, y(week.rate))]
    return [at]
  })
  const path = line<[number, number] | null>()
    .defined((point) => point !== null)
    .x((point) => fix(point?.[0] ?? 0))
    .y((point) => fix(point?.[1] ?? 0))(points)
  const dots = points.flatMap((point) =>
    point ? [`<circle class="week" cx="${fix(point[0])}" cy="${fix(point[1])}" r="2.4"/>`] : [],
  )
  return `<path class="week" d="${path ?? ''}"/>${dots.join('')}`
}

function yAxis(y: Y, width: number): string {
  return y
    .ticks(4)
    .map((tick) => {
      const at = fix(y(tick))
      return `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${percent(tick)}</text>`
    })
    .join('')
}

function xAxis(first: string, days: number, step: number, { width, height }: Size): string {
  const every = step * 14 < 70 ? 28 : 14
  const labels: string[] = []
  for (let i = 0; i < days; i += every) {
    const x = fix(LEFT + i * step)
    // A label that would cross the right edge ends there instead.
    const anchor = x + 40 > width ? ' text-anchor="end"' : ''
    labels.push(
      `<text x="${anchor ? width - RIGHT : x}" y="${height - 6}"${anchor}>${shortDay(addDays(first, i))}</text>`,
    )
  }
  return labels.join('')
}

function fix(value: number): number {
  return Math.round(value * 10) / 10
}
