/** The answers to `/flake mine`, `/flake not-mine` and `/flake reset`. */
import type { CorrectionFact } from '../domain/correction.ts'
import { count, percent } from './figures.ts'
import { code } from './markdown.ts'

/** A flake that a correction applies to. */
export interface CorrectedFlake {
  job: string
  head_sha: string
  attribution: string | null
  /** The probability of the automatic attribution, without the correction. */
  model_probability: number | null
}

const MAX_NAMED = 10

/** The answer to someone without write permission. @param permission what GitHub reports for the author */
export function refusalText(author: string, permission: string): string {
  return `@${author}, only people with write permission can correct an attribution${permission === 'none' ? '' : `; yours is ${code(permission)}`}. Please ask one of them.`
}

/** The answer to a recorded correction: which flakes it changes. */
export function correctionText(
  { says, author, reason, job }: Pick<CorrectionFact, 'says' | 'author' | 'reason' | 'job'>,
  flakes: readonly CorrectedFlake[],
): string {
  if (flakes.length === 0)
    return `Recorded, @${author}, but nothing changes: ${job === null ? 'no job' : code(job)} ${job === null ? 'has' : 'has not'} flaked on this pull request yet. A correction applies to the flakes that existed when it was written.`
  const what =
    says === 'reset'
      ? `Corrections removed; the automatic attribution applies to ${count(flakes.length, 'flake')}:`
      : `${count(flakes.length, 'flake')} of this pull request ${flakes.length === 1 ? 'is' : 'are'} now recorded as **${says === 'mine' ? 'caused by it' : 'not caused by it'}**, by @${author}${reason ? `: ${reason}` : ''}`
  const more = flakes.length > MAX_NAMED ? [`- and ${flakes.length - MAX_NAMED} more`] : []
  return [what, '', ...flakes.slice(0, MAX_NAMED).map(lineOf), ...more].join('\n')
}

function lineOf({ job, head_sha, model_probability }: CorrectedFlake): string {
  const odds =
    model_probability === null
      ? ''
      : ` (automatic attribution: ${percent(model_probability)} likely caused by this pull request)`
  return `- ${code(job)} at ${head_sha.slice(0, 7)}${odds}`
}
