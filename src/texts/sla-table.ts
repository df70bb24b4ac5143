/** The SLA as a table, for a terminal or in Markdown. */
import type { RequiredState } from '../domain/required.ts'
import { count, percent } from './figures.ts'
import { type GateText, gateSentence } from './gates.ts'
import { code, codeCell, plain } from './markdown.ts'
import { requiredSentences } from './required.ts'

export interface SlaTableInput {
  repository: string
  required: RequiredState & { jobs: string[] }
  /** The first day of the figures, `YYYY-MM-DD`. */
  since: string
  as_of: string | null
  windows: {
    kind: string
    start: string
    partial: boolean
    prs: number
    flakes: number
    flakes_counted: number
    rate: number | null
    rate_low: number | null
    rate_high: number | null
    breached: boolean
    target: number
    breach_probability: number | null
  }[]
  jobs: { name: string; flakes_counted: number; pull_requests: number[] }[]
  left_out: GateText[]
}

const MAX_JOBS = 10

/** One repository's windows and most expensive jobs. */
export function slaTable(input: SlaTableInput, asMarkdown: boolean): string {
  const head = ['window', 'rate', 'range', 'flakes counted', 'pull requests', 'state']
  const rows = input.windows.map((window) => [
    `${window.kind} ${window.start}`,
    percent(window.rate),
    range(window),
    `${window.flakes_counted} of ${window.flakes}`,
    String(window.prs),
    state(window),
  ])
  const jobs = input.jobs
    .slice(0, MAX_JOBS)
    .map((job) => [
      asMarkdown ? codeCell(job.name) : plain(job.name),
      String(job.flakes_counted),
      String(job.pull_requests.length),
    ])
  const title = `${input.repository}: flakes not caused by the pull request / pull requests tested`
  const basis =
    input.required.source === 'all'
      ? 'every job seen on pull requests counts'
      : `${count(input.required.jobs.length, 'required job')} (${input.required.source})`
  const parts = [asMarkdown ? `### ${title}` : title, '', ...lay(head, rows, asMarkdown)]
  if (jobs.length > 0)
    parts.push('', ...lay(['job', 'flakes counted', 'pull requests hit'], jobs, asMarkdown))
  parts.push('', `${basis}; ${input.as_of ? `as of ${input.as_of}` : 'no data yet'}`)
  parts.push(...requiredSentences(input.required, input.since, asMarkdown ? code : plain))
  if (input.left_out.length > 0) parts.push(gateSentence(input.left_out))
  return parts.join('\n')
}

/** The rate without and with undecided flakes; a dash when there are none. */
function range({ rate_low, rate_high }: SlaTableInput['windows'][number]): string {
  return rate_low === rate_high ? '–' : `${percent(rate_low)} to ${percent(rate_high)}`
}

function state({ prs, breached, partial }: SlaTableInput['windows'][number]): string {
  if (prs === 0) return 'no data'
  return `${breached ? 'OUT OF SLA' : 'in SLA'}${partial ? ' so far' : ''}`
}

function lay(head: string[], rows: string[][], asMarkdown: boolean): string[] {
  if (asMarkdown) return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)))
  return [head, ...rows].map((cells) =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  )
}
