/** What people read about a hunt that they asked for on a pull request: one comment, written at once and edited at its end. */
import { count } from './figures.ts'
import { code } from './markdown.ts'

export const HUNT_NOT_ALLOWED = 'Nothing is hunted: only people with write permission can ask for that.'
export const HUNT_USAGE =
  'Say which job: `/hunt JOB`, or `/hunt JOB N` for at most N runs. A name that ends in a number stands in backquotes.'

/** Where a job was looked for, and what there is. */
export function noJobText(job: string, headSha: string, names: readonly string[]): string {
  const MOST = 20
  const shown = names.slice(0, MOST).map((name) => code(name))
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : ''
  const known = shown.length === 0 ? 'there is none yet' : `there is ${shown.join(', ')}${more}`
  return `Nothing is hunted: GitHub Actions has no job ${code(job)} at ${short(headSha)}; ${known}.`
}

/** Why nothing runs for a while. */
export function usedUpText(minutes: number): string {
  return `Nothing is hunted: the ${count(minutes, 'minute')} that hunts may take here in 24 hours are used up.`
}

export interface HuntTold {
  job: string
  headSha: string
  askedBy: string
  runs: number
  /** What was asked for, where that is more than the settings allow. */
  wanted: number | null
  minutes: number
}

/** At the beginning. */
export function huntBegunText({ job, headSha, askedBy, runs, wanted, minutes }: HuntTold): string {
  const capped = wanted === null ? '' : ` (not ${wanted}: the settings allow no more)`
  return [
    `Hunting ${code(job)} at ${short(headSha)} for ${code(askedBy)}: it runs again at most ${count(runs, 'time')}${capped}, one run after the other, until the answer is known; all hunts here may take ${count(minutes, 'minute')} in 24 hours.`,
    'None of these runs counts in the SLA, but GitHub shows the newest of them as the job’s result. The answer will stand here.',
  ].join(' ')
}

/** At the end. @param answer Markdown */
export function huntEndedText(
  { job, headSha, askedBy }: Pick<HuntTold, 'job' | 'headSha' | 'askedBy'>,
  ended: { answer: string; brokenOff: string | null; isRed: boolean; page: string | null },
): string {
  const said = [
    `${code(job)} was run again at ${short(headSha)} because ${code(askedBy)} asked for it; none of these runs counts in the SLA.`,
    ...(ended.brokenOff === null ? [] : [`The hunt was broken off: ${ended.brokenOff}.`]),
    ...(ended.isRed
      ? ['The newest of them failed, so GitHub shows the job as failed until it is run once more.']
      : []),
    ...(ended.page === null ? [] : [`All runs stand on [the job’s page](${ended.page}).`]),
  ]
  return `${ended.answer}\n\n${said.join(' ')}`
}

/** Why the app does not try any more. @param message what GitHub said last; null for what only the log may tell */
export function huntGivenUpReason(attempts: number, message: string | null): string {
  const said = message === null ? 'the app’s log tells why' : `the last ended with ${code(message, 200)}`
  return `it was given up after ${count(attempts, 'attempt')} to go on; ${said}`
}

/** What the app may not do, or what GitHub says to it. */
export function huntRefusedText(job: string, message: string): string {
  if (/not accessible by integration/i.test(message))
    return `${code(job)} was not run again: this app may not do that until an owner grants it the permission **Actions: write**.`
  return `${code(job)} was not run again: GitHub says ${code(message, 200)}.`
}

function short(sha: string): string {
  return sha.slice(0, 7)
}
