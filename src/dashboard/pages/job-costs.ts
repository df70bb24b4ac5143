/** The most expensive jobs: share of the error budget, flakes, affected pull requests and time lost. */

import { wilson } from '@flake-sla/hunt/statistics'
import { BUDGET_DAYS, type ErrorBudget, type JobDayFlakes, type TimeLost } from '../../db/budget.ts'
import type { JobCost } from '../../db/jobs.ts'
import { count, percent } from '../../texts/figures.ts'
import { spark } from '../charts/spark.ts'
import { addDays, dayWords, durationWords } from '../dates.ts'
import { csvLink, type Html, html, jobLink, repositoryPath, table } from '../html.ts'
import { issueLink, ownerLinks, type TrackingIssue } from '../job-owners.ts'

const MAX_JOBS = 20

export interface CostlyJobs {
  /** Costs on the days of the error budget. */
  costs: readonly JobCost[]
  /** Costs of today, which is not part of the budget yet. */
  costsToday: readonly JobCost[]
  days: readonly JobDayFlakes[]
  lost: readonly TimeLost[]
  budget: ErrorBudget
  issues: ReadonlyMap<number, TrackingIssue>
  ownersOf(job: string): string[]
  githubUrl: string
}

/** The jobs that the table shows, in the order of `readJobCosts`. */
export function shownJobs(costs: readonly JobCost[]): number[] {
  return costs.slice(0, MAX_JOBS).map((job) => job.job_id)
}

/** The table of jobs. A job that flaked only today is listed too, with nothing spent of the budget yet. */
export function jobCosts(
  fullName: string,
  { costs, costsToday, days, lost, budget, issues, ownersOf, githubUrl }: CostlyJobs,
): Html {
  const all = [...costs, ...onlyToday(costs, costsToday)]
  const span = `the ${BUDGET_DAYS} days to ${dayWords(budget.last)}`
  if (all.length === 0) return html`<p>No required job flaked in ${span} or today.</p>`
  const tested = budget.sla.prs
  const total = costs.reduce((sum, job) => sum + job.flakes_counted, 0)
  const rows = all.slice(0, MAX_JOBS).map((job) => {
    const { low, high } = wilson(job.flakes, job.verdicts)
    const time = lost.find((row) => row.job_id === job.job_id)
    const now = costsToday.find((row) => row.job_id === job.job_id)
    const flakesByDay = new Map(
      days.filter((day) => day.job_id === job.job_id).map((day) => [day.day, day.flakes]),
    )
    const perDay = Array.from(
      { length: BUDGET_DAYS },
      (_, i) => flakesByDay.get(addDays(budget.first, i)) ?? null,
    )
    return [
      html`${jobLink(fullName, job.job_id, job.name)}${whose(githubUrl, ownersOf(job.name), issues.get(job.job_id))}`,
      total === 0 ? '–' : percent(job.flakes_counted / total),
      countedOf(job),
      now ? countedOf(now) : 0,
      html`${job.pull_requests} <br><small>${percent(tested === 0 ? null : job.pull_requests / tested)}</small>`,
      html`${percent(job.verdicts === 0 ? null : job.flakes / job.verdicts)} <br><small>${percent(low)} to ${percent(high)}</small>`,
      time ? timeLost(time) : '–',
      lastFlake(now ?? job),
      spark(perDay, 1),
    ]
  })
  const rest = all.length - MAX_JOBS
  return html`${table(
    `Jobs that flaked in ${span} or today, by share of the error budget spent. Affected pull requests: also as a share of those tested. Flake rate: share of commits at which the job flaked, with its 95% interval; commits where it never passed are left out. Time lost: waiting from the first failure to the pass, and machine time of re-runs.`,
    [
      'Job',
      'Share of budget',
      'Counted flakes',
      'Today',
      'Affected pull requests',
      'Flake rate',
      'Time lost',
      'Last flake',
      'Flakes by day',
    ],
    rows,
  )}<p class="muted">${rest > 0 ? `${count(rest, 'more job')} not shown. ` : ''}${csvLink(`/api/v1/repositories${repositoryPath(fullName)}/jobs.csv`, 'All jobs that flaked')}</p>`
}

/** Jobs that flaked today but not on the days of the budget. */
function onlyToday(costs: readonly JobCost[], costsToday: readonly JobCost[]): JobCost[] {
  const listed = new Set(costs.map((job) => job.job_id))
  const nothing = { flakes: 0, flakes_counted: 0, pull_requests: 0, counted_on: [], verdicts: 0 }
  return costsToday.filter((job) => !listed.has(job.job_id)).map((job) => ({ ...job, ...nothing }))
}

/** `3`, or `2 of 3` if not all flakes count. */
function countedOf({ flakes, flakes_counted }: JobCost): string | number {
  return flakes_counted === flakes ? flakes : `${flakes_counted} of ${flakes}`
}

function lastFlake({ last_flaked_at: at }: JobCost): Html {
  return html`<time datetime="${at}">${dayWords(at.slice(0, 10))}</time>`
}

/** Owners and issue, shown below the job's name: most jobs have neither, so a column would be mostly empty. */
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
  return html`${durationWords(waited_s * 1000)} waiting <br><small>${durationWords(rerun_s * 1000)} of re-runs</small>`
}
