/** Tails of the binomial distribution, and intervals of a proportion. */
import { inverseRegularizedBeta, regularizedBeta } from './special-functions.ts'

/** The probability of at least `k` successes in `n` trials that each succeed with probability `p`. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  return k > n ? 0 : regularizedBeta(p, k, n - k + 1)
}

/** The probability of at most `k` successes in `n` trials that each succeed with probability `p`. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k >= n) return 1
  return k < 0 ? 0 : regularizedBeta(1 - p, n - k, k + 1)
}

export interface Interval {
  low: number
  high: number
}

/**
 * The exact two-sided interval of a failure rate at the confidence (0 to 1). With no runs: 0 to 1.
 * Source: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934).
 */
export function clopperPearson(failures: number, runs: number, confidence: number): Interval {
  const tail = (1 - confidence) / 2
  return {
    low: failures === 0 ? 0 : inverseRegularizedBeta(tail, failures, runs - failures + 1),
    high: failures === runs ? 1 : inverseRegularizedBeta(1 - tail, failures + 1, runs - failures),
  }
}

/** The two-sided 95 % quantile of the standard normal distribution. */
const Z_95 = 1.96

/**
 * The score interval of a success rate, `z` standard errors wide. With no trials: 0 to 1.
 * Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927).
 */
export function wilson(successes: number, n: number, z = Z_95): Interval {
  if (n === 0) return { low: 0, high: 1 }
  const p = successes / n
  const scale = 1 + (z * z) / n
  const centre = (p + (z * z) / (2 * n)) / scale
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}
