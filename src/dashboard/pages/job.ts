/** One job: its flake rate over time, when the rate changed and what was merged then, and its flakes and runs. */

import { wilson } from '@flake-sla/hunt/statistics'
import { readChangePoints } from '../../db/change-points.ts'
import { readLatestFlakes } from '../../db/flakes.ts'
import { type JobKey, readJob } from '../../db/job-table.ts'
import type { Row } from '../../db/schema.ts'
import { count, percent } from '../../texts/figures.ts'
import { type RatePoint, rateSvg } from '../charts/rate.ts'
import { addDays, dayWords, durationWords, isMonday, weekdayWords } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, instant, name, pullRequestLink, repositoryPath, table } from '../html.ts'
import { issueLink, ownerLinks, ownersOf, type TrackingIssue, trackingIssues } from '../job-owners.ts'
import { readMergedAround } from '../merged-around.ts'
import {
  type JobDay,
  type Merged,
  type OutcomeDuration,
  readDurations,
  readJobDays,
  readLatestRuns,
} from '../queries/job.ts'
import { readRunnerRecords } from '../queries/runners.ts'
import { lastDays, type RepositoryView } from '../view.ts'
import { outcomeWords } from '../wording.ts'
import { flakeTable } from './flake-table.ts'
import { hoursAndWeekdays } from './hours.ts'
import { hunts } from './hunts.ts'
import { runnersSection } from './runners.ts'
import { RUN_HEAD, runCells } from './runs.ts'

const DAYS = 91
const DURATION_DAYS = 28
const MAX_FLAKES = 30
const MAX_RUNS = 25
const MAX_MERGED = 30

/** The body of `/{owner}/{repo}/jobs/{jobId}`; null if there is no such job. */
export async function jobPage(
  { db, githubUrl }: Pick<DashboardDeps, 'db' | 'githubUrl'>,
  view: RepositoryView,
  jobId: number,
): Promise<Html | null> {
  const { repository, settings } = view
  const { full_name } = repository
  const key = { repositoryId: repository.repository_id, jobId }
  const job = await readJob(db, key)
  if (!job) return null
  const { days, change, flakes, durations, runners, runs, issue } = await readParts(db, view, key)
  const base = `/api/v1/repositories${repositoryPath(full_name)}`
  const api = `${base}/jobs/${jobId}`
  return html`<h2>${name(job.name)}</h2>${identity(job, view)}
${whose(githubUrl, ownersOf(settings, job.name), issue)}
${rates(days, change)}
${change ? await changed(db, view, change, api) : ''}
<h3>Flakes</h3>${flakeTable(full_name, flakes, false)}
${hoursAndWeekdays(
  flakes.map((flake) => flake.flaked_at),
  settings.timeZone,
)}
<h3>Duration</h3>${durationTable(durations)}
${runnersSection(runners, job.app, DURATION_DAYS)}${runners.length > 0 ? csvLink(`${api}/runners.csv`, 'Runners') : ''}
${await hunts(db, full_name, job.name, `${api}/hunts.csv`)}
<h3>Latest runs</h3>${runTable(full_name, runs)}
${csvLink(`${api}/runs.csv`, 'Runs')} ${csvLink(`${base}/flakes.csv?job_id=${jobId}`, 'Flakes')} ${csvLink(`${api}/durations.csv`, 'Durations')} ${csvLink(`${api}/days.csv?days=${DAYS}`, 'Flake rate by day')}`
}

/** Reads what the page shows, concurrently. */
async function readParts(db: DashboardDeps['db'], view: RepositoryView, key: JobKey) {
  const { calendar, now, today } = view
  const from = addDays(today, 1 - DAYS)
  const span = { from: calendar.of('day', from).from, to: now + 1 }
  const lately = lastDays(view, DURATION_DAYS)
  const [days, changes, flakes, durations, runners, runs, issues] = await Promise.all([
    readJobDays(db, key, span, calendar),
    readChangePoints(db, key.repositoryId, from, key.jobId),
    readLatestFlakes(db, view.scope, { from: 0, to: now + 1 }, { limit: MAX_FLAKES, jobId: key.jobId }),
    readDurations(db, key, lately),
    readRunnerRecords(db, key, lately),
    readLatestRuns(db, key, { limit: MAX_RUNS, before: now + 1 }),
    trackingIssues({ db }, view),
  ])
  const [change = null] = changes
  return {
    days: everyDay(days, from),
    change,
    flakes,
    durations,
    runners,
    runs,
    issue: issues.get(key.jobId),
  }
}

function whose(
  githubUrl: string,
  owners: readonly string[],
  issue: TrackingIssue | undefined,
): Html | string {
  if (owners.length === 0 && !issue) return ''
  const owned = owners.length > 0 ? html`Owner: ${ownerLinks(githubUrl, owners)}. ` : ''
  return html`<p>${owned}${issue ? html`Tracked in ${issueLink(issue)}.` : ''}</p>`
}

function runTable(fullName: string, runs: readonly Row<'run'>[]): Html {
  return table(
    `The latest ${MAX_RUNS} runs, newest first`,
    [...RUN_HEAD, 'Pull request'],
    runs.map((run) => [
      ...runCells(run),
      run.number === null ? 'default branch or merge queue' : pullRequestLink(fullName, run.number),
    ]),
  )
}

function identity(job: Row<'job'>, { required }: RepositoryView): Html {
  const counts = required.includesNow(job)
  const kind = job.source === 'status' ? 'Commit status' : html`Check run by ${name(job.app)}`
  return html`<p class="muted">${kind}${job.workflow ? html`, workflow ${name(job.workflow)}` : ''}${job.event ? html`, on <code>${job.event}</code>` : ''}. ${counts ? 'It counts towards the SLA.' : 'It is not required, so it does not count towards the SLA.'}</p>`
}

/** Every day of the time span, including those without a verdict. */
function everyDay(stored: readonly JobDay[], from: string): JobDay[] {
  const byDay = new Map(stored.map((day) => [day.day, day]))
  return Array.from({ length: DAYS }, (_, i) => {
    const day = addDays(from, i)
    return byDay.get(day) ?? { day, flaky: 0, verdicts: 0 }
  })
}

function weeksOf(days: readonly JobDay[]): (JobDay & RatePoint)[] {
  const first = days.findIndex((day) => isMonday(day.day))
  const weeks: (JobDay & RatePoint)[] = []
  for (let i = first; i < days.length; i += 7) {
    const week = days.slice(i, i + 7)
    const flaky = week.reduce((sum, day) => sum + day.flaky, 0)
    const verdicts = week.reduce((sum, day) => sum + day.verdicts, 0)
    const day = week[0]?.day ?? ''
    weeks.push({
      day,
      start: day,
      flaky,
      verdicts,
      rate: verdicts === 0 ? null : flaky / verdicts,
      ...wilson(flaky, verdicts),
    })
  }
  return weeks
}

function rates(days: readonly JobDay[], change: Row<'change_point'> | null): Html {
  const weeks = weeksOf(days)
  const flaky = days.reduce((sum, day) => sum + day.flaky, 0)
  const verdicts = days.reduce((sum, day) => sum + day.verdicts, 0)
  if (verdicts === 0)
    return html`<p class="lead">No verdict in the last ${DAYS} days: the job passed at no commit.</p>`
  const { low, high } = wilson(flaky, verdicts)
  const changeDay = change?.changed_on
  const changeWeek = changeDay ? weeks.findLastIndex((week) => week.start <= changeDay) : -1
  const words = `Flake rate by week over ${DAYS} days: ${percent(flaky / verdicts)} overall, 95% interval ${percent(low)} to ${percent(high)}.`
  const at = changeWeek < 0 ? null : changeWeek
  return html`<p class="lead">It flaked at ${flaky} of ${count(verdicts, 'commit')} in ${DAYS} days: ${percent(flaky / verdicts)} (95% interval ${percent(low)} to ${percent(high)}). Commits where it never passed are left out.</p>
<figure><div class="wide">${rateSvg(weeks, at, { width: 1040, height: 220 }, { id: 'rate-wide', words })}</div>
<div class="narrow">${rateSvg(weeks, at, { width: 360, height: 200 }, { id: 'rate-narrow', words })}</div>
<figcaption class="key"><span><i class="k-week"></i>week</span><span><i class="k-band"></i>95% interval</span>${at === null ? '' : html`<span><i class="k-change"></i>the rate changed</span>`}</figcaption></figure>
<details><summary>Show as a table</summary>${table(
    'Weeks, newest first',
    ['Week of', 'Flake rate', '95% interval', 'Commits with a flake', 'Commits with a verdict'],
    weeks
      .toReversed()
      .map((week) => [
        dayWords(week.start),
        percent(week.rate),
        week.rate === null ? '–' : `${percent(week.low)} to ${percent(week.high)}`,
        week.flaky,
        week.verdicts,
      ]),
  )}</details>`
}

async function changed(
  db: DashboardDeps['db'],
  view: RepositoryView,
  change: Row<'change_point'>,
  api: string,
): Promise<Html> {
  const day = change.changed_on
  const before = { flaky: change.before_flaky, verdicts: change.before_verdicts }
  const after = { flaky: change.after_flaky, verdicts: change.after_verdicts }
  const merged = await readMergedAround(db, view, day, MAX_MERGED)
  const rose = after.flaky / after.verdicts > before.flaky / before.verdicts
  return html`<h3>It ${rose ? 'got worse' : 'got better'} around ${weekdayWords(day)}</h3>
<p>Before: flaked at ${before.flaky} of ${count(before.verdicts, 'commit')} (${percent(before.flaky / before.verdicts)}). Since: ${after.flaky} of ${count(after.verdicts, 'commit')} (${percent(after.flaky / after.verdicts)}). Merged around that day${merged.length === MAX_MERGED ? ` (first ${MAX_MERGED})` : ''}:</p>
${merged.length === 0 ? html`<p>None recorded.</p>` : mergedTable(view.repository.full_name, merged)}${csvLink(`${api}/changes/${day}/merged.csv`, 'Pull requests merged around that day')}`
}

function mergedTable(fullName: string, merged: readonly Merged[]): Html {
  return table(
    'Pull requests merged from two days before to one day after, oldest first',
    ['Pull request', 'Title', 'Author', 'Merged'],
    merged.map(({ number, title, author, merged_at }) => [
      pullRequestLink(fullName, number),
      name(title),
      name(author),
      instant(merged_at),
    ]),
  )
}

function durationTable(durations: readonly OutcomeDuration[]): Html {
  const words = (seconds: number | null) => (seconds === null ? '–' : durationWords(seconds * 1000))
  return table(
    `Runs of the last ${DURATION_DAYS} days. Failures that take as long as passes are usually test failures; failures that take much longer are usually hangs.`,
    ['Outcome', 'Runs', 'Median', '90th percentile'],
    durations.map(({ outcome, runs, median_s, p90_s }) => [
      outcomeWords(outcome),
      runs,
      words(median_s),
      words(p90_s),
    ]),
  )
}
