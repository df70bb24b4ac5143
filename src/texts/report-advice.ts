/** The report's first line: what to do, before anything else. */
import { count } from './figures.ts'
import { code } from './markdown.ts'
import type { Report, ReportJob } from './report-facts.ts'

/** Fewer retests than this say nothing about the next one. */
export const MIN_RETESTS = 3
/** A job that failed this often at one head and never passed has shown that it is no accident. */
const FAILS_ALONE = 3
const MAX_NAMES = 3

/** The last pass or fail of a job at the head, or null. */
export function lastOutcome({ runs }: Pick<ReportJob, 'runs'>): string | null {
  return runs.findLast((run) => run.outcome === 'pass' || run.outcome === 'fail')?.outcome ?? null
}

/** The chance that the next run of a failing job passes, from what its retests on other pull requests did; null: too few. */
export function retestChance({ retests }: Pick<ReportJob, 'retests'>): number | null {
  if (!retests || retests.retested < MIN_RETESTS) return null
  // The mean of the rate under Jeffreys' prior: never surely, never surely not.
  return (retests.passed + 0.5) / (retests.retested + 1)
}

/** The line, in bold up to the colon or full stop. `told` are the jobs that failed or flaked. */
export function firstLine(report: Report, told: readonly ReportJob[]): string {
  const { headSha, jobs, onlyJob } = report
  if (headSha === null)
    return '**Nothing is known of this pull request yet.** Its results are recorded from now on.'
  const at = `at ${headSha.slice(0, 7)}`
  if (jobs.length === 0 && onlyJob !== null)
    return `**No result of ${code(onlyJob)} ${at}.** ${known(report.otherJobs)}`
  if (jobs.length === 0) return `**No result ${at} yet.**`
  if (told.length === 0) return `**Nothing flaked here** ${at}: ${count(jobs.length, 'job')}, none failed.`
  const red = told.filter((job) => lastOutcome(job) === 'fail')
  if (red.length === 0)
    return `**Nothing to do:** ${count(told.length, 'job')} flaked ${at} and passed in the end.`
  return adviceOn(red)
}

function adviceOn(red: readonly ReportJob[]): string {
  const own = red.filter(looksOwn)
  const broken = red.filter((job) => !looksOwn(job) && job.base?.outcome === 'fail')
  const rest = red.filter((job) => !looksOwn(job) && job.base?.outcome !== 'fail')
  const flaking = rest.filter(flakesElsewhere)
  const unclear = rest.filter((job) => !flakesElsewhere(job))
  const sentences: string[] = []
  if (own.length > 0) sentences.push(`**This looks like yours:** ${names(own)} ${ownWords(own)}.`)
  if (broken.length > 0)
    sentences.push(
      `**Wait before you retest:** ${names(broken)} ${broken.length === 1 ? 'fails' : 'fail'} on the base branch too.`,
    )
  if (flaking.length > 0)
    sentences.push(
      `**A retest is likely to help:** ${flaking.length} of ${count(red.length, 'red job')} ${flaking.length === 1 ? 'flakes' : 'flake'} on other pull requests too.`,
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
  return fails >= FAILS_ALONE && job.base?.outcome !== 'fail' && (retestChance(job) ?? 0) < 0.5
}

function ownWords(own: readonly ReportJob[]): string {
  const flakes = own.filter((job) => job.flake).length
  if (flakes === own.length) return `${own.length === 1 ? 'flakes' : 'flake'} here and hardly anywhere else`
  return flakes === 0 ? 'failed every time here' : 'failed here as it hardly does anywhere else'
}

/** Whether running the job again is worth it: its retests mostly pass, or, where there are too few, it flakes elsewhere. */
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

function known(jobs: readonly string[]): string {
  if (jobs.length === 0) return 'No job has reported there yet.'
  const more = jobs.length > 10 ? ` and ${jobs.length - 10} more` : ''
  return `These have reported: ${jobs
    .slice(0, 10)
    .map((name) => code(name))
    .join(', ')}${more}.`
}
