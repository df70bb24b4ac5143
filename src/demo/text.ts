/** What the demo prints at its end. */

import type { Row } from '../db/schema.ts'
import { countsOf } from '../db/sla.ts'
import { slaOf } from '../domain/sla.ts'
import { count, percent } from '../texts/figures.ts'
import type { DemoResult } from './run.ts'

const LAST_DAYS = 10
const LAST_WEEKS = 3

/** The SLA table, the comment, the issue, and where the dashboard is. */
export function demoText(result: DemoResult, once: boolean): string {
  const { repository, windows, pullRequest, comment, issues } = result
  const open = issues.filter((issue) => issue.state === 'open')
  const shown = open.find((issue) => issue.repository === repository) ?? open[0]
  const lines = [
    '',
    `${count(result.deliveries, 'webhook')} in ${result.seconds.toFixed(1)} s. The SLA of ${repository}: flakes not caused by the pull request / pull requests tested`,
    '',
    '  window            rate   between            flakes  pull requests',
    ...windows.day.slice(-LAST_DAYS).map((row) => windowLine('day', row)),
    ...windows.week.slice(-LAST_WEEKS).map((row) => windowLine('week', row)),
  ]
  if (comment) lines.push(...framed(`The answer to /flake-report on ${repository}#${pullRequest}`, comment))
  if (shown) {
    const superseded = issues.length - open.length
    lines.push(
      ...framed(
        `The breach issue ${shown.repository}#${shown.number} (${count(superseded, 'earlier one')} closed as superseded)`,
        `# ${shown.title}\n\n${shown.body}`,
      ),
    )
  } else lines.push('', 'No day was out of SLA, so no issue was filed.')
  if (!once) lines.push('', `The dashboard is at ${result.url} until you press Ctrl-C.`)
  return `${lines.join('\n')}\n`
}

function windowLine(kind: string, row: Row<'sla_window'>): string {
  const sla = slaOf(countsOf(row))
  const state = sla.prs === 0 ? 'no data' : sla.breached ? 'OUT OF SLA' : 'in SLA'
  const range = `${percent(sla.rate_low)} and ${percent(sla.rate_high)}`
  const flakes = `${sla.flakes_counted} of ${sla.flakes}`
  return `  ${kind.padEnd(4)} ${row.start} ${percent(sla.rate).padStart(6)}   ${range.padEnd(17)} ${flakes.padStart(7)}  ${String(sla.prs).padStart(6)}  ${state}${row.closed ? '' : ' so far'}`
}

function framed(title: string, text: string): string[] {
  const shown = text.replace(/\n*<!-- flake-sla:[^\n]*-->\s*$/, '')
  return [
    '',
    `── ${title} ${'─'.repeat(Math.max(3, 96 - title.length))}`,
    '',
    ...shown.split('\n').map((line) => `  ${line}`.trimEnd()),
  ]
}
