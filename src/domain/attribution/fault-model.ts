/**
 * How a fault of a pull request behaves: it makes one job fail at some rate, at a contiguous stretch of the pull request's
 * heads. A later push may bring it, and another may fix it. The phases form a left-to-right Markov chain over the heads:
 * absent → present → fixed.
 */
import { RATES, type StateVector } from './base-rate.ts'

/** Rates at which a fault can make the job fail: the midpoints of eight intervals. */
export const FAULT_RATES: readonly number[] = [0.06, 0.18, 0.31, 0.44, 0.56, 0.69, 0.82, 0.94]

/** Whether a repository's faults are mostly mild ones, of any rate, or mostly severe ones. */
export type Severity = 'mild' | 'any' | 'severe'

/**
 * Prior probability of each of FAULT_RATES. Mild faults are observed more often than they are made: a head that keeps
 * failing has no verdict, because its author pushes again.
 */
export const FAULT_RATE_PRIORS: Record<Severity, readonly number[]> = {
  mild: normalized(FAULT_RATES.map((rate) => (1 - rate) ** 2)),
  any: normalized(FAULT_RATES.map((rate) => 1 - rate)),
  severe: normalized(FAULT_RATES),
}

/** Probability that a fault is present at the first head; else a later head brings it. */
export const PRESENT_AT_FIRST = 0.8
/** Probability, per push, that a fault which is still absent appears. */
export const APPEARS = 0.3
/** Probability, per push, that a fault which is present is fixed. */
export const IS_FIXED = 0.35
/** Probability that a fault which is present at the last head is merged with it. */
export const IS_MERGED = 0.9

const cache = new Map<string, StateVector>()
const MAX_CACHED = 5000

/**
 * Likelihood of one pull request's verdicts when it has a fault of its own, for each state of the job's base rate.
 * @param sequence one character per verdict, oldest first: `1` is flaky, `0` is clean
 */
export function faultLikelihoods(sequence: string, severity: Severity): StateVector {
  const key = `${severity}${sequence}`
  const cached = cache.get(key)
  if (cached) return cached
  const priors = FAULT_RATE_PRIORS[severity]
  const likelihoods = Float64Array.from(RATES, (baseRate) =>
    FAULT_RATES.reduce(
      (sum, faultRate, i) => sum + (priors[i] as number) * sequenceLikelihood(sequence, baseRate, faultRate),
      0,
    ),
  )
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, likelihoods)
  return likelihoods
}

/** The forward algorithm over the phases of a fault, at one base rate. */
function sequenceLikelihood(sequence: string, baseRate: number, faultRate: number): number {
  const passes = (1 - baseRate) * (1 - faultRate)
  let absent = 1 - PRESENT_AT_FIRST
  let present = PRESENT_AT_FIRST
  let fixed = 0
  for (let i = 0; i < sequence.length; i++) {
    if (i > 0) {
      const appears = APPEARS * absent
      const isFixed = IS_FIXED * present
      absent -= appears
      present += appears - isFixed
      fixed += isFixed
    }
    const flaky = sequence[i] === '1'
    absent *= flaky ? baseRate : 1 - baseRate
    present *= flaky ? 1 - passes : passes
    fixed *= flaky ? baseRate : 1 - baseRate
  }
  return absent + present + fixed
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
