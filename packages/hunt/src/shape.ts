/** Tests whether failures cluster, and whether they concentrate on a worker, node, hour or part of the sequence. */

import type { Hunt, HuntRun } from './run.ts'
import {
  burstsAtMost,
  fisherExact,
  holm,
  hypergeometricAtLeast,
  rankSum,
  streaksAtMost,
} from './statistics/exact-tests.ts'

/** Failures among runs. */
export interface Share {
  failed: number
  runs: number
}

export interface Succession {
  /** The probability of so few streaks or bursts if failures were placed at random; 1 where it cannot be tested. */
  p_value: number
  clumped: boolean
  longest_streak: number
  /** The length of every streak of failures, in order. */
  streaks: number[]
  after_failure: Share
  after_pass: Share
  /** Fisher's exact test, two-sided, of failures after a failure against failures after a pass. */
  after_p_value: number
  /** Failures at most this many runs apart form one burst. Above 1 only for parallel runs, whose neighbours may swap. */
  within: number
  bursts: number
  /** The order in which the runs were tested: by start or by completion. */
  order: 'start' | 'end'
}

export interface Concentration {
  by: 'worker' | 'node' | 'hour' | 'order'
  /** The worker's or node's name, the hour in UTC, or `early` and `late`. */
  value: string
  failed: number
  runs: number
  /** Corrected for all tests (Holm). */
  p_value: number
}

export interface Shape {
  succession: Succession
  concentration: Concentration[]
  /** The smallest p-value before correction. */
  min_p_value: number
}

/** The significance level of all tests of a hunt together. */
const SIGNIFICANT = 0.05

/** With fewer failures a trend may only reflect when the hunt was stopped. */
const MIN_FOR_TREND = 3

/** The test on bursts takes time quadratic in the failures. Above this number only streaks are tested. */
const MAX_BURSTS = 150
/** For parallel runs: how many runs apart failures of one burst may be, in order of start and of completion. */
const NEAR = { start: 4, end: 2 }

/** Runs all tests, corrected together. @param hunt its runs in order of their numbers; stopped runs are ignored */
export function shapeOf(hunt: Pick<Hunt, 'runs' | 'ended_by' | 'parallel' | 'ordered'>): Shape {
  const runs = hunt.ordered ? hunt.runs.filter((run) => run.outcome !== 'stopped') : []
  const last = runs[runs.length - 1]
  const { succession, minPValue } = successionOf(
    runs,
    hunt.parallel,
    last !== undefined && last.number === hunt.ended_by,
  )
  const results = (['worker', 'node', 'hour'] as const).map((by) => testBy(by, runs))
  const isClustered = succession.p_value * (results.length + 1) <= SIGNIFICANT
  results.push(testOrder(isClustered ? firstOfEach(runs, hunt.ended_by) : exceptRun(runs, hunt.ended_by)))
  const tested = results.filter((findings) => findings.length > 0)
  const pValues = [succession.p_value, ...tested.map((findings) => findings[0]?.p_value ?? 1)]
  const [clumped = 1, ...corrected] = holm(pValues)
  const significant = tested.flatMap((findings, i) =>
    findings
      .map((finding) => ({ ...finding, p_value: Math.max(finding.p_value, corrected[i] ?? 1) }))
      .filter((finding) => finding.p_value <= SIGNIFICANT),
  )
  return {
    succession: { ...succession, clumped: clumped <= SIGNIFICANT },
    concentration: significant.sort((a, b) => a.p_value - b.p_value),
    min_p_value: Math.min(minPValue, ...pValues),
  }
}

/**
 * Clustering in order of start and, for parallel runs, also in order of completion: which of the two is closer to the cause
 * depends on the program. Returns the order with the smaller p-value, corrected for both.
 */
function successionOf(
  runs: readonly HuntRun[],
  parallel: number,
  endsInFailure: boolean,
): { succession: Succession; minPValue: number } {
  if (parallel === 1) {
    const succession = successionIn(runs, 'start', [1], endsInFailure)
    return { succession, minPValue: succession.p_value }
  }
  const inStart = successionIn(runs, 'start', [1, NEAR.start], endsInFailure)
  const inEnd = haveSimilarDurations(runs) ? successionIn(byEnd(runs), 'end', [1, NEAR.end], false) : inStart
  const best = inEnd.p_value < inStart.p_value ? inEnd : inStart
  const tests = inEnd === inStart ? 2 : 4
  return { succession: { ...best, p_value: Math.min(1, best.p_value * tests) }, minPValue: best.p_value }
}

/**
 * Whether failing and passing runs take equally long, by a rank-sum test. If failing runs are slower or faster, those started
 * together also complete together, and the order of completion would show streaks that the program does not cause.
 */
function haveSimilarDurations(runs: readonly HuntRun[]): boolean {
  const sorted = [...runs].sort((a, b) => a.duration_ms - b.duration_ms)
  const ranks = sorted.flatMap((run, index) => (run.outcome === 'failed' ? [index + 1] : []))
  if (ranks.length < 2 || ranks.length === runs.length) return true
  return rankSum(ranks, runs.length).pValue > SIGNIFICANT
}

/** The runs in order of completion. */
export function byEnd(runs: readonly HuntRun[]): HuntRun[] {
  return [...runs].sort((a, b) => a.ended - b.ended)
}

function successionIn(
  runs: readonly HuntRun[],
  order: Succession['order'],
  distances: readonly number[],
  endsInFailure: boolean,
): Succession {
  const streaks: number[] = []
  const after = { failure: { failed: 0, runs: 0 }, pass: { failed: 0, runs: 0 } }
  let previousFailed: boolean | null = null
  for (const { outcome } of runs) {
    const failed = outcome === 'failed'
    if (failed && previousFailed) streaks[streaks.length - 1] = (streaks[streaks.length - 1] ?? 0) + 1
    else if (failed) streaks.push(1)
    if (previousFailed !== null) {
      const share = after[previousFailed ? 'failure' : 'pass']
      share.runs++
      if (failed) share.failed++
    }
    previousFailed = failed
  }
  const { failure, pass } = after
  return {
    ...burstsOf(runs, distances, streaks.length, endsInFailure),
    order,
    clumped: false,
    longest_streak: Math.max(0, ...streaks),
    streaks,
    after_failure: failure,
    after_pass: pass,
    after_p_value: fisherExact(
      failure.failed,
      failure.runs - failure.failed,
      pass.failed,
      pass.runs - pass.failed,
    ),
  }
}

/** The smallest p-value of the tests on streaks and, for parallel runs, on bursts of failures a few runs apart. */
function burstsOf(
  runs: readonly HuntRun[],
  distances: readonly number[],
  streaks: number,
  endsInFailure: boolean,
): Pick<Succession, 'p_value' | 'within' | 'bursts'> {
  const places = runs.flatMap((run, index) => (run.outcome === 'failed' ? [index] : []))
  const p = streaksAtMost(streaks, places.length, runs.length - places.length, endsInFailure)
  const tests = [{ p, within: 1, bursts: streaks }]
  for (const within of places.length > MAX_BURSTS ? [] : distances.slice(1)) {
    const bursts = places.filter((place, i) => i === 0 || place - (places[i - 1] ?? 0) > within).length
    tests.push({ p: burstsAtMost(bursts, places.length, runs.length, within), within, bursts })
  }
  const best = tests.reduce((min, test) => (test.p < min.p ? test : min))
  return { p_value: best.p, within: best.within, bursts: best.bursts }
}

/** Tests each value against all others, corrected for the number of values; the smallest p-value first. */
function testBy(by: 'worker' | 'node' | 'hour', runs: readonly HuntRun[]): Concentration[] {
  const values = new Map<string, Share>()
  for (const run of runs) {
    const value = by === 'hour' ? run.started_at.slice(11, 13) : run[by]
    if (value === null || value === '') continue
    const share = values.get(value) ?? { failed: 0, runs: 0 }
    share.runs++
    if (run.outcome === 'failed') share.failed++
    values.set(value, share)
  }
  if (values.size < 2) return []
  const all = [...values].map(([value, share]) => ({ by, value, ...share }))
  const failed = all.reduce((sum, share) => sum + share.failed, 0)
  const total = all.reduce((sum, share) => sum + share.runs, 0)
  const corrected = holm(all.map((share) => hypergeometricAtLeast(share.failed, share.runs, failed, total)))
  return all
    .map((share, i) => ({ ...share, p_value: corrected[i] ?? 1 }))
    .sort((a, b) => a.p_value - b.p_value)
}

/** Leaves out the failure that ended the hunt: its position carries no information on a trend. */
function exceptRun(runs: readonly HuntRun[], endedBy: number | null): HuntRun[] {
  return runs.filter((run) => run.number !== endedBy)
}

/** Keeps the first failure of each streak, since the others are not independent; none of a streak that ended the hunt. */
function firstOfEach(runs: readonly HuntRun[], endedBy: number | null): HuntRun[] {
  const kept = runs.filter((run, i) => run.outcome === 'passed' || runs[i - 1]?.outcome !== 'failed')
  const last = kept.findLast((run) => run.outcome === 'failed')
  const isOpen = endedBy !== null && runs.at(-1)?.number === endedBy
  return isOpen ? kept.filter((run) => run !== last) : kept
}

function testOrder(runs: readonly HuntRun[]): Concentration[] {
  const places = runs.flatMap((run, index) => (run.outcome === 'failed' ? [index + 1] : []))
  if (places.length < MIN_FOR_TREND || places.length === runs.length) return []
  const { side, pValue } = rankSum(places, runs.length)
  const first = places[0] ?? 1
  const last = places[places.length - 1] ?? runs.length
  const span = side === 'late' ? runs.length - first + 1 : last
  return [{ by: 'order', value: side, failed: places.length, runs: span, p_value: pValue }]
}
