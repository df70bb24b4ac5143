/** Do failures come alone, and is there a place or time where they gather? Exact tests, corrected for many looks. */

import type { Hunt, HuntRun } from './run.ts'
import {
  burstsAtMost,
  fisherExact,
  holm,
  hypergeometricAtLeast,
  rankSum,
  streaksAtMost,
} from './statistics/exact-tests.ts'

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
  /** Failures at most this many runs apart count as one burst: 1, or more where runs overlap and neighbours swap. */
  within: number
  bursts: number
  /** The order that this is about. */
  order: 'start' | 'end'
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

export interface Shape {
  succession: Succession
  concentration: Concentration[]
  /** The least p-value before it was corrected for the number of questions. */
  most_telling: number
}

/** Below this a finding is one: over a whole hunt, one in twenty hunts without any shape is said to have one. */
const SIGNIFICANT = 0.05

/** One or two failures at the end may be why somebody stopped there. */
const FEWEST_FOR_TREND = 3

/** The tests that count in whole numbers take the square of the failures; with more, streaks alone tell enough. */
const MAX_BURSTS = 150
/** How far apart failures may be that came together, where runs overtake one another: less so in the order of ending. */
const NEAR = { start: 4, end: 2 }

/** @param hunt its runs in order of their numbers; stopped ones are left out here */
export function shapeOf(hunt: Pick<Hunt, 'runs' | 'ended_by' | 'parallel' | 'ordered'>): Shape {
  const runs = hunt.ordered ? hunt.runs.filter((run) => run.outcome !== 'stopped') : []
  const last = runs[runs.length - 1]
  const { succession, least } = successionOf(
    runs,
    hunt.parallel,
    last !== undefined && last.number === hunt.ended_by,
  )
  const looks = (['worker', 'node', 'hour'] as const).map((by) => lookBy(by, runs))
  const isTogether = succession.p_value * (looks.length + 1) <= SIGNIFICANT
  looks.push(lookAtOrder(isTogether ? firstOfEach(runs, hunt.ended_by) : without(runs, hunt.ended_by)))
  const asked = looks.filter((look) => look.length > 0)
  const pValues = [succession.p_value, ...asked.map((look) => look[0]?.p_value ?? 1)]
  const [clumped = 1, ...corrected] = holm(pValues)
  const found = asked.flatMap((look, i) =>
    look
      .map((one) => ({ ...one, p_value: Math.max(one.p_value, corrected[i] ?? 1) }))
      .filter((one) => one.p_value <= SIGNIFICANT),
  )
  return {
    succession: { ...succession, clumped: clumped <= SIGNIFICANT },
    concentration: found.sort((a, b) => a.p_value - b.p_value),
    most_telling: Math.min(least, ...pValues),
  }
}

/**
 * Failures in a row, in the order of starting, and for runs side by side also in the order of ending: which of the two
 * is nearer to what makes failures meet depends on the program. The more telling order is given, corrected for both.
 */
function successionOf(
  runs: readonly HuntRun[],
  parallel: number,
  endsInFailure: boolean,
): { succession: Succession; least: number } {
  if (parallel === 1) {
    const succession = successionIn(runs, 'start', [1], endsInFailure)
    return { succession, least: succession.p_value }
  }
  const inStart = successionIn(runs, 'start', [1, NEAR.start], endsInFailure)
  const inEnd = takeAsLong(runs) ? successionIn(byEnd(runs), 'end', [1, NEAR.end], false) : inStart
  const best = inEnd.p_value < inStart.p_value ? inEnd : inStart
  const looks = inEnd === inStart ? 2 : 4
  return { succession: { ...best, p_value: Math.min(1, best.p_value * looks) }, least: best.p_value }
}

/**
 * Whether failing runs take as long as passing ones, as far as can be told. Slower or faster ones, begun side by side,
 * end side by side too, so that the order of ending would show streaks that the program does not make.
 */
function takeAsLong(runs: readonly HuntRun[]): boolean {
  const sorted = [...runs].sort((a, b) => a.duration_ms - b.duration_ms)
  const places = sorted.flatMap((run, index) => (run.outcome === 'failed' ? [index + 1] : []))
  if (places.length < 2 || places.length === runs.length) return true
  return rankSum(places, runs.length).pValue > SIGNIFICANT
}

/** The runs in the order of ending. */
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
  let before: boolean | null = null
  for (const { outcome } of runs) {
    const failed = outcome === 'failed'
    if (failed && before) streaks[streaks.length - 1] = (streaks[streaks.length - 1] ?? 0) + 1
    else if (failed) streaks.push(1)
    if (before !== null) {
      const chance = after[before ? 'failure' : 'pass']
      chance.runs++
      if (failed) chance.failed++
    }
    before = failed
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

/** Neighbours may have swapped places with those beside them: then failures a few runs apart are asked for too. */
function burstsOf(
  runs: readonly HuntRun[],
  distances: readonly number[],
  streaks: number,
  endsInFailure: boolean,
): Pick<Succession, 'p_value' | 'within' | 'bursts'> {
  const places = runs.flatMap((run, index) => (run.outcome === 'failed' ? [index] : []))
  const alone = streaksAtMost(streaks, places.length, runs.length - places.length, endsInFailure)
  const looks = [{ p: alone, within: 1, bursts: streaks }]
  for (const within of places.length > MAX_BURSTS ? [] : distances.slice(1)) {
    const bursts = places.filter((place, i) => i === 0 || place - (places[i - 1] ?? 0) > within).length
    looks.push({ p: burstsAtMost(bursts, places.length, runs.length, within), within, bursts })
  }
  const best = looks.reduce((least, look) => (look.p < least.p ? look : least))
  return { p_value: best.p, within: best.within, bursts: best.bursts }
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
  const all = [...values].map(([value, one]) => ({ by, value, ...one }))
  const failed = all.reduce((sum, one) => sum + one.failed, 0)
  const total = all.reduce((sum, one) => sum + one.runs, 0)
  const corrected = holm(all.map((one) => hypergeometricAtLeast(one.failed, one.runs, failed, total)))
  return all.map((one, i) => ({ ...one, p_value: corrected[i] ?? 1 })).sort((a, b) => a.p_value - b.p_value)
}

/** That the hunt ended at a failure says nothing of when failures come. */
function without(runs: readonly HuntRun[], endedBy: number | null): HuntRun[] {
  return runs.filter((run) => run.number !== endedBy)
}

/** Failures that come together are one word about when: of each streak the first is left, of one that ended the hunt none. */
function firstOfEach(runs: readonly HuntRun[], endedBy: number | null): HuntRun[] {
  const kept = runs.filter((run, i) => run.outcome === 'passed' || runs[i - 1]?.outcome !== 'failed')
  const last = kept.findLast((run) => run.outcome === 'failed')
  const isOpen = endedBy !== null && runs.at(-1)?.number === endedBy
  return isOpen ? kept.filter((run) => run !== last) : kept
}

function lookAtOrder(runs: readonly HuntRun[]): Concentration[] {
  const places = runs.flatMap((run, index) => (run.outcome === 'failed' ? [index + 1] : []))
  if (places.length < FEWEST_FOR_TREND || places.length === runs.length) return []
  const { side, pValue } = rankSum(places, runs.length)
  const first = places[0] ?? 1
  const last = places[places.length - 1] ?? runs.length
  const span = side === 'late' ? runs.length - first + 1 : last
  return [{ by: 'order', value: side, failed: places.length, runs: span, p_value: pValue }]
}
