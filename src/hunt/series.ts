/** A series of experiments as one table: what was changed, what came out, and where the environments differ. */
import { code } from '../texts/markdown.ts'
import type { HuntAnswer } from './answer.ts'
import { passPercent } from './figures.ts'

/** A hunt as it was kept. */
export interface KeptHunt {
  name: string
  changed: string | null
  notes: string
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

/** @param markdown cells for a Markdown table; else columns for a terminal */
export function seriesTable(hunts: readonly KeptHunt[], markdown: boolean): string {
  const differing = differencesIn(hunts)
  const rows = hunts.map((hunt) => rowOf(hunt, differing))
  return markdown ? markdownTable(rows) : textTable(rows)
}

function rowOf(
  { name, changed, notes, answer, environment }: KeptHunt,
  differing: readonly string[],
): string[] {
  const differs = differing.map((key) => `${key} ${environment[key] ?? 'unknown'}`).join('; ')
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
  const keys = [...new Set(hunts.flatMap(({ environment }) => Object.keys(environment)))]
  return keys.filter((key) => new Set(hunts.map(({ environment }) => environment[key])).size > 1)
}

function markdownTable(rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const cells = rows.map((row) => row.map((cell) => (cell === '' ? '' : code(cell))))
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
