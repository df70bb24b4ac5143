/** A measurement and its table: a value, what it is compared with, and the goal. */
import { cpus, totalmem } from 'node:os'
import { markdownTable } from 'markdown-table'

export interface Measure {
  name: string
  value: number
  unit: string
  /** Something comparable, measured in the same run. */
  beside?: { name: string; value: number }
  /** `value` divided by `beside.value`, or the inverse where less is better. */
  ratio?: number
  goal?: number
  holds?: boolean
  note?: string
}

/** The median; NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** A measure whose ratio must reach the goal. */
export function atLeast(
  measure: Omit<Measure, 'ratio' | 'holds'> & { beside: NonNullable<Measure['beside']>; goal: number },
): Measure {
  const ratio = measure.value / measure.beside.value
  return { ...measure, ratio, holds: ratio >= measure.goal }
}

/** A measure whose value must not exceed the goal. */
export function atMost(measure: Omit<Measure, 'holds'> & { goal: number }): Measure {
  return { ...measure, holds: measure.value <= measure.goal }
}

/** The machine, as the document names it. */
export function machine(): {
  processor: string
  cores: number
  memory: string
  node: string
  system: string
} {
  const [first] = cpus()
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  }
}

/** The measures as a table in Markdown. */
export function tableOf(measures: readonly Measure[]): string {
  const rows = measures.map(({ name, value, unit, beside, ratio, goal, holds, note }) => [
    note ? `${name} (${note})` : name,
    `${shown(value)} ${unit}`,
    beside ? `${beside.name}: ${shown(beside.value)}` : '',
    ratio === undefined ? '' : shown(ratio),
    goal === undefined ? '' : String(goal),
    holds === undefined ? '' : holds ? 'yes' : 'no',
  ])
  return markdownTable([['measure', 'value', 'compared with', 'ratio', 'goal', 'met'], ...rows])
}

function shown(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
