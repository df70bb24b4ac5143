/** Compares two hunts: whether the failure rate fell, how likely that is, and how many runs would settle it. */

import { chance, number, passPercent } from './figures.ts'
import { hypergeometricAtLeast } from './statistics/exact-tests.ts'
import { lnBeta } from './statistics/special-functions.ts'
import { count } from './text.ts'

/** One side of a comparison: the counts of a hunt. */
export interface Compared {
  name: string
  passed: number
  failed: number
  /** Whether failures clustered. Then runs are not independent and carry less information than their number. */
  clumped: boolean
}

export interface Comparison {
  before: Compared
  after: Compared
  /** The probability of so few failures after, or fewer, if nothing changed: Fisher's exact test, one-sided. */
  p_value: number
  /** The posterior probability that the failure rate is lower after, from uniform priors. */
  probability_better: number
  /** `better` or `worse` where the one-sided test is significant at the confidence. */
  decision: 'better' | 'worse' | 'undecided'
  /** Further runs of `after` at its present failure rate until it is `better`; null where that never happens. */
  runs_to_know: number | null
}

/** @param confidence 0.95 tests at the 5 % level */
export function compare(before: Compared, after: Compared, confidence: number): Comparison {
  const p = fewerAfter(before, after)
  const worse = fewerAfter(after, before)
  const level = 1 - confidence
  const decision = p <= level ? 'better' : worse <= level ? 'worse' : 'undecided'
  return {
    before,
    after,
    p_value: p,
    probability_better: probabilityLower(after, before),
    decision,
    runs_to_know: decision === 'undecided' ? runsToKnow(before, after, level) : 0,
  }
}

/** The probability that at least this many of all failures fall to `before`, given its share of the runs. */
function fewerAfter(before: Compared, after: Compared): number {
  const runs = before.passed + before.failed
  const failures = before.failed + after.failed
  return hypergeometricAtLeast(before.failed, runs, failures, runs + after.passed + after.failed)
}

/**
 * P(rate of first < rate of second), where each rate is Beta(failed + 1, passed + 1), as a finite sum over the second's
 * failures. Source: E. Miller, "Formulas for Bayesian A/B Testing" (2014).
 */
export function probabilityLower(first: Compared, second: Compared): number {
  const a = first.failed + 1
  const b = first.passed + 1
  const d = second.passed + 1
  let sum = 0
  for (let i = 0; i <= second.failed; i++)
    sum += Math.exp(lnBeta(a + i, b + d) - Math.log(d + i) - lnBeta(1 + i, d) - lnBeta(a, b))
  return Math.min(1, sum)
}

const MAX_RUNS = 1_000_000

function runsToKnow(before: Compared, after: Compared, level: number): number | null {
  const runs = after.passed + after.failed
  const rate = runs === 0 ? 0 : after.failed / runs
  const isSettled = (more: number) => {
    const failed = after.failed + Math.ceil(rate * more)
    return fewerAfter(before, { ...after, failed, passed: runs + more - failed }) <= level
  }
  let high = 1
  while (high < MAX_RUNS && !isSettled(high)) high *= 2
  if (high >= MAX_RUNS) return null
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isSettled(middle)) high = middle
    else low = middle
  }
  return high
}

/** The comparison in sentences, the conclusion first. */
export function comparisonText(comparison: Comparison): string {
  const { before, after, p_value, probability_better } = comparison
  const rates = `${rateOf(before)} before (${before.name}), ${rateOf(after)} after (${after.name})`
  const probability = probability_better > 0.9999 ? 'more than 99.99%' : passPercent(probability_better)
  const lines = [
    `${conclusionOf(comparison)}: ${rates}.`,
    `The probability that it fails less often now is ${probability}. Without a change, so few failures would occur in ${oneIn(p_value)}.`,
  ]
  if (before.clumped || after.clumped)
    lines.push(
      'Failures cluster, so these runs carry less information than independent runs would. Repeat the comparison another day.',
    )
  return lines.join('\n')
}

function conclusionOf({ decision, runs_to_know }: Comparison): string {
  if (decision === 'better') return 'The fix is real'
  if (decision === 'worse') return 'It got worse'
  if (runs_to_know === null) return 'No sign of a fix, and more runs at these rates would not show one'
  return `Undecided; about ${number(runs_to_know)} more runs with the change, at this rate, would show that the fix is real`
}

function rateOf({ passed, failed }: Compared): string {
  return `${number(failed)} of ${count(passed + failed, 'run')} failed`
}

function oneIn(p: number): string {
  if (p > 0.5) return `most cases (${chance(p)})`
  return p < 0.0001
    ? 'fewer than 1 of 10,000 cases'
    : `1 of ${number(Math.round(1 / p))} cases (${chance(p)})`
}
