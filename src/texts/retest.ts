/** What is answered to `/retest` and `/test` where this app runs jobs again: one sentence, and only where something did not go as asked. */
import { code } from './markdown.ts'

const MOST_NAMES = 10

export interface RetestOutcome {
  headSha: string | null
  /** Jobs that were asked for by name and are not at the head. */
  unknown: string[]
  /** Jobs that report in a way that nobody can ask to run again. */
  unreachable: string[]
  /** Jobs that were started. */
  started: number
  /** GitHub said that this app may not. */
  forbidden: boolean
}

export const NOT_ALLOWED =
  'Only the author of this pull request and people with write permission may have jobs run again here.'

/** The sentence, or null where everything asked for was started. */
export function retestSentence({
  headSha,
  unknown,
  unreachable,
  started,
  forbidden,
}: RetestOutcome): string | null {
  const at = headSha === null ? 'here' : `at ${headSha.slice(0, 7)}`
  if (forbidden)
    return 'This app may not run jobs again here: it needs the permission `actions: write` (and `checks: write` for other CI).'
  if (unknown.length > 0) return `No job of this name has reported ${at}: ${names(unknown)}.`
  if (unreachable.length > 0)
    return `Only their own CI can run these again, because they report by commit status: ${names(unreachable)}.`
  return started === 0 ? `Nothing to run again: no job is red ${at}.` : null
}

function names(all: readonly string[]): string {
  const shown = all
    .slice(0, MOST_NAMES)
    .map((name) => code(name))
    .join(', ')
  return all.length > MOST_NAMES ? `${shown} and ${all.length - MOST_NAMES} more` : shown
}
