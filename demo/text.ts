/** What the demo prints at the end. */
import type { RepositoryReport } from '../src/cli/report-json.ts'
import { count } from '../src/texts/figures.ts'
import { slaTable } from '../src/texts/sla-table.ts'
import type { DemoResult } from './run.ts'

const LAST_DAYS = 10
const LAST_WEEKS = 3

/** The SLA tables, the app's comment, the breach issue, and the dashboard's address unless `once` is set. */
export function demoText(result: DemoResult, once: boolean): string {
  const { repository, reports, asOf, pullRequest, comment, issues } = result
  const open = issues.filter((issue) => issue.state === 'open')
  const shown = open.find((issue) => issue.repository === repository) ?? open[0]
  const lines = [
    '',
    `Processed ${count(result.deliveries, 'webhook')} in ${result.seconds.toFixed(1)} s.`,
    ...reports.flatMap((report, i) => ['', tableOf(report, asOf, i === 0 ? LAST_DAYS : 0)]),
  ]
  if (comment)
    lines.push(...framed(`The app's reply to /flake-report on ${repository}#${pullRequest}`, comment))
  if (shown) {
    const superseded = issues.length - open.length
    lines.push(
      ...framed(
        `The open breach issue, ${shown.repository}#${shown.number} (${count(superseded, 'earlier issue')} closed)`,
        `# ${shown.title}\n\n${shown.body}`,
      ),
    )
  } else lines.push('', 'No day was out of SLA, so no breach issue was opened.')
  if (!once) lines.push('', `Dashboard: ${result.url} (press Ctrl-C to stop)`)
  return `${lines.join('\n')}\n`
}

function tableOf(
  { repository, required, windows, left_out }: RepositoryReport,
  asOf: string,
  days: number,
): string {
  const shown = [
    ...(days > 0 ? windows.day.slice(-days) : []).map((window) => ({ kind: 'day', ...window })),
    ...windows.week.slice(-LAST_WEEKS).map((window) => ({ kind: 'week', ...window })),
  ]
  const since = shown.map((window) => window.start).sort()[0] ?? ''
  return slaTable({ repository, required, since, as_of: asOf, windows: shown, jobs: [], left_out }, false)
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
