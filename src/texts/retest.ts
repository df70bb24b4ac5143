/** What people read when a command to test again was not, or not wholly, carried out: a sentence a reason. */
import type { RetestPlan } from '../domain/retest.ts'
import { code } from './markdown.ts'

const MAX_NAMES = 5

export const NOT_ALLOWED =
  'Nothing was run again: only people with write permission and the author of this pull request can ask for that.'

/** Why a person's further commands are not carried out for a while. */
export function tooMany(most: number): string {
  return `Nothing was run again: that was more than ${most} times within an hour; please wait a while.`
}

/** What stood in the way of some jobs at GitHub. */
export interface Refused {
  /** Commit statuses, and check runs of apps that let nobody else ask. */
  notOurs: string[]
  /** The app lacks `actions: write`. */
  forbidden: string[]
  /** GitHub's own words about a job, such as that a workflow run is too old. */
  others: { name: string; message: string }[]
}

/** The answer, or null where everything asked for was done and there is nothing to say. */
export function retestText(plan: RetestPlan, refused: Refused, headSha: string, done: number): string | null {
  const at = `at ${headSha.slice(0, 7)}`
  const said = [
    ...(refused.forbidden.length > 0
      ? [
          `${names(refused.forbidden)} ${was(refused.forbidden)} not run again: this app may not do that until an owner grants it the permission **Actions: write**.`,
        ]
      : []),
    // Where others were run again, what can never be is no news.
    ...(refused.notOurs.length > 0 && done === 0
      ? [`${names(refused.notOurs)} can be run again only by the CI that reported ${it(refused.notOurs)}.`]
      : []),
    ...refused.others.map(
      ({ name, message }) => `${code(name)} was not run again: GitHub says ${code(message, 200)}.`,
    ),
    ...(plan.unknown.length > 0 ? [`There is no job ${names(plan.unknown)} ${at}.`] : []),
    ...(plan.notFailed.length > 0
      ? [
          `${names(plan.notFailed.map((job) => job.name))} ${hasNot(plan.notFailed)} failed ${at}, so nothing was run again.`,
        ]
      : []),
  ]
  if (said.length > 0) return said.join(' ')
  return done > 0 ? null : `Nothing was run again: no job that this asks for has failed ${at}.`
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MAX_NAMES).map((name) => code(name))
  const more = all.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const was = (all: readonly unknown[]) => (all.length === 1 ? 'was' : 'were')
const it = (all: readonly unknown[]) => (all.length === 1 ? 'it' : 'them')
const hasNot = (all: readonly unknown[]) => (all.length === 1 ? 'has not' : 'have not')
