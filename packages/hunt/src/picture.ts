/** Draws the sequence of runs as an SVG: one cell per run, row by row, so that streaks are visible. */
import { number } from './figures.ts'
import type { HuntRun } from './run.ts'

const CELL = 10
const GAP = 2
const COLUMNS = 50
const MARGIN = 40
const TOP = 34
/** A longer picture is unreadable; only the last runs are drawn. */
const MAX_RUNS = 5000

const FILL = { passed: '#c9e7d1', failed: '#b42318', stopped: '#d5d9de' } as const

/** @param title one sentence, shown above the picture and read by screen readers. @returns an SVG document */
export function huntPicture(runs: readonly HuntRun[], title: string): string {
  const shown = runs.slice(-MAX_RUNS)
  const rows = Math.max(1, Math.ceil(shown.length / COLUMNS))
  const width = MARGIN + COLUMNS * (CELL + GAP) + 10
  const height = TOP + rows * (CELL + GAP) + 24
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="9">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="4" y="14" font-size="11" fill="#1f2328">${escapeXml(clip(title))}</text>`,
    '<text x="4" y="27" fill="#59636e">Runs in order, 50 per row. Dark with a cross: failed; light: passed; grey: stopped by the hunt.</text>',
    ...rowLabels(shown, rows),
    ...shown.map(cell),
    '</svg>',
  ].join('\n')
}

function rowLabels(runs: readonly HuntRun[], rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const y = TOP + row * (CELL + GAP) + CELL - 1
    return `<text x="${MARGIN - 6}" y="${y}" text-anchor="end" fill="#59636e">${number(runs[row * COLUMNS]?.number ?? 1)}</text>`
  })
}

function cell(run: HuntRun, index: number): string {
  const x = MARGIN + (index % COLUMNS) * (CELL + GAP)
  const y = TOP + Math.floor(index / COLUMNS) * (CELL + GAP)
  const box = `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" rx="1.5" fill="${FILL[run.outcome]}"/>`
  if (run.outcome !== 'failed') return box
  const cross = `<path d="M${x + 2.5} ${y + 2.5}l5 5m0-5l-5 5" stroke="#fff" stroke-width="1.4"/>`
  return `<g><title>${escapeXml(describeRun(run))}</title>${box}${cross}</g>`
}

function describeRun({ number: run, worker, node, message }: HuntRun): string {
  const where = [worker && `worker ${worker}`, node && `node ${node}`].filter(Boolean).join(', ')
  return `Run ${run}${where ? ` (${where})` : ''}: ${message ?? 'failed'}`
}

function clip(text: string): string {
  return text.length > 110 ? `${text.slice(0, 109)}…` : text
}

// Characters that XML cannot represent are removed; the others are written as entities.
const NOT_XML = /(?![\n\t])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu

function escapeXml(text: string): string {
  return text
    .replace(NOT_XML, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
