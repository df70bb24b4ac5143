/** The breach issue: the rate and how certain it is, what to do, the most expensive jobs, and the trend. */
import { type Sla, SMALL_SAMPLE } from '../domain/sla.ts'
import type { Breach, BreachIncident, CostlyJob } from './breach-facts.ts'
import { trendLines } from './breach-trend.ts'
import { count, duration, odds, percent } from './figures.ts'
import { clipBody, code, codeCell, link } from './markdown.ts'
import { budgetText } from './report.ts'
import { EVERY_JOB_COUNTS, requiredSentences } from './required.ts'

const MAX_JOBS = 10
const MAX_PULL_REQUESTS = 8
const MAX_PREVIOUS = 5

/** The title: the day, the rate and the target. */
export function breachTitle({ day, sla, measuredRepository }: Breach): string {
  const where = measuredRepository ? `${measuredRepository}: presubmit` : 'Presubmit'
  return `${where} flakiness out of SLA on ${day}: ${percent(sla.rate)} (target below ${percent(sla.target)})`
}

/** The body, without its marker. */
export function breachBody(breach: Breach): string {
  const { sla, day, budget } = breach
  const lines = [
    `On ${day}: ${count(sla.flakes_counted, 'flake')} not caused by the pull request in ${count(sla.prs, 'tested pull request')} (**${percent(sla.rate)}**${range(sla)}). The target is below ${percent(sla.target)}.`,
    '',
    certainty(sla),
    '',
    '### What to do',
    ...whatToDo(breach),
    '',
    '### Most expensive jobs',
    ...costs(breach),
    ...incidents(breach),
    '',
    '### Trend',
    ...trendLines(breach),
    '',
    `- Error budget, 28 days: ${budgetText(budget)}`,
    ...record(breach),
    '',
    notes(breach),
  ]
  return clipBody(lines.join('\n'))
}

function certainty({ prs, breach_probability, flakes_undetermined, flakes_caused_by_pr }: Sla): string {
  const likely =
    breach_probability === null
      ? ''
      : `The probability that the true rate is above the target is ${odds(breach_probability)}. `
  const small =
    prs < SMALL_SAMPLE
      ? `Small sample: with fewer than ${SMALL_SAMPLE} pull requests, a single flake breaches the day. `
      : ''
  const own =
    flakes_caused_by_pr > 0
      ? `${count(flakes_caused_by_pr, 'more flake')} ${flakes_caused_by_pr === 1 ? 'was' : 'were'} attributed to the pull request itself. `
      : ''
  const open =
    flakes_undetermined > 0
      ? `The attribution of ${count(flakes_undetermined, 'flake')} is still undecided.`
      : ''
  return `${likely}${small}${own}${open}`.trim()
}

/** The low end counts only flakes attributed elsewhere; the high end adds the undecided ones. */
function range({ rate_low, rate_high }: Sla): string {
  return rate_low === rate_high
    ? ''
    : `; between ${percent(rate_low)} and ${percent(rate_high)} including undecided flakes`
}

function whatToDo({ jobs, quarter, sla }: Breach): string[] {
  const [worst] = jobs
  if (!worst) return ['No single job stands out: every flake of the day is part of an incident listed below.']
  const owner =
    worst.owners.length > 0 ? ` (owned by ${worst.owners.map((owner) => code(owner)).join(', ')})` : ''
  const look = worst.example ? `, for example ${link('this run', worst.example)}` : ''
  const share =
    worst.flakes === sla.flakes_counted
      ? 'it caused every counted flake of the day'
      : `it caused ${worst.flakes} of the ${count(sla.flakes_counted, 'counted flake')}`
  const label = quarter.labels[0]
  return [
    `1. Start with ${code(worst.name)}${owner}: ${share}. Find out why it failed${look}.`,
    '2. Fix it, or stop requiring it until it is fixed. Automatic retries only hide the problem.',
    ...(label
      ? [
          `3. Add the label ${code(label)} to the pull request that fixes it, so that it counts as a fix below.`,
        ]
      : []),
  ]
}

function costs(breach: Breach): string[] {
  const { jobs } = breach
  if (jobs.length === 0) return ['None outside the incidents.']
  const rows = jobs.slice(0, MAX_JOBS).map((job) => {
    const cells = [name(job), String(job.flakes), hit(job.pull_requests, breach), lost(job), since(job)]
    return `| ${cells.join(' | ')} |`
  })
  const more = jobs.length > MAX_JOBS ? ['', `and ${count(jobs.length - MAX_JOBS, 'more job')}`] : []
  return [
    '| Job | Flakes | Pull requests hit | Time lost | Since |',
    '| --- | ---: | --- | --- | --- |',
    ...rows,
    ...more,
  ]
}

function name({ name: text, owners, example }: CostlyJob): string {
  const owned = owners.length > 0 ? `<br>owner: ${owners.map((owner) => codeCell(owner)).join(', ')}` : ''
  const run = example ? `<br>${link('a failure', example)}` : ''
  return `${codeCell(text)}${owned}${run}`
}

function lost({ rerun_s, waited_s }: CostlyJob): string {
  const parts = [
    ...(rerun_s > 0 ? [`${duration(rerun_s)} of re-runs`] : []),
    ...(waited_s > 0 ? [`${duration(waited_s)} of waiting`] : []),
  ]
  return parts.join(', ') || '–'
}

function since({ first_seen, change }: CostlyJob): string {
  const seen = first_seen ? `first flake ${first_seen}` : 'first flake'
  return change
    ? `${seen}; worse since ${change.day} (${percent(change.before)} → ${percent(change.after)} of results flaky)`
    : seen
}

function incidents(breach: Breach): string[] {
  if (breach.incidents.length === 0) return []
  const line = ({ from_at, jobs, flakes, pull_requests }: BreachIncident) =>
    `- From ${from_at.slice(0, 16).replace('T', ' ')} UTC, ${jobs
      .slice(0, 3)
      .map((job) => code(job))
      .join(
        ', ',
      )}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''} failed everywhere, then passed again: ${count(flakes, 'flake')} on ${hit(pull_requests, breach)}`
  return [
    '',
    '### Incidents',
    'The base branch or a service was broken, not the job. These flakes count and are listed separately.',
    ...breach.incidents.slice(0, MAX_JOBS).map(line),
  ]
}

function hit(pullRequests: readonly number[], { measuredRepository }: Breach): string {
  const shown = pullRequests
    .slice(0, MAX_PULL_REQUESTS)
    .map((number) => `${measuredRepository ?? ''}#${number}`)
  return pullRequests.length > MAX_PULL_REQUESTS
    ? `${shown.join(', ')} and ${pullRequests.length - MAX_PULL_REQUESTS} more`
    : shown.join(', ')
}

function record({ quarter, previous, dashboardUrl }: Breach): string[] {
  const { start, days, weeks, fixes } = quarter
  const before = previous
    .slice(0, MAX_PREVIOUS)
    .map(({ day, url }) => link(day, url))
    .join(', ')
  return [
    `- This quarter (since ${start}): out of SLA on ${count(days, 'day')} and in ${count(weeks, 'week')}; ${count(fixes, 'pull request')} that ${fixes === 1 ? 'fixes' : 'fix'} flakes merged`,
    ...(before ? [`- Earlier issues: ${before}`] : []),
    ...(dashboardUrl ? [`- [All flakes with their evidence and runs](${dashboardUrl})`] : []),
  ]
}

function notes({ definitionVersion, required, budget }: Breach): string {
  const sentences = requiredSentences(required, budget.first)
  if (required.source === 'all') sentences.unshift(EVERY_JOB_COUNTS)
  const about = sentences.map((sentence) => ` ${sentence}`).join('')
  return `<sub>Rate: flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version ${definitionVersion}.${about} This issue closes automatically when the repository is back in SLA. Reopen it to keep it open.</sub>`
}
