/** The breach issue: the figure and its certainty first, then what cost most and what to do. */
import { type Sla, SMALL_SAMPLE } from '../domain/sla.ts'
import { count, percent } from './figures.ts'
import { clipBody, code } from './markdown.ts'

export interface CostlyJob {
  name: string
  flakes: number
  pull_requests: number[]
}

export interface Breach {
  /** `YYYY-MM-DD`, the day by the repository's clock. */
  day: string
  sla: Sla
  definitionVersion: number
  requiredSource: string
  /** What could not be read of branch protection, and what to grant. */
  requiredProblem?: string | null
  jobs: CostlyJob[]
  /** The last 28 days, oldest first; null where nothing was tested. */
  trend: { day: string; rate: number | null }[]
}

/** Title: the figure and the day. */
export function breachTitle({ day, sla }: Breach): string {
  return `Presubmit flakiness out of SLA on ${day}: ${percent(sla.rate)} (target below ${percent(sla.target)})`
}

/** Body, without its marker. */
export function breachBody(breach: Breach): string {
  const { sla, day, jobs } = breach
  const lines = [
    `On ${day}, ${count(sla.flakes_counted, 'flake')} not caused by the pull request hit ${count(sla.prs, 'tested pull request')}: **${percent(sla.rate)}**${range(sla)}, target below ${percent(sla.target)}.`,
    '',
    certainty(sla),
    '',
    '### What cost most',
    '| Job | Flakes | Pull requests hit |',
    '| --- | ---: | --- |',
    ...jobs.slice(0, 10).map((job) => `| ${code(job.name)} | ${job.flakes} | ${hit(job.pull_requests)} |`),
    ...(jobs.length > 10 ? ['', `and ${count(jobs.length - 10, 'more job')}`] : []),
    '',
    '### The last 28 days',
    ...chart(breach),
    '',
    `### What to do`,
    `Start with ${jobs[0] ? code(jobs[0].name) : 'the jobs above'}: it took the largest share. Fix or quarantine it; a pull request that only adds retries hides the figure without helping anybody.`,
    '',
    notes(breach),
  ]
  return clipBody(lines.join('\n'))
}

function certainty({
  prs,
  breach_probability,
  flakes,
  flakes_undetermined,
  flakes_caused_by_pr,
}: Sla): string {
  const odds =
    breach_probability === null
      ? ''
      : `The true rate is above the target with ${percent(breach_probability)} probability. `
  const small =
    prs < SMALL_SAMPLE
      ? `This is a small sample: below ${SMALL_SAMPLE} pull requests a single flake breaches the day. `
      : ''
  return `${odds}${small}Of all ${count(flakes, 'flake')}, ${flakes_caused_by_pr} were put down to the pull request itself and ${flakes_undetermined} cannot be told yet.`
}

/** Low counts only what is surely not the pull request's, high what cannot be told as well. */
function range({ rate_low, rate_high }: Sla): string {
  return rate_low === rate_high ? '' : ` (between ${percent(rate_low)} and ${percent(rate_high)})`
}

function hit(pullRequests: readonly number[]): string {
  const shown = pullRequests.slice(0, 8).map((number) => `#${number}`)
  return pullRequests.length > 8
    ? `${shown.join(', ')} and ${pullRequests.length - 8} more`
    : shown.join(', ')
}

/** GitHub draws Mermaid itself, so the picture needs no server that it could not reach. */
function chart({ trend, sla, day }: Breach): string[] {
  const values = trend.map(({ rate }) => ((rate ?? 0) * 100).toFixed(2))
  const missing = trend.filter(({ rate }) => rate === null).length
  return [
    '```mermaid',
    'xychart-beta',
    `  x-axis "days up to ${day}" 1 --> ${trend.length}`,
    '  y-axis "flakes per 100 pull requests"',
    `  bar [${values.join(', ')}]`,
    `  line [${trend.map(() => (sla.target * 100).toFixed(2)).join(', ')}]`,
    '```',
    ...(missing > 0
      ? [
          `${count(missing, 'day')} without a tested pull request ${missing === 1 ? 'is' : 'are'} drawn as no bar: no data, not zero.`,
        ]
      : []),
  ]
}

function notes({ definitionVersion, requiredSource, requiredProblem }: Breach): string {
  const all =
    requiredSource === 'all'
      ? ' No required jobs are known here, so every job seen on pull requests counts.'
      : ''
  return `<sub>Flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version ${definitionVersion}.${all}${requiredProblem ? ` ${requiredProblem}` : ''}</sub>`
}
