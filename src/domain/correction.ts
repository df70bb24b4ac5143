/** Corrections: what a person with write permission says about the flakes of a pull request. They win over the model. */

/** A correction as a fact; times are RFC 3339. */
export interface CorrectionFact {
  repository_id: number
  number: number
  correction_key: string
  says: 'mine' | 'not_mine' | 'reset'
  /** The one job that is meant; null for all. */
  job: string | null
  reason: string
  author: string
  reported_at: string
  /** What gave the right to correct. */
  permission: string
}

/** Associations that come with write permission as a rule: the hint where nobody can be asked, as in `replay`. */
export const TRUSTED_ASSOCIATIONS: readonly string[] = ['OWNER', 'MEMBER', 'COLLABORATOR']

/** The correction that holds for a flake: who said what, when and why. */
export interface Correction {
  says: 'mine' | 'not_mine'
  by: string
  at: string
  why: string
}

/**
 * The correction that holds for a flake of `job` that showed at `flakedAt` (epoch ms); null for none. A word counts for
 * what had happened when it was said, the last word stands, and `reset` takes back what was said before.
 * @param corrections of the flake's pull request, in any order
 */
export function correctionFor(
  corrections: readonly CorrectionFact[],
  { job, flakedAt }: { job: string; flakedAt: number },
): Correction | null {
  let last: CorrectionFact | null = null
  for (const one of corrections) {
    if (one.job !== null && one.job !== job) continue
    if (Date.parse(one.reported_at) < flakedAt) continue
    if (last === null || isLater(one, last)) last = one
  }
  if (last === null || last.says === 'reset') return null
  return { says: last.says, by: last.author, at: last.reported_at, why: last.reason }
}

function isLater(one: CorrectionFact, other: CorrectionFact): boolean {
  const by = Date.parse(one.reported_at) - Date.parse(other.reported_at)
  return by > 0 || (by === 0 && one.correction_key > other.correction_key)
}
