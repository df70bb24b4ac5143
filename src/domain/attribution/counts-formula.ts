/**
 * P(the pull request caused its flake) from four counts alone, for a base rate that never changes. The model in
 * attribution.ts generalizes it; this closed form explains it (docs/how-figures-are-computed.md).
 */
import { lnBeta } from '@flake-sla/hunt/statistics'
import { type BaseRatePrior, DEFAULT_PRIOR } from './base-rate.ts'

/** The pull request has x flaky of m verdicts of the job; others have k flaky of n. */
export interface Counts {
  x: number
  m: number
  k: number
  n: number
}

/**
 * Posterior probability of a fault, from the prior odds and the Bayes factor of two beta-binomial hypotheses:
 * logit P = logit prior + lnSeq(x, m, 1, 1) - lnSeq(x, m, a + k, b + n - k).
 */
export function probabilityCausedByPr(
  { x, m, k, n }: Counts,
  prior: number,
  baseRate: BaseRatePrior = DEFAULT_PRIOR,
): number {
  const logit =
    Math.log(prior / (1 - prior)) + lnSeq(x, m, 1, 1) - lnSeq(x, m, baseRate.a + k, baseRate.b + n - k)
  return 1 / (1 + Math.exp(-logit))
}

/** Log-likelihood of one sequence with x of m flaky, when its rate is drawn from Beta(a, b). */
function lnSeq(x: number, m: number, a: number, b: number): number {
  return lnBeta(x + a, m - x + b) - lnBeta(a, b)
}
