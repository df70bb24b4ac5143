/** Do failures come alone, and is there a place or time where they gather? Exact tests, corrected for many looks. */
import { fisherExact, holm, hypergeometricAtLeast, rankSum, streaksAtMost } from '../domain/exact-tests.ts'
import type { HuntRun } from './run.ts'

export interface Chance {
  failed: number
  runs: number
}

export interface Succession {
  /** The chance of so few streaks, were the failures strewn at random; 1 where it cannot be asked. */
  p_value: number
  clumped: boolean
  longest_streak: number
  /** The length of every streak of failures, in order. */
  streaks: number[]
  after_failure: Chance
  after_pass: Chance
  /** Fisher's exact test of the two: is a failure likelier (or less likely) after a failure? */
  after_p_value: number
}

export interface Concentration {
  by: 'worker' | 'node' | 'hour' | 'order'
  /** The worker's or node's name, the hour in UTC, or `early` and `late`. */
  value: string
  failed: number
  runs: number
  /** Corrected for all the looks that were taken. */
  p_value: number
}

/** Below this a finding is one: over a whole hunt, one in twenty hunts without any shape is said to have one. */
const SIGNIFICANT = 0.05

/**
 * @param runs the finished runs, in order
 * @param endedByFailure the hunt stopped because the last run failed: that it failed there proves nothing
 */
export function shapeOf(
  runs: readonly HuntRun[],
  endedByFailure: boolean,
): { succession: Succession; concentration: Concentration[] } {
  const counted = endedByFailure ? runs.slice(0, -1) : runs
  const succession = successionOf(counted)
  const looks = (['worker', 'node', 'hour'] as const).map((by) => lookBy(by, runs))
  looks.push(lookAtOrder(counted))
  const corrected = holm([succession.p_value, ...looks.map((look) => look[0]?.p_value ?? 1)])
  const found = looks.filter((_, i) => (corrected[i + 1] ?? 1) <= SIGNIFICANT).flat()
  return {
    succession: { ...succession, clumped: (corrected[0] ?? 1) <= SIGNIFICANT },
    concentration: found.filter((one) => one.p_value <= SIGNIFICANT).sort((a, b) => a.p_value - b.p_value),
  }
}

function successionOf(runs: readonly HuntRun[]): Succession {
  const streaks: number[] = []
  const afterFailure = { failed: 0, runs: 0 }
  const afterPass = { failed: 0, runs: 0 }
  let before: boolean | null = null
  for (const { outcome } of runs) {
    const failed = outcome === 'failed'
    if (failed && before) streaks[streaks.length - 1] = (streaks[streaks.length - 1] ?? 0) + 1
    else if (failed) streaks.push(1)
    if (before !== null) {
      const after = before ? afterFailure : afterPass
      after.runs++
      if (failed) after.failed++
    }
    before = failed
  }
  const failures = streaks.reduce((sum, length) => sum + length, 0)
  return {
    p_value: streaksAtMost(streaks.length, failures, runs.length - failures),
    clumped: false,
    longest_streak: Math.max(0, ...streaks),
    streaks,
    after_failure: afterFailure,
    after_pass: afterPass,
    after_p_value: fisherExact(
      afterFailure.failed,
      afterFailure.runs - afterFailure.failed,
      afterPass.failed,
      afterPass.runs - afterPass.failed,
    ),
  }
}

/** Every value against all others, corrected for the number of values; the least likely first. */
function lookBy(by: 'worker' | 'node' | 'hour', runs: readonly HuntRun[]): Concentration[] {
  const values = new Map<string, Chance>()
  for (const run of runs) {
    const value = by === 'hour' ? run.started_at.slice(11, 13) : run[by]
    if (value === null || value === '') continue
    const chance = values.get(value) ?? { failed: 0, runs: 0 }
    chance.runs++
    if (run.outcome === 'failed') chance.failed++
    values.set(value, chance)
  }
  if (values.size < 2) return []
  const all = [...values.values()]
  const failed = all.reduce((sum, one) => sum + one.failed, 0)
  const total = all.reduce((sum, one) => sum + one.runs, 0)
  const entries = [...values].filter(([, one]) => one.failed > 0)
  const corrected = holm(
    // Values without a failure were looked at as well: they count, at p = 1.
    all.map((one) => (one.failed > 0 ? hypergeometricAtLeast(one.failed, one.runs, failed, total) : 1)),
  )
  const order = [...values.keys()]
  return entries
    .map(([value, one]) => ({ by, value, ...one, p_value: corrected[order.indexOf(value)] ?? 1 }))
    .sort((a, b) => a.p_value - b.p_value)
}

function lookAtOrder(runs: readonly HuntRun[]): Concentration[] {
  const places = runs.flatMap((run, index) => (run.outcome === 'failed' ? [index + 1] : []))
  if (places.length === 0 || places.length === runs.length) return []
  const { side, pValue } = rankSum(places, runs.length)
  const first = places[0] ?? 1
  const last = places[places.length - 1] ?? runs.length
  const span = side === 'late' ? runs.length - first + 1 : last
  return [{ by: 'order', value: side, failed: places.length, runs: span, p_value: pValue }]
}
