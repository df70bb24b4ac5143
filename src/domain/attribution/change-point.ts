/** When did a job's flake rate change? One split of its days, told only when it can hardly be chance. */

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

const FEWEST = 10
// Twice this is the likelihood-ratio statistic. Any of some 90 days may be the split, so the bound for one test
// (1.92 at 5 %) is far too low; 7 is passed by under 1 % of jobs whose rate never changed (simulated in the tests).
const MIN_GAIN = 7

/** The split of `days` that explains them best by two rates instead of one; null where none is sure. */
export function changePoint(days: readonly Tally[]): Change | null {
  const total = sum(days)
  const whole = likelihood(total)
  const before: Tally = { flaky: 0, verdicts: 0 }
  let best: Change | null = null
  let bestGain = MIN_GAIN
  days.forEach((day, i) => {
    const after = { flaky: total.flaky - before.flaky, verdicts: total.verdicts - before.verdicts }
    if (before.verdicts >= FEWEST && after.verdicts >= FEWEST) {
      const gain = likelihood(before) + likelihood(after) - whole
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

function sum(days: readonly Tally[]): Tally {
  return days.reduce(
    (total, day) => ({ flaky: total.flaky + day.flaky, verdicts: total.verdicts + day.verdicts }),
    { flaky: 0, verdicts: 0 },
  )
}

/** Log-likelihood of a binomial at its own best rate. */
function likelihood({ flaky, verdicts }: Tally): number {
  const clean = verdicts - flaky
  return xlnx(flaky, verdicts) + xlnx(clean, verdicts)
}

function xlnx(part: number, of: number): number {
  return part === 0 ? 0 : part * Math.log(part / of)
}

/** So deep parts of parts are looked at. */
const MAX_DEPTH = 4

/** Every change in `days`, oldest first: each part between two changes is looked at again by itself. */
export function changePoints(days: readonly Tally[], depth = 0): Change[] {
  const one = depth < MAX_DEPTH ? changePoint(days) : null
  if (!one) return []
  const later = changePoints(days.slice(one.at), depth + 1).map((change) => ({
    ...change,
    at: change.at + one.at,
  }))
  return [...changePoints(days.slice(0, one.at), depth + 1), one, ...later]
}
