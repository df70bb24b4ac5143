/** The text output of `replay`. */
import { count, percent } from '../texts/figures.ts'
import { gateSentence } from '../texts/gates.ts'
import { plain } from '../texts/markdown.ts'
import { requiredSentences } from '../texts/required.ts'
import type { ReplayReport } from './report-json.ts'

/** The counts of deliveries, then the last seven days and weeks of each repository. */
export function replayText({ deliveries, repositories }: ReplayReport): string {
  const { read, recorded, duplicates, ignored, rejected } = deliveries
  const lines = [
    `${count(read, 'delivery', 'deliveries')}: ${recorded} recorded, ${duplicates} duplicate, ${ignored} ignored, ${rejected.length} rejected`,
  ]
  for (const { file, line, reason } of rejected.slice(0, 20)) lines.push(`  ${file}:${line} ${reason}`)
  for (const { repository, required, windows, flakes, left_out } of repositories) {
    if (windows.day.length === 0 && flakes.length === 0) continue
    lines.push(
      '',
      `${repository}: ${count(flakes.length, 'flake')}; ${count(required.jobs.length, 'required job')} (${required.source})`,
    )
    const [first] = windows.day
    for (const sentence of requiredSentences(required, first?.start ?? '', plain)) lines.push(`  ${sentence}`)
    if (left_out.length > 0) lines.push(`  ${gateSentence(left_out)}`)
    for (const kind of ['day', 'week'] as const) {
      for (const window of windows[kind].slice(-7)) {
        const { start, prs, flakes_counted, rate, rate_low, rate_high, breached, partial } = window
        const state = `${breached ? 'out of SLA' : 'in SLA'}${partial ? ', partial' : ''}`
        lines.push(
          `  ${kind.padEnd(4)} ${start}  ${percent(rate).padStart(7)} (${percent(rate_low)} to ${percent(rate_high)})  ${count(flakes_counted, 'flake')} in ${count(prs, 'pull request')}  ${state}`,
        )
      }
    }
  }
  return `${lines.join('\n')}\n`
}
