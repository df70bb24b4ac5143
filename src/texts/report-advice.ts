/** The report's first line: what to do. */
import { count } from './figures.ts'
import { code } from './markdown.ts'
import type { Report, ReportJob } from './report-facts.ts'

/** With fewer retests than this, no odds are shown. */
const MIN_RETESTS = 3
/** After this many failures at one head without a pass, the failure is treated as the pull request's own. */
const MIN_REPEATED_FAILURES = 3
const MAX_NAMES = 3

/** The newest pass or fail of a job at the head; null when it has neither. */
export function lastOutcome({ runs }: Pick<ReportJob, 'runs'>): string | null {
  return runs.findLast((run) => run.outcome === 'pass' || run.outcome === 'fail')?.outcome ?? null
}

/**
 * The probability that the next run of a failing job passes, from its retests on other pull requests: the posterior mean
 * under Jeffreys' prior Beta(1/2, 1/2). Null with fewer than MIN_RETESTS.
 */
export function retestChance({ retests }: Pick<ReportJob, 'retests'>): number | null {
  if (!retests || retests.retested < MIN_RETESTS) return null
  return (retests.passed + 0.5) / (retests.retested + 1)
}

/** The line, in bold up to the colon or full stop. @param notable the jobs that failed or flaked at the head */
export function firstLine(report: Report, notable: readonly ReportJob[]): string {
  const { headSha, jobs, onlyJob } = report
  if (headSha === null) return '**No results yet.** Results of this pull request are recorded from now on.'
  const at = `at ${headSha.slice(0, 7)}`
  const gate = onlyJob === null ? undefined : report.gates.find(({ job }) => job === onlyJob)
  if (gate) return `**${code(gate.job)} is a gate, not a test.** Its results count in no figure.`
  if (jobs.length === 0 && onlyJob !== null)
    return `**No result of ${code(onlyJob)} ${at}.** ${reported(report.otherJobs)}`
  if (jobs.length === 0)
    return report.gates.length > 0
      ? `**No test has a result ${at} yet**, only gates.`
      : `**No result ${at} yet.**`
  if (notable.length === 0) return `**${greenText(jobs)}** ${at}.`
  const red = notable.filter((job) => lastOutcome(job) === 'fail')
  if (red.length === 0)
    return `**Nothing to do:** ${count(notable.length, 'job')} flaked ${at} and passed after a re-run.`
  return adviceOn(red)
}

function greenText(jobs: readonly ReportJob[]): string {
  const passed = jobs.filter((job) => lastOutcome(job) === 'pass').length
  if (passed === jobs.length)
    return jobs.length === 1 ? 'The only job passed' : `All ${jobs.length} jobs passed`
  return `No job failed: ${passed} of ${count(jobs.length, 'job')} passed`
}

function adviceOn(red: readonly ReportJob[]): string {
  const own = red.filter(looksOwn)
  const broken = red.filter((job) => !looksOwn(job) && job.base?.outcome === 'fail')
  const rest = red.filter((job) => !looksOwn(job) && job.base?.outcome !== 'fail')
  const flaking = rest.filter(flakesElsewhere)
  const unclear = rest.filter((job) => !flakesElsewhere(job))
  const sentences: string[] = []
  if (own.length > 0) sentences.push(`**This looks like yours:** ${names(own)} ${ownFailures(own)}.`)
  if (broken.length > 0)
    sentences.push(
      `**Wait before you retest:** ${names(broken)} ${broken.length === 1 ? 'fails' : 'fail'} on the base branch too.`,
    )
  if (flaking.length > 0)
    sentences.push(
      `**A retest is likely to help:** ${names(flaking)} also ${flaking.length === 1 ? 'flakes' : 'flake'} on other pull requests.`,
    )
  if (unclear.length > 0)
    sentences.push(
      `**Look at ${unclear.length === 1 ? 'this failure' : 'these failures'} first:** ${names(unclear)} ${unclear.length === 1 ? 'does' : 'do'} not flake on other pull requests.`,
    )
  return sentences.join(' ')
}

function looksOwn(job: ReportJob): boolean {
  if (job.flake) return job.flake.attribution === 'caused_by_pr'
  const fails = job.runs.filter((run) => run.outcome === 'fail').length
  return fails >= MIN_REPEATED_FAILURES && job.base?.outcome !== 'fail' && (retestChance(job) ?? 0) < 0.5
}

function ownFailures(own: readonly ReportJob[]): string {
  const flakes = own.filter((job) => job.flake).length
  if (flakes === own.length)
    return `${own.length === 1 ? 'flakes' : 'flake'} on this pull request and rarely on others`
  return flakes === 0
    ? 'failed every time on this pull request'
    : 'failed on this pull request and rarely on others'
}

/** Whether a re-run is worth it: most retests of the job pass, or with too few retests, it flakes on other pull requests. */
function flakesElsewhere(job: ReportJob): boolean {
  const chance = retestChance(job)
  return chance === null ? (job.baseRate?.flaky ?? 0) > 0 : chance >= 0.5
}

function names(jobs: readonly ReportJob[]): string {
  const shown = jobs
    .slice(0, MAX_NAMES)
    .map((job) => code(job.name))
    .join(', ')
  return jobs.length > MAX_NAMES ? `${shown} and ${jobs.length - MAX_NAMES} more` : shown
}

function reported(jobs: readonly string[]): string {
  if (jobs.length === 0) return 'No job has reported yet.'
  const more = jobs.length > 10 ? ` and ${jobs.length - 10} more` : ''
  return `Jobs with results: ${jobs
    .slice(0, 10)
    .map((name) => code(name))
    .join(', ')}${more}.`
}
