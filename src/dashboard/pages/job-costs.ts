/** The jobs by what they cost: share of the budget, how often, whom they hit, how much time went with them. */

import { wilson } from '@flake-sla/hunt/statistics'
import type { JobDayFlakes, TimeLost } from '../../db/budget.ts'
import type { JobCost } from '../../db/flakes.ts'
import { count, percent } from '../../texts/figures.ts'
import { spark } from '../charts/spark.ts'
import { addDays, dayWords, durationWords } from '../dates.ts'
import { csvLink, type Html, html, jobLink, repositoryPath, table } from '../html.ts'
import { issueLink, ownerLinks, type TrackingIssue } from '../job-owners.ts'

const MAX_JOBS = 20

export interface CostlyJobs {
  costs: readonly JobCost[]
  days: readonly JobDayFlakes[]
  lost: readonly TimeLost[]
  today: string
  /** Pull requests tested in the span. */
  tested: number
  issues: ReadonlyMap<number, TrackingIssue>
  ownersOf(job: string): string[]
  githubUrl: string
}

/** Ranks by counted flakes; among equals by the lower end of the flake rate's interval, which two lucky runs do not win. */
export function ranked(costs: readonly JobCost[]): (JobCost & { low: number; high: number })[] {
  return costs
    .map((job) => ({ ...job, ...wilson(job.flakes, job.verdicts) }))
    .sort((a, b) => b.flakes_counted - a.flakes_counted || b.low - a.low)
}

/** The jobs that are shown of those ranked. */
export function shownJobs(costs: readonly JobCost[]): number[] {
  return ranked(costs)
    .slice(0, MAX_JOBS)
    .map((job) => job.job_id)
}

/** @param span days that the costs are of */
export function jobCosts(
  fullName: string,
  { costs, days, lost, today, tested, issues, ownersOf, githubUrl }: CostlyJobs,
  span: number,
): Html {
  if (costs.length === 0) return html`<p>No job that counts flaked in the last ${span} days.</p>`
  const total = costs.reduce((sum, job) => sum + job.flakes_counted, 0)
  const all = ranked(costs)
  const shown = all.slice(0, MAX_JOBS)
  const rows = shown.map((job) => {
    const time = lost.find((one) => one.job_id === job.job_id)
    const own = new Map(days.filter((day) => day.job_id === job.job_id).map((day) => [day.day, day.flakes]))
    const perDay = Array.from({ length: span }, (_, i) => own.get(addDays(today, i + 1 - span)) ?? null)
    return [
      html`${jobLink(fullName, job.job_id, job.name)}${whose(githubUrl, ownersOf(job.name), issues.get(job.job_id))}`,
      total === 0 ? '–' : percent(job.flakes_counted / total),
      job.flakes_counted === job.flakes ? job.flakes : `${job.flakes_counted} of ${job.flakes}`,
      html`${job.pull_requests} <br><small>${percent(tested === 0 ? null : job.pull_requests / tested)}</small>`,
      html`${percent(job.verdicts === 0 ? null : job.flakes / job.verdicts)} <br><small>${percent(job.low)} to ${percent(job.high)}</small>`,
      time ? timeLost(time) : '–',
      html`<time datetime="${job.last_flaked_at}">${dayWords(job.last_flaked_at.slice(0, 10))}</time>`,
      spark(perDay, 1),
    ]
  })
  const rest = all.length - shown.length
  return html`${table(
    `Jobs that flaked in the last ${span} days, by their share of the budget spent. Pull requests hit: also as a share of those tested. Flake rate: commits at which the job flaked, of those it judged, with its 95% interval. Time lost: waited from the first failure to the pass, and of machines on re-runs.`,
    [
      'Job',
      'Share',
      'Flakes counted',
      'Pull requests hit',
      'Flake rate',
      'Time lost',
      'Last flake',
      'Flakes by day',
    ],
    rows,
  )}<p class="muted">${rest > 0 ? `And ${count(rest, 'more job')}. ` : ''}${csvLink(`/api/v1/repositories${repositoryPath(fullName)}/jobs.csv`, 'All jobs that flaked')}</p>`
}

/** Below the name of a job: a column of its own would be empty for most, and too wide for the rest. */
function whose(
  githubUrl: string,
  owners: readonly string[],
  issue: TrackingIssue | undefined,
): Html | string {
  if (owners.length === 0 && !issue) return ''
  const owned = owners.length > 0 ? html`Owner: ${ownerLinks(githubUrl, owners)}` : ''
  const tracked = issue ? html`Issue: ${issueLink(issue)}` : ''
  return html` <br><small>${owned}${owned && tracked ? ' · ' : ''}${tracked}</small>`
}

function timeLost({ waited_s, rerun_s }: TimeLost): Html {
  return html`${durationWords(waited_s * 1000)} waited <br><small>${durationWords(rerun_s * 1000)} of re-runs</small>`
}
