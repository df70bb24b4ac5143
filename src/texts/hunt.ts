/** The answer to `/hunt` on a pull request: one comment, written when the hunt starts and edited when it ends. */
import { count } from './figures.ts'
import { code } from './markdown.ts'

export const HUNT_NOT_ALLOWED = 'No hunt started: only people with write permission can use `/hunt`.'
const MAX_NAMES = 20

export const HUNT_USAGE =
  'Name a job: `/hunt JOB`, or `/hunt JOB N` for at most N runs. Put a job name that ends in a number in backquotes.'

/** The answer when GitHub Actions has no such job at the head. @param names the jobs that exist there */
export function noJobText(job: string, headSha: string, names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => code(name))
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  const jobs = shown.length === 0 ? 'It has no jobs there yet.' : `Its jobs are ${shown.join(', ')}${more}.`
  return `No hunt started: GitHub Actions has no job ${code(job)} at ${short(headSha)}. ${jobs}`
}

/** The answer when the daily time limit of all hunts is used up. */
export function usedUpText(minutes: number): string {
  return `No hunt started: hunts in this repository may use ${count(minutes, 'minute')} in 24 hours, and that is used up.`
}

export interface RequestedHunt {
  job: string
  headSha: string
  askedBy: string
  runs: number
  /** The number of runs requested, when the settings allow fewer; else null. */
  wanted: number | null
  minutes: number
}

/** The comment while the hunt runs. */
export function huntBegunText({ job, headSha, askedBy, runs, wanted, minutes }: RequestedHunt): string {
  const capped = wanted === null ? '' : ` (not ${wanted}: that is the limit in the settings)`
  return [
    `Hunting ${code(job)} at ${short(headSha)} for ${code(askedBy)}: re-running it up to ${count(runs, 'time')}${capped}, one run at a time, until the result is clear. Hunts in this repository may use ${count(minutes, 'minute')} in 24 hours.`,
    'These runs do not count in the SLA, but GitHub shows the newest of them as the job’s result. This comment will be updated with the answer.',
  ].join(' ')
}

/** The comment after the hunt. @param ended `answer`: Markdown; `brokenOff`: why it stopped early; `isRed`: the newest run failed; `page`: the job's page */
export function huntEndedText(
  { job, headSha, askedBy }: Pick<RequestedHunt, 'job' | 'headSha' | 'askedBy'>,
  ended: { answer: string; brokenOff: string | null; isRed: boolean; page: string | null },
): string {
  const sentences = [
    `${code(job)} was re-run at ${short(headSha)} at the request of ${code(askedBy)}. These runs do not count in the SLA.`,
    ...(ended.brokenOff === null ? [] : [`The hunt stopped early: ${ended.brokenOff}.`]),
    ...(ended.isRed ? ['The newest run failed, so GitHub shows the job as failed until it is re-run.'] : []),
    ...(ended.page === null ? [] : [`All runs are on [the job’s page](${ended.page}).`]),
  ]
  return `${ended.answer}\n\n${sentences.join(' ')}`
}

/** Why the app gave up. @param message GitHub's last answer; null when the error may only go to the log */
export function huntGivenUpReason(attempts: number, message: string | null): string {
  const reason = message === null ? 'see the app’s log' : `GitHub’s last answer was ${code(message, 200)}`
  return `it could not continue after ${count(attempts, 'attempt')}; ${reason}`
}

/** The answer when GitHub refuses the re-run. */
export function huntRefusedText(job: string, message: string): string {
  if (/not accessible by integration/i.test(message))
    return `${code(job)} was not re-run: the app needs the permission **Actions: write**, which an owner can grant.`
  return `${code(job)} was not re-run. GitHub’s answer: ${code(message, 200)}.`
}

function short(sha: string): string {
  return sha.slice(0, 7)
}
