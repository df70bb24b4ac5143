/** What people are told about their corrections. */
import type { CorrectionFact } from '../domain/correction.ts'
import { count, percent } from './figures.ts'
import { code } from './markdown.ts'

/** A flake that a correction is about, as it stands now. */
export interface CorrectedFlake {
  job: string
  head_sha: string
  attribution: string | null
  /** What the model says by itself. */
  model_probability: number | null
}

const MAX_NAMED = 10

/** One clear sentence for people who may not correct. */
export function refusalText(author: string, permission: string): string {
  return `@${author}, only people who can write to this repository can correct a verdict, and GitHub says that you can ${permission === 'none' ? 'not' : `only ${permission}`}: please ask one of them.`
}

/** What was recorded and what it changed. */
export function correctionText(
  { says, author, reason, job }: Pick<CorrectionFact, 'says' | 'author' | 'reason' | 'job'>,
  flakes: readonly CorrectedFlake[],
): string {
  if (flakes.length === 0)
    return `Recorded, @${author}, but ${job === null ? 'nothing' : `${code(job)} has not`} flaked on this pull request yet, so nothing changes. A correction is about what had flaked when it was written.`
  const what =
    says === 'reset'
      ? `Corrections are taken back; the odds speak again about ${count(flakes.length, 'flake')}:`
      : `${count(flakes.length, 'flake')} of this pull request ${flakes.length === 1 ? 'is' : 'are'} now recorded as **${says === 'mine' ? 'caused by it' : 'not caused by it'}**, by @${author}${reason ? `: ${reason}` : ''}`
  const more = flakes.length > MAX_NAMED ? [`- and ${flakes.length - MAX_NAMED} more`] : []
  return [what, '', ...flakes.slice(0, MAX_NAMED).map(lineOf), ...more].join('\n')
}

function lineOf({ job, head_sha, model_probability }: CorrectedFlake): string {
  const odds =
    model_probability === null ? '' : ` (by the odds alone ${percent(model_probability)} likely yours)`
  return `- ${code(job)} at ${head_sha.slice(0, 7)}${odds}`
}
