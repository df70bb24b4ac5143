/**
 * Trunk as evidence: a job's results on the default branch and in merge queues. Nobody re-runs trunk to see a failure pass,
 * so a failure there counts as a flake when the commits before and after it passed.
 */
import { compareText } from '../order.ts'
import { DAY_MS } from '../time.ts'

/** All runs of one job at one trunk commit. */
export interface TrunkResult {
  headSha: string
  /** Epoch ms. */
  at: number
  passed: boolean
  failed: boolean
}

/** The verdict of one trunk commit. Times are epoch ms. */
export interface TrunkVerdict {
  headSha: string
  flaky: boolean
  judgedAt: number
  failedAt: number | null
}

/** How far away (ms) a neighbouring commit's result may be to say something about this one. */
export const MAX_NEIGHBOUR_DISTANCE = 7 * DAY_MS

/**
 * The verdicts of trunk commits, oldest first. A commit that only failed is flaky if both neighbours passed; else it has no
 * verdict, because failures of several commits in a row mean that trunk was broken.
 * @param results of one job, in any order
 */
export function trunkVerdicts(results: readonly TrunkResult[]): TrunkVerdict[] {
  const sorted = [...results].sort((a, b) => a.at - b.at || compareText(a.headSha, b.headSha))
  return sorted.flatMap(({ headSha, at, passed, failed }, i): TrunkVerdict[] => {
    const verdict = { headSha, judgedAt: at, failedAt: failed ? at : null }
    if (passed) return [{ ...verdict, flaky: failed }]
    const neighbours = [sorted[i - 1], sorted[i + 1]]
    const isLone = neighbours.every(
      (neighbour) => neighbour?.passed === true && Math.abs(neighbour.at - at) <= MAX_NEIGHBOUR_DISTANCE,
    )
    return isLone ? [{ ...verdict, flaky: true }] : []
  })
}
