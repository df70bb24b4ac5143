/** A series of stored hunts as one table: what changed, the result, and how the environments differ. */

import type { HuntAnswer } from './answer.ts'
import { passPercent } from './figures.ts'
import { codeCell } from './text.ts'

/** A stored hunt. */
export interface StoredHunt {
  name: string
  changed: string | null
  notes: string
  /** The settings that people vary between hunts. */
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
  'Clustered',
  'Where',
  'Differs',
  'Notes',
]

/** Columns with text from outside, written as code spans in Markdown. */
const FROM_OUTSIDE = new Set(['Hunt', 'Changed', 'Where', 'Differs', 'Notes'])

/** @param markdown a Markdown table; else aligned columns for a terminal */
export function seriesTable(hunts: readonly StoredHunt[], markdown: boolean): string {
  const differing = differencesIn(hunts)
  const rows = hunts.map((hunt) => rowOf(hunt, differing))
  return markdown ? markdownTable(rows) : textTable(rows)
}

function rowOf(
  { name, changed, notes, answer, settings, environment }: StoredHunt,
  differing: readonly string[],
): string[] {
  const values = { ...settings, ...environment }
  const differences = differing.map((key) => `${key} ${values[key] ?? 'unknown'}`).join('; ')
  return [name, changed ?? '', ...resultOf(answer), differences, notes.replaceAll('\n', ' / ')]
}

function resultOf(answer: HuntAnswer | null): string[] {
  if (answer === null) return ['', '', 'unfinished', '', '', '']
  const { runs, failed, pass_rate, low, high, target, decision, succession, concentration } = answer
  return [
    String(runs),
    String(failed),
    pass_rate === null ? '–' : `${passPercent(pass_rate)} (${passPercent(low)} to ${passPercent(high)})`,
    `${passPercent(target)} ${decision}`,
    failed === 0 ? '' : succession.clumped ? 'yes' : 'no sign',
    concentration.map(({ by, value }) => (by === 'order' ? value : `${by} ${value}`)).join(', '),
  ]
}

/** The settings and parts of the environment that differ between the hunts. */
function differencesIn(hunts: readonly StoredHunt[]): string[] {
  const values = hunts.map(({ settings, environment }) => ({ ...environment, ...settings }))
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))]
  return keys.filter((key) => new Set(values.map((value) => value[key])).size > 1)
}

function markdownTable(rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const cells = rows.map((row) =>
    row.map((cell, i) => (FROM_OUTSIDE.has(HEAD[i] ?? '') && cell !== '' ? codeCell(cell) : cell)),
  )
  return [line(HEAD), line(HEAD.map(() => '---')), ...cells.map(line)].join('\n')
}

const MAX_WIDTH = 60

function textTable(rows: readonly string[][]): string {
  const shown = [HEAD, ...rows.map((row) => row.map(clip))]
  // Columns that are empty in every row are left out.
  const columns = HEAD.map((_, i) => i).filter((i) => rows.some((row) => row[i]))
  const widths = columns.map((i) => Math.max(...shown.map((row) => row[i]?.length ?? 0)))
  return shown
    .map((row) =>
      columns
        .map((i, column) => (row[i] ?? '').padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function clip(text: string): string {
  const visible = text.replace(/\p{Cc}|\p{Bidi_Control}/gu, ' ')
  return visible.length > MAX_WIDTH ? `${visible.slice(0, MAX_WIDTH - 1)}…` : visible
}

/** Names of the settings that hunts of a series may differ in. */
const SETTING_NAMES: Record<string, string> = {
  image: 'requested image',
  parallel: 'parallel',
  timeoutMs: 'time limit in ms',
  isolate: 'isolate',
  stress: 'stress',
  cpu: 'cpu of a pod',
  memory: 'memory of a pod',
  workflow: 'workflow',
  ref: 'ref',
  // Last, because it is the longest and a terminal cuts it off.
  command: 'command',
}

/** The stored settings that a series shows, as text by name; `no` for those that were not given. */
export function seriesSettings(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const shown = Object.entries(SETTING_NAMES).filter(([key]) => key in settings)
  return Object.fromEntries(shown.map(([key, name]) => [name, textOf(settings[key])]))
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'no'
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(', ')
}
