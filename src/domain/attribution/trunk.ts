/**
 * Trunk as evidence: a job's results on the default branch and in merge queues. Nobody runs trunk again to see a failure
 * pass, so a failure there counts as a flake when the commits before and after it passed.
 */

/** All runs of one job at one trunk commit. Epoch ms. */
export interface TrunkResult {
  headSha: string
  at: number
  passed: boolean
  failed: boolean
}

/** A trunk commit as a verdict: flaky or clean. Failures of several commits in a row say that trunk was broken. */
export interface TrunkVerdict {
  headSha: string
  flaky: boolean
  judgedAt: number
  failedAt: number | null
}

/** How far away (ms) the next commit's result may be to say something about this one. */
export const FARTHEST = 7 * 86_400_000

/** @param results of one job, in any order */
export function trunkVerdicts(results: readonly TrunkResult[]): TrunkVerdict[] {
  const sorted = [...results].sort((a, b) => a.at - b.at || (a.headSha < b.headSha ? -1 : 1))
  return sorted.flatMap(({ headSha, at, passed, failed }, i): TrunkVerdict[] => {
    const verdict = { headSha, judgedAt: at, failedAt: failed ? at : null }
    if (passed) return [{ ...verdict, flaky: failed }]
    const isAlone = [sorted[i - 1], sorted[i + 1]].every(
      (next) => next?.passed === true && Math.abs(next.at - at) <= FARTHEST,
    )
    return isAlone ? [{ ...verdict, flaky: true }] : []
  })
}
