/** On which machines a job fails: one that fails where the others do not stands out. */

import { wilson } from '@flake-sla/hunt/statistics'
import { count, percent } from '../../texts/figures.ts'
import { type Html, html, instant, name, table } from '../html.ts'
import type { RunnerRecord } from '../queries/runners.ts'

const MOST = 20

interface Judged extends RunnerRecord {
  runs: number
  low: number
  high: number
  /** Its interval lies above that of all the others together. */
  standsOut: boolean
}

/** Runners by the lower end of how often the job failed there, which one unlucky run does not win. */
export function judgeRunners(records: readonly RunnerRecord[]): Judged[] {
  const fails = records.reduce((sum, one) => sum + one.fails, 0)
  const runs = records.reduce((sum, one) => sum + one.fails + one.passes, 0)
  return records
    .map((one) => {
      const own = one.fails + one.passes
      const { low, high } = wilson(one.fails, own)
      const others = wilson(fails - one.fails, runs - own)
      return { ...one, runs: own, low, high, standsOut: runs > own && low > others.high }
    })
    .sort((a, b) => b.low - a.low || b.runs - a.runs || a.runner.localeCompare(b.runner))
}

/** @param app that made the job's check runs; empty for statuses. @param days that the records are of */
export function runnersSection(records: readonly RunnerRecord[], app: string, days: number): Html {
  const judged = judgeRunners(records)
  if (judged.length === 0) return html`<h3>Runners</h3><p class="muted">${unknownWords(app, days)}</p>`
  const out = judged.filter((one) => one.standsOut)
  const rest = judged.length - Math.min(MOST, judged.length)
  return html`<h3>Runners</h3>
${out.map((one) => html`<p class="note">${name(one.runner)} stands out: the job failed there in ${percent(one.fails / one.runs)} of ${count(one.runs, 'run')}, and less often on all others together.</p>`)}
${table(
  `Self-hosted runners of the last ${days} days, by the lower end of the 95% interval of their failures`,
  ['Runner', 'Failed', '95% interval', 'Runs', 'Last run'],
  judged
    .slice(0, MOST)
    .map((one) => [
      html`${name(one.runner)}${one.standsOut ? html` <span class="badge">stands out</span>` : ''}`,
      `${one.fails} (${percent(one.fails / one.runs)})`,
      `${percent(one.low)} to ${percent(one.high)}`,
      one.runs,
      instant(one.last_at),
    ]),
)}${rest > 0 ? html`<p class="muted">And ${count(rest, 'more runner')}.</p>` : ''}`
}

function unknownWords(app: string, days: number): string {
  if (app === 'github-actions')
    return `No self-hosted runner was told of in the last ${days} days. GitHub’s own machines are new for every run, so none of them can stand out.`
  return 'Which machine a run was on is not told to GitHub by this CI. The page of the run, which each outcome below leads to, may say it.'
}
