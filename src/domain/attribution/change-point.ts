/**
 * When a job's flake rate changed: binary segmentation of its days with a likelihood-ratio test at every split (A. J. Scott
 * and M. Knott, Biometrics 30, 1974).
 */

export interface Tally {
  flaky: number
  verdicts: number
}

export interface Change {
  /** Index of the first day after the change. */
  at: number
  before: Tally
  after: Tally
}

/** Verdicts that each side of a split must have. */
const MIN_VERDICTS = 10
// Twice the gain is the likelihood-ratio statistic. Any of some 90 days may be the split, so the bound for a single test
// (1.92 at 5 %) is far too low; fewer than 1 % of jobs whose rate never changed exceed 7 (simulated in the tests).
const MIN_GAIN = 7
/** Depth of the segmentation: at most 15 changes. */
const MAX_DEPTH = 4

/** The split of `days` that explains them best by two rates instead of one; null where no split is significant. */
export function changePoint(days: readonly Tally[]): Change | null {
  const total = sumOf(days)
  const withoutSplit = logLikelihood(total)
  const before: Tally = { flaky: 0, verdicts: 0 }
  let best: Change | null = null
  let bestGain = MIN_GAIN
  days.forEach((day, i) => {
    const after = { flaky: total.flaky - before.flaky, verdicts: total.verdicts - before.verdicts }
    if (before.verdicts >= MIN_VERDICTS && after.verdicts >= MIN_VERDICTS) {
      const gain = logLikelihood(before) + logLikelihood(after) - withoutSplit
      if (gain > bestGain) {
        bestGain = gain
        best = { at: i, before: { ...before }, after }
      }
    }
    before.flaky += day.flaky
    before.verdicts += day.verdicts
  })
  return best
}

function sumOf(days: readonly Tally[]): Tally {
  return days.reduce(
    (total, day) => ({ flaky: total.flaky + day.flaky, verdicts: total.verdicts + day.verdicts }),
    { flaky: 0, verdicts: 0 },
  )
}

/** Log-likelihood of a binomial at its maximum-likelihood rate. */
function logLikelihood({ flaky, verdicts }: Tally): number {
  return xLogShare(flaky, verdicts) + xLogShare(verdicts - flaky, verdicts)
}

/** x ln(x / total), which is 0 at x = 0. */
function xLogShare(x: number, total: number): number {
  return x === 0 ? 0 : x * Math.log(x / total)
}

/** Every change in `days`, oldest first: each part between two changes is searched again. */
export function changePoints(days: readonly Tally[], depth = 0): Change[] {
  const change = depth < MAX_DEPTH ? changePoint(days) : null
  if (!change) return []
  const earlier = changePoints(days.slice(0, change.at), depth + 1)
  const later = changePoints(days.slice(change.at), depth + 1)
  return [...earlier, change, ...later.map((other) => ({ ...other, at: other.at + change.at }))]
}
