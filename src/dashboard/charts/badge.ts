/** The badge: the rate and state of the latest week with data. It contains no text from outside. */
import { html } from 'hono/html'
import type { Sla } from '../../domain/sla.ts'
import { percent } from '../../texts/figures.ts'
import type { Html } from '../html.ts'
import { STATE_WORDS, stateOf } from '../wording.ts'

const COLOURS = { in: '#1a7f37', out: '#cf222e', none: '#59636e' }
const CHARACTER = 6.6

/** @param sla the latest week with data; null if there is none */
export function badgeSvg(sla: Sla | null): Html {
  const state = stateOf(sla)
  const left = 'flakiness'
  const right =
    sla === null || state === 'none'
      ? 'no data'
      : `${percent(sla.rate)} ${STATE_WORDS[state].toLowerCase().replace('sla', 'SLA')}`
  const [a, b] = [left, right].map((text) => Math.round(text.length * CHARACTER + 14)) as [number, number]
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${a + b}" height="20" viewBox="0 0 ${a + b} 20" role="img" aria-label="${left}: ${right}"><title>${left}: ${right}</title><clipPath id="r"><rect width="${a + b}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="${a}" height="20" fill="#3d444d"/><rect x="${a}" width="${b}" height="20" fill="${COLOURS[state]}"/></g><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${a / 2}" y="14" textLength="${a - 12}">${left}</text><text x="${a + b / 2}" y="14" textLength="${b - 12}">${right}</text></g></svg>`
}
