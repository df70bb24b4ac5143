/** When the flake rate of a job changed. */
import { describe, expect, test } from 'vitest'
import {
  BLOCK_MARGIN,
  blocksAround,
  changePoint,
  changePoints,
  changesIn,
  type DayTally,
} from '../../../src/domain/attribution/change-point.ts'
import { DAY_MS, iso, WEEK_MS } from '../../../src/domain/time.ts'

/** The same numbers on every machine (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function days(rates: readonly number[], next: () => number, verdicts = 12) {
  return rates.map((rate) => ({
    verdicts,
    flaky: Array.from({ length: verdicts }).filter(() => next() < rate).length,
  }))
}

describe('changePoint', () => {
  test('finds the day on which a job began to flake, to within a few days', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const change = changePoint(days([...Array(60).fill(0.01), ...Array(30).fill(0.15)], random(seed)))
      expect(Math.abs((change?.at ?? -99) - 60)).toBeLessThanOrEqual(4)
    }
  })

  test('finds none for nearly all jobs whose rate never changed', () => {
    let found = 0
    for (let seed = 1; seed <= 400; seed++) if (changePoint(days(Array(90).fill(0.05), random(seed)))) found++
    expect(found).toBeLessThanOrEqual(8)
  })

  test.each([
    ['no days', []],
    ['days without verdicts', Array(30).fill({ flaky: 0, verdicts: 0 })],
    [
      'too few verdicts on one side',
      [
        { flaky: 0, verdicts: 100 },
        { flaky: 9, verdicts: 9 },
      ],
    ],
  ])('finds none in %s', (_name, given) => {
    expect(changePoint(given)).toBeNull()
  })
})

/** Days with so many verdicts each, all or no flaky. */
const calmDays = (days: number, verdicts = 1) => Array.from({ length: days }, () => ({ flaky: 0, verdicts }))
const flakyDays = (days: number, verdicts = 1) =>
  Array.from({ length: days }, () => ({ flaky: verdicts, verdicts }))

describe('a change of the flake rate', () => {
  test('is the day that explains the verdicts best, with the verdicts before and after it', () => {
    expect(changePoint([...calmDays(20), { flaky: 1, verdicts: 2 }, ...flakyDays(20)])).toEqual({
      at: 20,
      before: { flaky: 0, verdicts: 20 },
      after: { flaky: 21, verdicts: 22 },
    })
  })

  test.each([
    ['needs ten verdicts before it', [...calmDays(10), ...flakyDays(20)], 10],
    ['is dated later with nine verdicts before it', [...calmDays(9), ...flakyDays(20)], 10],
    ['needs ten verdicts after it', [...calmDays(20), ...flakyDays(10)], 20],
    ['is dated earlier with nine verdicts after it', [...calmDays(20), ...flakyDays(9)], 19],
    ['is not found in fewer than twenty verdicts', [...calmDays(10), ...flakyDays(9)], undefined],
    ['is not found without one', calmDays(100), undefined],
    ['is not found where everything flakes', flakyDays(100), undefined],
    ['is found where a job stops to flake', [...flakyDays(20), ...calmDays(20)], 20],
    ['may lie in many verdicts of a few days', [...calmDays(1, 50), ...flakyDays(1, 50)], 1],
  ])('%s', (_rule, days, at) => {
    expect(changePoint(days)?.at).toBe(at)
  })

  test.each([
    [9, undefined],
    [10, 1],
  ])('is found after 50 clean verdicts if enough of the next 50 are flaky: %i', (flaky, at) => {
    const days = [
      { flaky: 0, verdicts: 50 },
      { flaky, verdicts: 50 },
    ]
    expect(changePoint(days)?.at).toBe(at)
  })
})

describe('all changes', () => {
  test('are each dated within the whole history, oldest first', () => {
    const days = [...calmDays(20), ...flakyDays(20), ...calmDays(30), ...flakyDays(40)]
    expect(changePoints(days).map(({ at }) => at)).toEqual([20, 40, 70])
  })

  test('are none where the rate never changed', () => {
    expect(changePoints(calmDays(90))).toEqual([])
  })

  test('are searched four levels deep', () => {
    // Each split takes the first or last day off.
    const days = Array.from({ length: 20 }, () => [...calmDays(1, 100), ...flakyDays(1, 100)]).flat()
    expect(changePoints(days)).toHaveLength(4)
  })
})

describe('changesIn', () => {
  const START = Date.parse('2025-01-06')
  const dated = (rates: readonly number[], seed: number): DayTally[] =>
    days(rates, random(seed)).map((tally, i) => ({ ...tally, day: iso(START + i * DAY_MS).slice(0, 10) }))
  /** 13 months in which the rate changes every 80 days. */
  const year = dated(
    Array.from({ length: 400 }, (_, i) => (Math.floor(i / 80) % 2 ? 0.2 : 0.01)),
    1,
  )
  const all = blocksAround(START, START + 400 * DAY_MS)

  test('finds the changes of a long history, each once', () => {
    const found = changesIn(all, year).map(({ day }) => (Date.parse(day) - START) / DAY_MS)
    expect(found).toHaveLength(4)
    for (const [i, day] of found.entries()) expect(Math.abs(day - 80 * (i + 1))).toBeLessThanOrEqual(4)
  })

  test('finds the same when blocks are searched apart from each other', () => {
    const apart = []
    for (let from = all.from; from < all.to; from += 4 * WEEK_MS)
      apart.push(...changesIn({ from, to: from + 4 * WEEK_MS }, year))
    expect(apart).toEqual(changesIn(all, year))
  })

  test('finds the same outside of the blocks around a day when that day changes', () => {
    for (const changed of [0, 27, 28, 150, 200, 399]) {
      const other = year.map((tally, i) => (i === changed ? { ...tally, flaky: tally.verdicts } : tally))
      const at = START + changed * DAY_MS
      const near = blocksAround(at, at + DAY_MS - 1)
      const outside = (list: readonly DayTally[]) =>
        changesIn(all, list).filter(({ day }) => Date.parse(day) < near.from || Date.parse(day) >= near.to)
      expect(outside(other)).toEqual(outside(year))
    }
  })

  test('does not need the days beyond the margin', () => {
    const blocks = blocksAround(START + 150 * DAY_MS, START + 160 * DAY_MS)
    const near = year.filter(({ day }) => {
      return Date.parse(day) >= blocks.from - BLOCK_MARGIN && Date.parse(day) < blocks.to + BLOCK_MARGIN
    })
    expect(near.length).toBeLessThan(year.length)
    expect(changesIn(blocks, near)).toEqual(changesIn(blocks, year))
  })
})
