/** The answer to `/flake-report`: what to do first, then a row a job, then where the SLA stands. */
import { type Sla, SMALL_SAMPLE } from '../domain/sla.ts'
import { count, percent } from './figures.ts'
import { clipBody, code, link } from './markdown.ts'

const MOST_ROWS = 20

export interface ReportRun {
  outcome: string
  reason: string | null
  url: string | null
}

export interface ReportFlake {
  attribution: string | null
  probability: number | null
  evidence: Record<string, unknown> | null
}

export interface ReportJob {
  name: string
  runs: ReportRun[]
  flake: ReportFlake | null
  habit: { flaky: number; verdicts: number; seen_on: number[] } | null
}

export interface Report {
  number: number
  headSha: string | null
  jobs: ReportJob[]
  earlierFlakes: { name: string; head_sha: string; attribution: string | null; probability: number | null }[]
  requiredSource: string
  /** What could not be read of branch protection, and what to grant. */
  requiredProblem?: string | null
  day: Sla | null
  week: Sla | null
  target: number
}

/** The whole comment, without its marker. */
export function reportText(report: Report): string {
  const told = report.jobs.filter((job) => job.flake !== null || lastOutcome(job) === 'fail')
  const parts = [firstLine(report, told), '']
  if (told.length > 0) parts.push(...table(told), '')
  if (report.earlierFlakes.length > 0) parts.push(...earlier(report), '')
  parts.push(slaLine(report))
  if (report.requiredSource === 'all') {
    parts.push('', '<sub>No required jobs are known here, so every job seen on pull requests counts.</sub>')
  }
  if (report.requiredProblem) parts.push('', `<sub>${report.requiredProblem}</sub>`)
  return clipBody(parts.join('\n'))
}

function firstLine({ headSha, jobs }: Report, told: readonly ReportJob[]): string {
  if (headSha === null)
    return '**Nothing is known of this pull request yet.** Its results are recorded from now on.'
  const at = `at ${headSha.slice(0, 7)}`
  if (told.length === 0)
    return jobs.length === 0
      ? `**No result ${at} yet.**`
      : `**Nothing flaked here** ${at}: ${count(jobs.length, 'job')}, none failed.`
  const red = told.filter((job) => lastOutcome(job) === 'fail')
  const elsewhere = red.filter((job) => (job.habit?.flaky ?? 0) > 0)
  const own = told.filter((job) => job.flake?.attribution === 'caused_by_pr')
  if (own.length > 0)
    return `**This looks like yours:** ${own.map((job) => code(job.name)).join(', ')} flakes on this pull request and hardly anywhere else.`
  if (red.length > 0 && elsewhere.length > 0) {
    return `**A retest is likely to help:** ${elsewhere.length} of ${count(red.length, 'red job')} ${elsewhere.length === 1 ? 'flakes' : 'flake'} on other pull requests too.`
  }
  if (red.length > 0)
    return `**Look at the failures first:** ${red.length === 1 ? 'the red job has' : `none of the ${red.length} red jobs have`} not flaked on other pull requests in 14 days.`
  return `**${count(told.length, 'job')} flaked ${at}** and passed in the end; nothing is red now.`
}

function table(jobs: readonly ReportJob[]): string[] {
  const rows = jobs
    .slice(0, MOST_ROWS)
    .map((job) => `| ${code(job.name)} | ${history(job.runs)} | ${verdict(job)} | ${evidence(job)} |`)
  const more = jobs.length > MOST_ROWS ? ['', `and ${jobs.length - MOST_ROWS} more`] : []
  return [
    '| Job | Runs at this head | Your pull request’s fault? | Why |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...more,
  ]
}

const SIGNS: Record<string, string> = {
  pass: '✅ passed',
  fail: '❌ failed',
  aborted: '⊘ aborted',
  infra: '⚠ infrastructure',
  skipped: '– skipped',
}

function history(runs: readonly ReportRun[]): string {
  const shown = runs.slice(-8).map((run) => link(SIGNS[run.outcome] ?? run.outcome, run.url))
  return `${runs.length > 8 ? '… ' : ''}${shown.join(' → ')}`
}

/** The verdict in words with its odds. */
function verdict({ flake, runs }: ReportJob): string {
  const fails = runs.filter((run) => run.outcome === 'fail').length
  if (!flake && fails > 1) return `probably: it failed all ${fails} times`
  if (!flake) return 'not known: it was not run again'
  return verdictWords(flake.attribution, flake.probability)
}

/** A verdict for people: `not yours (3% likely)`. */
export function verdictWords(label: string | null, probability: number | null): string {
  const odds = probability === null ? '' : ` (${percent(probability)} likely yours)`
  if (label === 'not_caused_by_pr') return `no${odds}`
  if (label === 'caused_by_pr') return `yes${odds}`
  return `cannot be told yet${odds}`
}

function evidence({ flake, habit }: ReportJob): string {
  const { k, n, seen_on, window_days } = (flake?.evidence ?? {}) as {
    k?: number
    n?: number
    seen_on?: number[]
    window_days?: number
  }
  if (flake && n !== undefined && k !== undefined)
    return alsoSeen(Math.round(k), n, seen_on ?? [], window_days ?? 14)
  if (habit) return alsoSeen(habit.flaky, habit.verdicts, habit.seen_on.slice(-5).reverse(), 14)
  return 'no other pull request ran it in 14 days'
}

/** `also flaked 5 times in 187 verdicts of others in 14 days: #12, #34`. */
export function alsoSeen(k: number, n: number, seenOn: readonly number[], days: number): string {
  const elsewhere = `${count(n, 'result')} of other pull requests in ${days} days`
  if (n === 0) return `no results of other pull requests in ${days} days`
  if (k === 0) return `flaked on none of ${elsewhere}`
  const links = seenOn.map((number) => `#${number}`).join(', ')
  return `also flaked on ${k} of ${elsewhere}${links ? `: ${links}` : ''}`
}

function earlier({ earlierFlakes }: Report): string[] {
  const lines = earlierFlakes
    .slice(0, MOST_ROWS)
    .map(
      (flake) =>
        `- ${flake.head_sha.slice(0, 7)} ${code(flake.name)}: ${verdictWords(flake.attribution, flake.probability)}`,
    )
  const more = earlierFlakes.length > MOST_ROWS ? [`- and ${earlierFlakes.length - MOST_ROWS} more`] : []
  return [
    '<details><summary>Flakes at earlier heads of this pull request</summary>',
    '',
    ...lines,
    ...more,
    '',
    '</details>',
  ]
}

function slaLine({ day, week, target }: Report): string {
  return `SLA (target below ${percent(target)}): ${windowWords('today so far', day)}; ${windowWords('this week so far', week)}.`
}

/** One window in a sentence's part. */
export function windowWords(name: string, sla: Sla | null): string {
  if (!sla || sla.prs === 0) return `${name} no data`
  const small = sla.prs < SMALL_SAMPLE ? ', small sample' : ''
  return `${name} ${percent(sla.rate)}, ${sla.breached ? 'out of SLA' : 'in SLA'} (${count(sla.flakes_counted, 'flake')} not caused by the pull request / ${count(sla.prs, 'pull request')} tested${small})`
}

function lastOutcome({ runs }: ReportJob): string | null {
  const told = runs.filter((run) => run.outcome === 'pass' || run.outcome === 'fail')
  return told[told.length - 1]?.outcome ?? null
}
