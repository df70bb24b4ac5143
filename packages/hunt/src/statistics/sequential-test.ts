/**
 * Decides after every run whether a target pass rate is met, missed, or not decided yet. The two ways to be wrong are
 * each held to about `1 - confidence`, although we look after every run and stop as soon as we know:
 *
 * - Met with no failure at all needs the runs of a plain zero-failure demonstration (2,995 for 99.9 % at 95 %), which
 *   spends the whole of `1 - confidence`. Met after k failures is asked at much stricter levels, which together add at
 *   most a fifth to it.
 * - Missed is asked at the second and every later failure (one alone may be a hiccup), at levels that together come to
 *   `1 - confidence`.
 *
 * The levels fall with the logarithm of k, since looks at k and 2k failures are nearly independent and those between
 * are not; their totals were computed by following the exact distribution run by run, and a test does so again.
 */
import { binomialAtLeast, binomialAtMost } from './binomial.ts'

export type Decision = 'met' | 'missed' | 'undecided'

const MISSED_SHARE = 0.3
const MET_SHARE = 0.1
const MIN_FAILURES = 2

export interface Goal {
  /** The pass rate to hold, above 0 and below 1. */
  target: number
  /** 0.95: one answer in twenty may be wrong for a pass rate right at the target. */
  confidence: number
}

/** The decision for so many failures in so many runs, were this the first time the counts say so. */
export function decide(failures: number, runs: number, goal: Goal): Decision {
  if (isMissed(failures, runs, goal)) return 'missed'
  return isMet(failures, runs, goal) ? 'met' : 'undecided'
}

function isMissed(failures: number, runs: number, { target, confidence }: Goal): boolean {
  if (failures < MIN_FAILURES) return false
  const level = (MISSED_SHARE * (1 - confidence)) / (1 + Math.log(failures / MIN_FAILURES)) ** 2
  return binomialAtLeast(failures, runs, 1 - target) <= level
}

function isMet(failures: number, runs: number, goal: Goal): boolean {
  return binomialAtMost(failures, runs, 1 - goal.target) <= metLevel(failures, goal)
}

function metLevel(failures: number, { confidence }: Goal): number {
  const all = 1 - confidence
  return failures === 0 ? all : (MET_SHARE * all) / (1 + Math.log(failures)) ** 2
}

/** How many runs it takes in all to meet the target when no more than so many fail. */
export function runsToMeet(failures: number, goal: Goal): number {
  let high = Math.max(1, failures)
  while (!isMet(failures, high, goal)) high *= 2
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isMet(failures, middle, goal)) high = middle
    else low = middle
  }
  return high
}

const MAX_RUNS = 1_000_000

/**
 * About how many runs in all would miss the target, if they went on to fail at the rate of these; null when they fail
 * no more often than the target allows, or it would take more than a million.
 */
export function runsToMiss(failures: number, runs: number, goal: Goal): number | null {
  if (failures <= runs * (1 - goal.target)) return null
  for (let more = failures; ; more++) {
    const total = Math.ceil((more * runs) / failures)
    if (total > MAX_RUNS) return null
    if (total >= runs && isMissed(more, total, goal)) return total
  }
}
