/** The breach issue: the figure and its certainty first, then what to do, what cost most, and how it has been. */
import { type Sla, SMALL_SAMPLE } from '../domain/sla.ts'
import type { Breach, BreachIncident, CostlyJob } from './breach-facts.ts'
import { trendLines } from './breach-trend.ts'
import { count, duration, odds, percent } from './figures.ts'
import { clipBody, code, codeCell, link } from './markdown.ts'
import { budgetWords } from './report.ts'

const MAX_JOBS = 10
const MAX_PULL_REQUESTS = 8
const MAX_PREVIOUS = 5

/** Title: the figure and the day. */
export function breachTitle({ day, sla, elsewhere }: Breach): string {
  const where = elsewhere ? `${elsewhere}: presubmit` : 'Presubmit'
  return `${where} flakiness out of SLA on ${day}: ${percent(sla.rate)} (target below ${percent(sla.target)})`
}

/** Body, without its marker. */
export function breachBody(breach: Breach): string {
  const { sla, day, budget } = breach
  const lines = [
    `On ${day}, ${count(sla.flakes_counted, 'flake')} not caused by the pull request hit ${count(sla.prs, 'tested pull request')}: **${percent(sla.rate)}**${range(sla)}, target below ${percent(sla.target)}.`,
    '',
    certainty(sla),
    '',
    '### What to do',
    ...whatToDo(breach),
    '',
    '### What cost most',
    ...costs(breach),
    ...incidents(breach),
    '',
    '### How it has been',
    ...trendLines(breach),
    '',
    `- error budget of 28 days: ${budgetWords(budget)}`,
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
      : `The true rate is above the target with ${odds(breach_probability)} probability. `
  const small =
    prs < SMALL_SAMPLE
      ? `Small sample: below ${SMALL_SAMPLE} pull requests a single flake breaches the day. `
      : ''
  const own =
    flakes_caused_by_pr > 0 ? `${flakes_caused_by_pr} more were put down to the pull request itself. ` : ''
  const open =
    flakes_undetermined > 0 ? `Whose fault it was cannot be told yet of ${flakes_undetermined}.` : ''
  return `${likely}${small}${own}${open}`.trim()
}

/** Low counts only what is surely not the pull request's, high what cannot be told as well. */
function range({ rate_low, rate_high }: Sla): string {
  return rate_low === rate_high ? '' : ` (between ${percent(rate_low)} and ${percent(rate_high)})`
}

function whatToDo({ jobs, quarter, sla }: Breach): string[] {
  const [worst] = jobs
  if (!worst) return ['No single job stands out: all flakes of the day fell into the incidents below.']
  const owner =
    worst.owners.length > 0 ? ` (owned by ${worst.owners.map((one) => code(one)).join(', ')})` : ''
  const look = worst.example ? `, for instance ${link('this run', worst.example)}` : ''
  const share =
    worst.flakes === sla.flakes_counted
      ? 'it had every flake of the day'
      : `it had ${worst.flakes} of the ${count(sla.flakes_counted, 'flake')}`
  const label = quarter.labels[0]
  return [
    `1. Start with ${code(worst.name)}${owner}: ${share}. Look at why it failed${look}.`,
    '2. Fix it, or take it out of the required jobs until it is fixed. Retrying in the job hides the figure and helps nobody.',
    ...(label
      ? [`3. Give the pull request that fixes it the label ${code(label)}, so that it is counted below.`]
      : []),
  ]
}

function costs(breach: Breach): string[] {
  const { jobs } = breach
  if (jobs.length === 0) return ['Nothing outside the incidents.']
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
  const owned = owners.length > 0 ? `<br>owner: ${owners.map((one) => codeCell(one)).join(', ')}` : ''
  const run = example ? `<br>${link('a failure', example)}` : ''
  return `${codeCell(text)}${owned}${run}`
}

function lost({ rerun_s, waited_s }: CostlyJob): string {
  const parts = [
    ...(rerun_s > 0 ? [`${duration(rerun_s)} in reruns`] : []),
    ...(waited_s > 0 ? [`${duration(waited_s)} waiting`] : []),
  ]
  return parts.join(', ') || '–'
}

function since({ first_seen, change }: CostlyJob): string {
  const seen = first_seen ? `first seen ${first_seen}` : 'never seen before'
  return change
    ? `${seen}; worse since ${change.day} (${percent(change.before)} → ${percent(change.after)} of results)`
    : seen
}

function incidents(breach: Breach): string[] {
  if (breach.incidents.length === 0) return []
  const line = ({ from_at, jobs, flakes, pull_requests }: BreachIncident) =>
    `- from ${from_at.slice(0, 16).replace('T', ' ')} UTC, ${jobs
      .slice(0, 3)
      .map((job) => code(job))
      .join(
        ', ',
      )}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ''} failed everywhere and passed again: ${count(flakes, 'flake')} on ${hit(pull_requests, breach)}`
  return [
    '',
    '### Incidents',
    'A broken base or service, not a flake of the job; they count, and are listed apart.',
    ...breach.incidents.slice(0, MAX_JOBS).map(line),
  ]
}

function hit(pullRequests: readonly number[], { elsewhere }: Breach): string {
  const shown = pullRequests.slice(0, MAX_PULL_REQUESTS).map((number) => `${elsewhere ?? ''}#${number}`)
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
    `- this quarter (since ${start}): out of SLA on ${count(days, 'day')} and in ${count(weeks, 'week')}; ${count(fixes, 'pull request')} that fix flakes merged`,
    ...(before ? [`- earlier issues: ${before}`] : []),
    ...(dashboardUrl ? [`- [every flake, its evidence and its runs](${dashboardUrl})`] : []),
  ]
}

function notes({ definitionVersion, requiredSource, requiredProblem }: Breach): string {
  const all =
    requiredSource === 'all'
      ? ' No required jobs are known here, so every job seen on pull requests counts.'
      : ''
  return `<sub>Flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version ${definitionVersion}.${all}${requiredProblem ? ` ${requiredProblem}` : ''} This issue is closed by itself when the repository is back in SLA; reopen it and it stays open.</sub>`
}
