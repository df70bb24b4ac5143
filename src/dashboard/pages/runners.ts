/** How often a job fails on each runner, to find a runner that fails more often than the others. */

import { wilson } from '@flake-sla/hunt/statistics'
import { count, percent } from '../../texts/figures.ts'
import { type Html, html, instant, name, table } from '../html.ts'
import type { RunnerRecord } from '../queries/runners.ts'

const MAX_RUNNERS = 20

interface RatedRunner extends RunnerRecord {
  runs: number
  low: number
  high: number
  /** Its interval lies above the interval of all other runners together. */
  standsOut: boolean
}

/** Rates runners by the lower end of their 95% interval, so that one unlucky run does not put a runner first. */
export function rateRunners(records: readonly RunnerRecord[]): RatedRunner[] {
  const fails = records.reduce((sum, runner) => sum + runner.fails, 0)
  const runs = records.reduce((sum, runner) => sum + runner.fails + runner.passes, 0)
  return records
    .map((runner) => {
      const ownRuns = runner.fails + runner.passes
      const { low, high } = wilson(runner.fails, ownRuns)
      const others = wilson(fails - runner.fails, runs - ownRuns)
      return { ...runner, runs: ownRuns, low, high, standsOut: runs > ownRuns && low > others.high }
    })
    .sort((a, b) => b.low - a.low || b.runs - a.runs || a.runner.localeCompare(b.runner))
}

/** @param app the app that created the job's check runs; empty for statuses. @param days how many days the records cover */
export function runnersSection(records: readonly RunnerRecord[], app: string, days: number): Html {
  const runners = rateRunners(records)
  if (runners.length === 0) return html`<h3>Runners</h3><p class="muted">${unknownWords(app, days)}</p>`
  const outliers = runners.filter((runner) => runner.standsOut)
  const rest = runners.length - Math.min(MAX_RUNNERS, runners.length)
  return html`<h3>Runners</h3>
${outliers.map((runner) => html`<p class="note">${name(runner.runner)} stands out: the job failed there in ${percent(runner.fails / runner.runs)} of ${count(runner.runs, 'run')}, and less often on the other runners.</p>`)}
${table(
  `Self-hosted runners in the last ${days} days, by the lower end of the 95% interval of their failure rate`,
  ['Runner', 'Failed', '95% interval', 'Runs', 'Last run'],
  runners
    .slice(0, MAX_RUNNERS)
    .map((runner) => [
      html`${name(runner.runner)}${runner.standsOut ? html` <span class="badge">stands out</span>` : ''}`,
      `${runner.fails} (${percent(runner.fails / runner.runs)})`,
      `${percent(runner.low)} to ${percent(runner.high)}`,
      runner.runs,
      instant(runner.last_at),
    ]),
)}${rest > 0 ? html`<p class="muted">${count(rest, 'more runner')} not shown.</p>` : ''}`
}

function unknownWords(app: string, days: number): string {
  if (app === 'github-actions')
    return `No self-hosted runners reported in the last ${days} days. GitHub-hosted machines are new for every run, so they cannot be compared.`
  return 'This CI does not report its runners to GitHub. The page of each run, linked below, may name the machine.'
}
