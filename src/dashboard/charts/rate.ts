/** The chart of a job's weekly flake rate with its 95% interval. A wide interval means few verdicts. */
import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import { html, raw } from 'hono/html'
import { percent } from '../../texts/figures.ts'
import { shortDay } from '../dates.ts'
import type { Html } from '../html.ts'
import type { Size } from './trend.ts'

export interface RatePoint {
  /** Monday, `YYYY-MM-DD`. */
  start: string
  /** Null for a week without a verdict. */
  rate: number | null
  low: number
  high: number
}

const LEFT = 44
const RIGHT = 10
const TOP = 12
const BOTTOM = 24

/** @param change index of the week in which the rate changed, or null. @param words the text alternative */
export function rateSvg(
  points: readonly RatePoint[],
  change: number | null,
  size: Size,
  { id, words }: { id: string; words: string },
): Html {
  const step = (size.width - LEFT - RIGHT) / Math.max(1, points.length)
  const x = (i: number) => LEFT + (i + 0.5) * step
  const highest = Math.max(
    0.02,
    ...points.map((point) => (point.rate === null ? 0 : Math.min(point.high, point.rate * 3 + 0.02))),
  )
  const y = scaleLinear([0, highest], [size.height - BOTTOM, TOP])
    .nice(4)
    .clamp(true)
  const hasRate = (point: RatePoint) => point.rate !== null
  const band = area<RatePoint>(
    (_, i) => fix(x(i)),
    (point) => fix(y(point.low)),
    (point) => fix(y(point.high)),
  ).defined(hasRate)([...points])
  const path = line<RatePoint>(
    (_, i) => fix(x(i)),
    (point) => fix(y(point.rate ?? 0)),
  ).defined(hasRate)([...points])
  const dots = points.map((point, i) =>
    point.rate === null
      ? ''
      : `<circle class="week" cx="${fix(x(i))}" cy="${fix(y(point.rate))}" r="3"><title>Week of ${shortDay(point.start)}: ${percent(point.rate)}, ${percent(point.low)} to ${percent(point.high)}</title></circle>`,
  )
  const ticks = y.ticks(4).map((tick) => {
    const at = fix(y(tick))
    return `<line class="grid" x1="${LEFT}" x2="${size.width - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${percent(tick)}</text>`
  })
  const every = step < 60 ? Math.ceil(64 / step) : 1
  const labels = points.map((point, i) =>
    i % every === 0
      ? `<text x="${fix(x(i))}" y="${size.height - 6}" text-anchor="middle">${shortDay(point.start)}</text>`
      : '',
  )
  const mark =
    change === null
      ? ''
      : `<line class="change" x1="${fix(x(change) - step / 2)}" x2="${fix(x(change) - step / 2)}" y1="${TOP}" y2="${size.height - BOTTOM}"/>`
  return html`<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}" class="chart">
<title id="${id}">${words}</title>${raw(ticks.join(''))}${raw(labels.join(''))}
<path class="band" d="${band ?? ''}"></path>${raw(mark)}<path class="week" d="${path ?? ''}"></path>${raw(dots.join(''))}</svg>`
}

function fix(value: number): number {
  return Math.round(value * 10) / 10
}
