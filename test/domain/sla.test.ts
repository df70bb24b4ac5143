/** The figures of one window. */
import { describe, expect, test } from 'vitest'
import { breachProbability, burnRate, type CountedFlake, countFlakes, slaOf } from '../../src/domain/sla.ts'

function aFlake(more: Partial<CountedFlake> = {}): CountedFlake {
  return { number: 7, grade: 'strong', label: 'not_caused_by_pr', counted: true, ...more }
}

const figures = (prs: number, flakes: CountedFlake[], target = 0.01) =>
  slaOf(countFlakes(prs, flakes, target))

describe('a window', () => {
  test('counts flakes by attribution and grade, and the pull requests that had any', () => {
    const flakes = [
      aFlake(),
      aFlake({ number: 8, grade: 'weak', label: 'undetermined' }),
      aFlake({ number: 8, label: 'caused_by_pr', counted: false }),
      aFlake({ number: 9, label: 'undetermined', counted: false }),
    ]
    expect(figures(200, flakes)).toMatchObject({
      prs: 200,
      flakes: 4,
      flakes_counted: 2,
      flakes_caused_by_pr: 1,
      flakes_undetermined: 2,
      strong: 3,
      weak: 1,
      prs_with_flakes: 3,
      rate: 0.01,
      rate_low: 0.005,
      rate_high: 0.015,
      share_of_prs: 0.015,
    })
  })

  test.each([
    [0, 100, false, 'no flake'],
    [1, 100, true, 'exactly the target'],
    [1, 101, false, 'just below it'],
    [1, 99, true, 'just above it'],
    [1, 3, true, 'a small sample'],
    [3, 300, true, 'exactly the target again, where 3 / 300 is not exact in binary'],
    [7, 700, true, 'exactly the target, where 0.01 x 700 is more than 7 in binary'],
    [29, 2900, true, 'exactly the target, where 0.01 x 2900 is not whole in binary'],
  ])('with %d of %d is out of SLA: %s, for it is %s', (flakes, prs, breached) => {
    expect(
      figures(
        prs,
        Array.from({ length: flakes }, () => aFlake()),
      ).breached,
    ).toBe(breached)
  })

  test('is breached at exactly the target, whatever target and size', () => {
    for (const target of [0.001, 0.01, 0.03, 0.05, 0.07, 0.1, 0.29]) {
      for (let hundreds = 1; hundreds <= 50; hundreds++) {
        const prs = hundreds * 1000
        const flakes_counted = Math.round(prs * target)
        const here = { ...countFlakes(prs, [], target), flakes_counted }
        expect([target, prs, slaOf(here).breached]).toEqual([target, prs, true])
        expect(slaOf({ ...here, flakes_counted: flakes_counted - 1 }).breached).toBe(false)
      }
    }
  })

  test('counts undecided flakes apart from the others', () => {
    const counts = countFlakes(200, [aFlake(), aFlake(), aFlake({ label: 'undetermined' })], 0.01)
    expect(counts).toMatchObject({ flakes_low: 2, flakes_high: 3, flakes_undetermined: 1 })
  })

  test('with a flake but nothing tested is not out of SLA', () => {
    expect(figures(0, [aFlake()]).breached).toBe(false)
  })

  test('with nothing tested is no data: neither zero nor in nor out of SLA', () => {
    expect(figures(0, [])).toMatchObject({
      rate: null,
      rate_low: null,
      rate_high: null,
      share_of_prs: null,
      breached: false,
      breach_probability: null,
    })
  })
})

describe('the probability of a breach', () => {
  test.each([
    [100, 1, 0.57],
    [100, 2, 0.85],
    [100, 3, 0.96],
    [20, 0, 0.53],
    [20, 1, 0.94],
    [400, 4, 0.53],
    [400, 8, 0.97],
  ])('over %d pull requests with %d flakes is %d', (prs, flakes, probability) => {
    expect(breachProbability(flakes, prs, 0.01)).toBeCloseTo(probability, 2)
  })

  test('rises with flakes and falls with pull requests', () => {
    for (let flakes = 0; flakes < 30; flakes++) {
      const here = breachProbability(flakes, 500, 0.01) ?? Number.NaN
      expect(breachProbability(flakes + 1, 500, 0.01)).toBeGreaterThan(here)
      expect(breachProbability(flakes, 600, 0.01)).toBeLessThan(here)
    }
  })

  test('stays a probability for very large windows', () => {
    for (const [flakes, prs] of [
      [0, 100_000],
      [5000, 100_000],
      [1000, 100_000],
      [1, 1],
    ] as const) {
      const probability = breachProbability(flakes, prs, 0.01) ?? Number.NaN
      expect(probability).toBeGreaterThanOrEqual(0)
      expect(probability).toBeLessThanOrEqual(1)
    }
  })
})

test.each([
  [1, 100, 1],
  [10, 100, 10],
  [0, 100, 0],
  [1, 0, null],
])('%d flakes over %d pull requests burn the budget %d times', (flakes, prs, rate) => {
  expect(burnRate(flakes, prs, 0.01)).toBe(rate)
})
