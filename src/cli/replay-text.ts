/** What `replay` prints for people. */
import { percent } from '../texts/figures.ts'
import type { ReplayReport } from './report-json.ts'

/** The tally of deliveries, then for each repository its last days and weeks and the jobs that flaked most. */
export function replayText({ deliveries, repositories }: ReplayReport): string {
  const { read, recorded, duplicates, ignored, rejected } = deliveries
  const lines = [
    `${read} deliveries: ${recorded} recorded, ${duplicates} seen before, ${ignored} ignored, ${rejected.length} rejected`,
  ]
  for (const { file, line, reason } of rejected.slice(0, 20)) lines.push(`  ${file}:${line} ${reason}`)
  for (const { repository, required, windows, flakes } of repositories) {
    if (windows.day.length === 0 && flakes.length === 0) continue
    lines.push(
      '',
      `${repository}: ${flakes.length} flakes; ${required.jobs.length} jobs count (${required.source})`,
    )
    for (const kind of ['day', 'week'] as const) {
      for (const window of windows[kind].slice(-7)) {
        const { start, prs, flakes_counted, rate, rate_low, rate_high, breached, partial } = window
        const state = `${breached ? 'out of SLA' : 'in SLA'}${partial ? ', not over yet' : ''}`
        lines.push(
          `  ${kind.padEnd(4)} ${start}  ${percent(rate).padStart(7)} (${percent(rate_low)} to ${percent(rate_high)})  ${flakes_counted} of ${prs} pull requests  ${state}`,
        )
      }
    }
  }
  return `${lines.join('\n')}\n`
}
