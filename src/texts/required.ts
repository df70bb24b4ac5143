/** What is said about the list of required jobs, wherever a figure is shown. */
import type { MissingJob, RequiredState } from '../domain/required.ts'
import { code } from './markdown.ts'

const MAX_MISSING = 5

/** Said where no list is known. */
export const EVERY_JOB_COUNTS = 'No required jobs are known, so every job seen on pull requests counts.'

/**
 * Sentences about a list of required jobs: what could not be read, which report no results, and which days use a list
 * that was read later. @param since the first day (`YYYY-MM-DD`) that the figures are about @param quote how a job's name is shown
 */
export function requiredSentences(
  { problem, missing, assumed_before }: Omit<RequiredState, 'source'>,
  since: string,
  quote: (name: string) => string = code,
): string[] {
  const more = missing.length - MAX_MISSING
  const assumedOn = assumed_before?.slice(0, 10)
  return [
    ...(problem ? [problem] : []),
    ...missing.slice(0, MAX_MISSING).map((job) => missingSentence(job, quote)),
    ...(more > 0 ? [`${more} more required jobs have no results.`] : []),
    ...(assumedOn && since <= assumedOn
      ? [`The list of required jobs read on ${assumedOn} is assumed for earlier days.`]
      : []),
  ]
}

function missingSentence({ name, last_result_at }: MissingJob, quote: (name: string) => string): string {
  return last_result_at === null
    ? `${quote(name)} is required, but was never seen.`
    : `${quote(name)} is required, but has had no result since ${last_result_at.slice(0, 10)}.`
}
