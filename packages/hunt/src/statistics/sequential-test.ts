/**
 * A sequential test: after every run, whether a target pass rate is met, missed or undecided. The probability of each wrong
 * answer is about `1 - confidence`, although the test is repeated after every run and the hunt stops at the first decision:
 *
 * - Met without a failure needs the runs of a plain zero-failure demonstration (2,995 for 99.9 % at 95 %), which uses
 *   all of `1 - confidence`. Met after k failures is tested at much stricter levels, which together add at most a fifth.
 * - Missed is tested at the second and every later failure (a single one may be an accident), at levels that together
 *   amount to `1 - confidence`.
 *
 * The levels fall with the logarithm of k, because the tests at k and 2k failures are nearly independent and those between
 * are not. The total error was computed from the exact distribution run by run, and a test repeats that computation.
 */
import { binomialAtLeast, binomialAtMost } from './binomial.ts'

export type Decision = 'met' | 'missed' | 'undecided'

const MISSED_SHARE = 0.3
const MET_SHARE = 0.1
const MIN_FAILURES = 2

export interface Goal {
  /** The pass rate to hold, above 0 and below 1. */
  target: number
  /** 0.95: at a pass rate exactly at the target, one answer in twenty may be wrong. */
  confidence: number
}

/** The decision at these counts, provided that no earlier counts of the hunt led to one. */
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
  const level = 1 - confidence
  return failures === 0 ? level : (MET_SHARE * level) / (1 + Math.log(failures)) ** 2
}

/** How many runs in total meet the target if exactly this many fail. */
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
 * About how many runs in total would miss the target at the present failure rate; null when that rate is within the target,
 * or when it would take more than a million runs.
 */
export function runsToMiss(failures: number, runs: number, goal: Goal): number | null {
  if (failures <= runs * (1 - goal.target)) return null
  for (let more = failures; ; more++) {
    const total = Math.ceil((more * runs) / failures)
    if (total > MAX_RUNS) return null
    if (total >= runs && isMissed(more, total, goal)) return total
  }
}
