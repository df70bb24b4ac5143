/** A series of experiments as one table: what was changed, what came out, and where the environments differ. */

import type { HuntAnswer } from './answer.ts'
import { passPercent } from './figures.ts'
import { codeCell } from './text.ts'

/** A hunt as it was kept. */
export interface KeptHunt {
  name: string
  changed: string | null
  notes: string
  /** Of how it ran, what a reader may have changed. */
  settings: Readonly<Record<string, string>>
  environment: Readonly<Record<string, string>>
  started_at: string
  ended_at: string | null
  answer: HuntAnswer | null
}

const HEAD = [
  'Hunt',
  'Changed',
  'Runs',
  'Failed',
  'Pass rate',
  'Target',
  'In succession',
  'Where',
  'Differs',
  'Notes',
]

/** What people and machines wrote: in Markdown it stands as code, where it can do nothing. */
const FROM_OUTSIDE = new Set(['Hunt', 'Changed', 'Where', 'Differs', 'Notes'])

/** @param markdown cells for a Markdown table; else columns for a terminal */
export function seriesTable(hunts: readonly KeptHunt[], markdown: boolean): string {
  const differing = differencesIn(hunts)
  const rows = hunts.map((hunt) => rowOf(hunt, differing))
  return markdown ? markdownTable(rows) : textTable(rows)
}

function rowOf(
  { name, changed, notes, answer, settings, environment }: KeptHunt,
  differing: readonly string[],
): string[] {
  const known = { ...settings, ...environment }
  const differs = differing.map((key) => `${key} ${known[key] ?? 'unknown'}`).join('; ')
  const words = [changed ?? '', ...resultOf(answer), differs, notes.replaceAll('\n', ' / ')]
  return [name, ...words]
}

function resultOf(answer: HuntAnswer | null): string[] {
  if (answer === null) return ['', '', 'not ended', '', '', '']
  const { runs, failed, pass_rate, low, high, target, decision, succession, concentration } = answer
  return [
    String(runs),
    String(failed),
    pass_rate === null ? '–' : `${passPercent(pass_rate)} (${passPercent(low)} to ${passPercent(high)})`,
    `${passPercent(target)} ${decision}`,
    failed === 0 ? '' : succession.clumped ? 'yes' : 'not seen',
    concentration.map(({ by, value }) => (by === 'order' ? value : `${by} ${value}`)).join(', '),
  ]
}

/** What is equal in all hunts explains no difference between them. */
function differencesIn(hunts: readonly KeptHunt[]): string[] {
  const known = hunts.map(({ settings, environment }) => ({ ...environment, ...settings }))
  const keys = [...new Set(known.flatMap((one) => Object.keys(one)))]
  return keys.filter((key) => new Set(known.map((one) => one[key])).size > 1)
}

function markdownTable(rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const cells = rows.map((row) =>
    row.map((cell, i) => (FROM_OUTSIDE.has(HEAD[i] ?? '') && cell !== '' ? codeCell(cell) : cell)),
  )
  return [line(HEAD), line(HEAD.map(() => '---')), ...cells.map(line)].join('\n')
}

const WIDEST = 60

function textTable(rows: readonly string[][]): string {
  const shown = [HEAD, ...rows.map((row) => row.map(clip))]
  // A column that says nothing in any row would only push the others apart.
  const columns = HEAD.map((_, i) => i).filter((i) => rows.some((row) => row[i]))
  const widths = columns.map((i) => Math.max(...shown.map((row) => row[i]?.length ?? 0)))
  return shown
    .map((row) =>
      columns
        .map((i, at) => (row[i] ?? '').padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function clip(text: string): string {
  const seen = text.replace(/\p{Cc}|\p{Bidi_Control}/gu, ' ')
  return seen.length > WIDEST ? `${seen.slice(0, WIDEST - 1)}…` : seen
}

/** Settings that hunts of a series may differ in, by what they are called there. */
const TOLD: Record<string, string> = {
  image: 'image asked for',
  parallel: 'parallel',
  timeoutMs: 'time limit in ms',
  isolate: 'isolate',
  stress: 'stress',
  cpu: 'cpu of a pod',
  memory: 'memory of a pod',
  workflow: 'workflow',
  ref: 'ref',
  // The longest goes last: a terminal cuts it off.
  command: 'command',
}

/** Of the settings as they were kept, those that are told in a series; what was not asked for is told as no. */
export function toldSettings(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const told = Object.entries(TOLD).filter(([key]) => key in settings)
  return Object.fromEntries(told.map(([key, name]) => [name, inWords(settings[key])]))
}

function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'no'
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ')
}
