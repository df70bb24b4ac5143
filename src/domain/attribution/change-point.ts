/**
 * When a job's flake rate changed: binary segmentation of its days with a likelihood-ratio test at every split (A. J. Scott
 * and M. Knott, Biometrics 30, 1974).
 *
 * Time is divided into blocks of four weeks. The changes of a block are found in the days of the block, and of five weeks before
 * and after it. So they depend on those days alone, not on when and how often changes are searched for.
 */

import { WEEK_MS } from '../time.ts'
import { FIRST_MONDAY } from './week.ts'

export interface Tally {
  flaky: number
  verdicts: number
}

export interface Change {
  /** Index of the first day after the change. */
  at: number
  before: Tally
  after: Tally
}

/** The verdicts of a UTC day (`YYYY-MM-DD`). */
export interface DayTally extends Tally {
  day: string
}

/** A change, with the first day after it. */
export type DatedChange = Omit<Change, 'at'> & { day: string }

/** Verdicts that each side of a split must have. */
const MIN_VERDICTS = 10
// Twice the gain is the likelihood-ratio statistic. Any of some 90 days may be the split, so the bound for a single test
// (1.92 at 5 %) is far too low; fewer than 1 % of jobs whose rate never changed exceed 7 (simulated in the tests).
const MIN_GAIN = 7
/** Depth of the segmentation: at most 15 changes. */
const MAX_DEPTH = 4
const BLOCK_MS = 4 * WEEK_MS
/** How much (ms) before and after a block is searched with it. */
export const BLOCK_MARGIN = 5 * WEEK_MS

/** From (inclusive) and to (exclusive), in epoch ms. */
export interface Blocks {
  from: number
  to: number
}

/** The blocks whose changes depend on something between two times (epoch ms, both inclusive). */
export function blocksAround(first: number, last: number): Blocks {
  return { from: blockOf(first - BLOCK_MARGIN), to: blockOf(last + BLOCK_MARGIN) + BLOCK_MS }
}

/** The begin (epoch ms) of the block that contains `at`. */
function blockOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / BLOCK_MS) * BLOCK_MS + FIRST_MONDAY
}

/** The changes of a job dated in the blocks, oldest first. @param days of the job, ascending; days without verdicts may be left out */
export function changesIn({ from, to }: Blocks, days: readonly DayTally[]): DatedChange[] {
  const changes: DatedChange[] = []
  for (let block = from; block < to; block += BLOCK_MS) {
    const searched = daysBetween(days, block - BLOCK_MARGIN, block + BLOCK_MS + BLOCK_MARGIN)
    const dated = changePoints(searched).map(({ at, ...change }) => ({
      ...change,
      day: searched[at]?.day ?? '',
    }))
    changes.push(...daysBetween(dated, block, block + BLOCK_MS))
  }
  return changes
}

function daysBetween<T extends { day: string }>(days: readonly T[], from: number, to: number): T[] {
  return days.filter(({ day }) => Date.parse(day) >= from && Date.parse(day) < to)
}

/** The split of `days` that explains them best by two rates instead of one; null where no split is significant. */
export function changePoint(days: readonly Tally[]): Change | null {
  const total = sumOf(days)
  const withoutSplit = logLikelihood(total)
  const before: Tally = { flaky: 0, verdicts: 0 }
  let best: Change | null = null
  let bestGain = MIN_GAIN
  days.forEach((day, i) => {
    const after = { flaky: total.flaky - before.flaky, verdicts: total.verdicts - before.verdicts }
    if (before.verdicts >= MIN_VERDICTS && after.verdicts >= MIN_VERDICTS) {
      const gain = logLikelihood(before) + logLikelihood(after) - withoutSplit
      if (gain > bestGain) {
        bestGain = gain
        best = { at: i, before: { ...before }, after }
      }
    }
    before.flaky += day.flaky
    before.verdicts += day.verdicts
  })
  return best
}

function sumOf(days: readonly Tally[]): Tally {
  return days.reduce(
    (total, day) => ({ flaky: total.flaky + day.flaky, verdicts: total.verdicts + day.verdicts }),
    { flaky: 0, verdicts: 0 },
  )
}

/** Log-likelihood of a binomial at its maximum-likelihood rate. */
function logLikelihood({ flaky, verdicts }: Tally): number {
  return xLogShare(flaky, verdicts) + xLogShare(verdicts - flaky, verdicts)
}

/** x ln(x / total), which is 0 at x = 0. */
function xLogShare(x: number, total: number): number {
  return x === 0 ? 0 : x * Math.log(x / total)
}

/** Every change in `days`, oldest first: each part between two changes is searched again. */
export function changePoints(days: readonly Tally[], depth = 0): Change[] {
  const change = depth < MAX_DEPTH ? changePoint(days) : null
  if (!change) return []
  const earlier = changePoints(days.slice(0, change.at), depth + 1)
  const later = changePoints(days.slice(change.at), depth + 1)
  return [...earlier, change, ...later.map((other) => ({ ...other, at: other.at + change.at }))]
}
