/** Exact tests against published tables and against counting by hand. */
import { describe, expect, test } from 'vitest'
import {
  burstsAtMost,
  fisherExact,
  holm,
  hypergeometricAtLeast,
  rankSum,
  streaksAtMost,
} from '../../src/statistics/exact-tests.ts'

describe('fisherExact', () => {
  test.each([
    // R. A. Fisher's lady tasting tea: three of four cups right.
    [3, 1, 1, 3, 0.485714],
    // The example of "studying men and women", 1 and 9 against 11 and 3.
    [1, 9, 11, 3, 0.00275946],
    [0, 0, 0, 0, 1],
    [0, 5, 0, 7, 1],
  ])('[[%d, %d], [%d, %d]]', (a, b, c, d, reference) =>
    expect(fisherExact(a, b, c, d)).toBeCloseTo(reference, 6),
  )
})

describe('hypergeometricAtLeast', () => {
  test('eight of nine marked among ten drawn of sixteen', () =>
    expect(hypergeometricAtLeast(8, 10, 9, 16)).toBeCloseTo(0.0244755, 6))
  test('at least zero is certain', () => expect(hypergeometricAtLeast(0, 4, 3, 9)).toBeCloseTo(1, 12))
  test('more than are marked is impossible', () => expect(hypergeometricAtLeast(4, 5, 3, 9)).toBe(0))
})

/** Every way to place the failures, counted. */
function placements(failures: number, total: number): number[][] {
  if (failures === 0) return [[]]
  const found: number[][] = []
  for (let last = failures; last <= total; last++)
    for (const rest of placements(failures - 1, last - 1)) found.push([...rest, last])
  return found
}

const streaksIn = (places: number[]) =>
  places.filter((place, i) => place !== (places[i - 1] ?? -1) + 1).length

describe.each([
  [3, 9],
  [4, 10],
  [2, 12],
])('%d failures among %d runs, against counting every placement', (failures, total) => {
  const all = placements(failures, total)

  test('streaksAtMost', () => {
    for (let streaks = 1; streaks <= failures; streaks++) {
      const share = all.filter((places) => streaksIn(places) <= streaks).length / all.length
      expect(streaksAtMost(streaks, failures, total - failures)).toBeCloseTo(share, 10)
    }
  })

  test('streaksAtMost, when the hunt stopped at a failure', () => {
    const ended = all.filter((places) => places[failures - 1] === total)
    for (let streaks = 1; streaks <= failures; streaks++) {
      const share = ended.filter((places) => streaksIn(places) <= streaks).length / ended.length
      expect(streaksAtMost(streaks, failures, total - failures, true)).toBeCloseTo(share, 10)
    }
  })

  test.each([1, 2, 3])('burstsAtMost, at most %d apart', (within) => {
    const burstsIn = (places: number[]) =>
      places.filter((place, i) => i === 0 || place - (places[i - 1] ?? 0) > within).length
    for (let bursts = 1; bursts <= failures; bursts++) {
      const share = all.filter((places) => burstsIn(places) <= bursts).length / all.length
      expect(burstsAtMost(bursts, failures, total, within)).toBeCloseTo(share, 10)
    }
  })

  test('rankSum', () => {
    const middle = (failures * (total + 1)) / 2
    const lean = (places: number[]) => Math.abs(places.reduce((a, b) => a + b, 0) - middle)
    for (const places of all) {
      const asFar = all.filter((other) => lean(other) >= lean(places)).length / all.length
      expect(rankSum(places, total).pValue).toBeCloseTo(Math.min(1, asFar), 10)
    }
  })
})

describe('rankSum', () => {
  test('failures 49, 50 and 53 of 53 came late', () => {
    const { side, pValue } = rankSum([49, 50, 53], 53)
    expect(side).toBe('late')
    expect(pValue).toBeCloseTo(0.000939127, 8)
  })

  test('the normal approximation replaces long counts, and agrees with them', () => {
    const places = Array.from({ length: 60 }, (_, i) => 5000 + 60 * i)
    const { side, pValue } = rankSum(places, 9000)
    expect(side).toBe('late')
    expect(pValue).toBeGreaterThan(1e-12)
    expect(pValue).toBeLessThan(1e-6)
  })
})

describe('burstsAtMost', () => {
  test('is streaksAtMost for neighbours, and exact for many failures', () =>
    expect(burstsAtMost(70, 100, 1000, 1)).toBeCloseTo(streaksAtMost(70, 100, 900), 9))
})

describe('holm', () => {
  // The worked example of Holm's method: 0.01, 0.04, 0.03, 0.005 at four hypotheses.
  test('multiplies by the number of remaining tests, and never decreases', () =>
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)))).toEqual([
      0.03, 0.06, 0.06, 0.02,
    ]))
  test('of no p-values is empty', () => expect(holm([])).toEqual([]))
})
