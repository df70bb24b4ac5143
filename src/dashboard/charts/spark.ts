/** A sparkline: rates of some windows in a row, small enough for a table cell. Decoration: the figures stand beside it. */
import { html, raw } from 'hono/html'
import type { Html } from '../html.ts'

const HEIGHT = 20
const STEP = 6

/** Bars of `values`, oldest first; null where there is no data. Those at or over `limit` are drawn as breaches. */
export function spark(values: readonly (number | null)[], limit: number): Html {
  const most = Math.max(limit, ...values.map((value) => value ?? 0))
  const bars = values.map((value, i) => {
    if (value === null) return `<rect class="none" x="${i * STEP}" y="${HEIGHT - 1}" width="4" height="1"/>`
    const height = Math.max(2, Math.round((value / most) * HEIGHT))
    return `<rect class="${value >= limit ? 'out' : 'in'}" x="${i * STEP}" y="${HEIGHT - height}" width="4" height="${height}"/>`
  })
  const width = values.length * STEP
  return html`<svg class="spark" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" aria-hidden="true">${raw(bars.join(''))}</svg>`
}
