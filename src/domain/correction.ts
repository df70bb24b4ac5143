/** Corrections: what a person with write permission says about the flakes of a pull request. They override the model. */

/** A correction as a fact; times are RFC 3339. */
export interface CorrectionFact {
  repository_id: number
  number: number
  correction_key: string
  says: 'mine' | 'not_mine' | 'reset'
  /** The job that it is about; null for all jobs. */
  job: string | null
  reason: string
  author: string
  reported_at: string
  /** The permission or association that entitled the author to correct. */
  permission: string
}

/** Associations that usually imply write permission. Used where GitHub cannot be asked, as in `replay`. */
export const TRUSTED_ASSOCIATIONS: readonly string[] = ['OWNER', 'MEMBER', 'COLLABORATOR']

/** The correction that applies to a flake. */
export interface Correction {
  says: 'mine' | 'not_mine'
  by: string
  /** RFC 3339. */
  at: string
  why: string
}

/**
 * The correction that applies to a flake of `job` that showed at `flakedAt` (epoch ms); null if none does. A correction is
 * about flakes that had happened when it was written. The last one holds; `reset` removes the earlier ones.
 * @param corrections of the flake's pull request, in any order
 */
export function correctionFor(
  corrections: readonly CorrectionFact[],
  { job, flakedAt }: { job: string; flakedAt: number },
): Correction | null {
  let last: CorrectionFact | null = null
  for (const correction of corrections) {
    if (correction.job !== null && correction.job !== job) continue
    if (Date.parse(correction.reported_at) < flakedAt) continue
    if (last === null || isLater(correction, last)) last = correction
  }
  if (last === null || last.says === 'reset') return null
  return { says: last.says, by: last.author, at: last.reported_at, why: last.reason }
}

/** Corrections of the same second are ordered by key, so that the order of arrival does not matter. */
function isLater(a: CorrectionFact, b: CorrectionFact): boolean {
  const difference = Date.parse(a.reported_at) - Date.parse(b.reported_at)
  return difference > 0 || (difference === 0 && a.correction_key > b.correction_key)
}
