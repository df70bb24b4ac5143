/** The answer when a retest command was refused or only partly carried out: one sentence per reason. */
import type { RetestPlan } from '../domain/retest.ts'
import { code } from './markdown.ts'

const MAX_NAMES = 5

export const NOT_ALLOWED =
  'Nothing was re-run: only people with write permission and the author of this pull request can ask for it.'

/** The answer to a person who is over the hourly limit. @param max re-run commands per hour */
export function overLimitText(max: number): string {
  return `Nothing was re-run: the limit is ${max} retest commands per person and hour. Please try again later.`
}

/** Jobs that GitHub did not re-run, by reason. */
export interface Refused {
  /** Commit statuses, and check runs of apps that accept no re-run request from others. */
  notOurs: string[]
  /** The app lacks the permission `actions: write`. */
  forbidden: string[]
  /** Other refusals with GitHub's message, for example a workflow run that is too old. */
  others: { name: string; message: string }[]
}

/** The answer, or null when everything was done. @param done how many jobs were re-run */
export function retestText(plan: RetestPlan, refused: Refused, headSha: string, done: number): string | null {
  const at = `at ${headSha.slice(0, 7)}`
  const said = [
    ...(refused.forbidden.length > 0
      ? [
          `${names(refused.forbidden)} ${was(refused.forbidden)} not re-run: the app needs the permission **Actions: write**, which an owner can grant.`,
        ]
      : []),
    // Not worth a comment when other jobs were re-run.
    ...(refused.notOurs.length > 0 && done === 0
      ? [`${names(refused.notOurs)} can only be re-run by the CI that reported ${it(refused.notOurs)}.`]
      : []),
    ...refused.others.map(
      ({ name, message }) => `${code(name)} was not re-run. GitHub’s answer: ${code(message, 200)}.`,
    ),
    ...(plan.unknown.length > 0 ? [`No result of ${names(plan.unknown)} ${at}.`] : []),
    ...(plan.notFailed.length > 0
      ? [
          `${names(plan.notFailed.map((job) => job.name))} ${hasNot(plan.notFailed)} failed ${at}, so nothing was re-run.`,
        ]
      : []),
  ]
  if (said.length > 0) return said.join(' ')
  return done > 0 ? null : `Nothing was re-run: none of the jobs in question has failed ${at}.`
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MAX_NAMES).map((name) => code(name))
  const more = all.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const was = (all: readonly unknown[]) => (all.length === 1 ? 'was' : 'were')
const it = (all: readonly unknown[]) => (all.length === 1 ? 'it' : 'them')
const hasNot = (all: readonly unknown[]) => (all.length === 1 ? 'has not' : 'have not')
