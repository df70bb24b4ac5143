/** A sparkline for a table cell. It is decoration, hidden from screen readers: the figures are beside it. */
import { html, raw } from 'hono/html'
import type { Html } from '../html.ts'

const HEIGHT = 20
const STEP = 6

/** Bars of `values`, oldest first, null without data. Values at or above `limit` are drawn as breaches. */
export function spark(values: readonly (number | null)[], limit: number): Html {
  const highest = Math.max(limit, ...values.map((value) => value ?? 0))
  const bars = values.map((value, i) => {
    if (value === null) return `<rect class="none" x="${i * STEP}" y="${HEIGHT - 1}" width="4" height="1"/>`
    const height = Math.max(2, Math.round((value / highest) * HEIGHT))
    return `<rect class="${value >= limit ? 'out' : 'in'}" x="${i * STEP}" y="${HEIGHT - height}" width="4" height="${height}"/>`
  })
  const width = values.length * STEP
  return html`<svg class="spark" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" aria-hidden="true">${raw(bars.join(''))}</svg>`
}
