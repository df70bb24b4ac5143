/** Before and after: is the fix real, how likely is that, and how many runs would it take to know? */

import { chance, number, passPercent } from './figures.ts'
import { hypergeometricAtLeast } from './statistics/exact-tests.ts'
import { lnBeta } from './statistics/special-functions.ts'
import { count } from './text.ts'

/** What is compared: any hunt, as far as counts go. */
export interface Compared {
  name: string
  passed: number
  failed: number
  /** Failures came in succession: then runs are not independent, and say less than their number. */
  clumped: boolean
}

export interface Comparison {
  before: Compared
  after: Compared
  /** The chance of so few failures after (or fewer), were nothing changed: Fisher's exact test, one-sided. */
  p_value: number
  /** The probability that the failure rate is lower after, from even odds on every rate before anything was run. */
  probability_better: number
  /** For sure at the confidence: `fixed` is better, `worse` is worse. */
  decision: 'better' | 'worse' | 'undecided'
  /** Further runs of the second, failing at its present rate, until it is known to be better; null where never. */
  runs_to_know: number | null
}

/** @param confidence 0.95: a difference is said to be real when chance would make it in one of twenty */
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

/** The chance that so many of all failures or more fall to the first, by its share of the runs alone. */
function fewerAfter(before: Compared, after: Compared): number {
  const runs = before.passed + before.failed
  const failures = before.failed + after.failed
  return hypergeometricAtLeast(before.failed, runs, failures, runs + after.passed + after.failed)
}

/**
 * P(rate of one < rate of other) for rates that are Beta(failed + 1, passed + 1), as a finite sum over the other's
 * failures. Source: E. Miller, "Formulas for Bayesian A/B Testing" (2014).
 */
export function probabilityLower(one: Compared, other: Compared): number {
  const a = one.failed + 1
  const b = one.passed + 1
  const d = other.passed + 1
  let sum = 0
  for (let i = 0; i <= other.failed; i++)
    sum += Math.exp(lnBeta(a + i, b + d) - Math.log(d + i) - lnBeta(1 + i, d) - lnBeta(a, b))
  return Math.min(1, sum)
}

const MAX_RUNS = 1_000_000

function runsToKnow(before: Compared, after: Compared, level: number): number | null {
  const runs = after.passed + after.failed
  const rate = runs === 0 ? 0 : after.failed / runs
  const knows = (more: number) => {
    const failed = after.failed + Math.ceil(rate * more)
    return fewerAfter(before, { ...after, failed, passed: runs + more - failed }) <= level
  }
  let high = 1
  while (high < MAX_RUNS && !knows(high)) high *= 2
  if (high >= MAX_RUNS) return null
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (knows(middle)) high = middle
    else low = middle
  }
  return high
}

/** The comparison in sentences, the answer first. */
export function comparisonText(comparison: Comparison): string {
  const { before, after, p_value, probability_better } = comparison
  const rates = `${rateOf(before)} before (${before.name}), ${rateOf(after)} after (${after.name})`
  const probability = probability_better > 0.9999 ? 'more than 99.99%' : passPercent(probability_better)
  const lines = [
    `${verdictOf(comparison)}: ${rates}.`,
    `The probability that it fails less often now is ${probability}; chance alone would give so few failures in ${oneIn(p_value)}.`,
  ]
  if (before.clumped || after.clumped)
    lines.push(
      'Failures come in succession, so these runs say less than so many independent ones would: repeat this another day.',
    )
  return lines.join('\n')
}

function verdictOf({ decision, runs_to_know }: Comparison): string {
  if (decision === 'better') return 'The fix is real'
  if (decision === 'worse') return 'It got worse'
  if (runs_to_know === null) return 'Nothing says that this is a fix, and more runs like these would not'
  return `Not known yet, ${number(runs_to_know)} more runs after it like these would show that the fix is real`
}

function rateOf({ passed, failed }: Compared): string {
  return `${number(failed)} of ${count(passed + failed, 'run')} failed`
}

function oneIn(p: number): string {
  if (p > 0.5) return `most cases (${chance(p)})`
  return p < 0.0001
    ? 'fewer than one case of 10,000'
    : `one case of ${number(Math.round(1 / p))} (${chance(p)})`
}
