/** The special functions against reference values computed to thirty digits, and intervals against published tables. */
import { describe, expect, test } from 'vitest'
import { binomialAtLeast, binomialAtMost, clopperPearson, wilson } from '../../src/statistics/binomial.ts'
import {
  inverseRegularizedBeta,
  lnBeta,
  lnGamma,
  regularizedBeta,
  regularizedGammaP,
} from '../../src/statistics/special-functions.ts'

/** Equal to a relative error. */
function expectClose(value: number, reference: number, error = 1e-11): void {
  expect(Math.abs(value - reference)).toBeLessThanOrEqual(Math.abs(reference) * error + 1e-14)
}

describe('special functions', () => {
  test.each([
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247001],
    [1, 0],
    [2.5, 0.2846828704729192],
    [10, 12.80182748008147],
    [100.25, 360.28455963776423],
    [5000.5, 37586.88488728106],
  ])('lnGamma(%d)', (x, reference) => expectClose(lnGamma(x), reference))

  test('lnBeta(2, 3) is ln(1 / 12)', () => expectClose(lnBeta(2, 3), -Math.log(12)))

  test.each([
    [0.5, 0.1, 0.345279153981423],
    [1.5, 2, 0.7385358700508894],
    [4.5, 4, 0.4658537830903047],
    [10, 3, 0.00110248813011548],
    [100.5, 120, 0.9688849315035009],
    [0.5, 9, 0.9999779095030014],
    [3, 0, 0],
  ])('regularizedGammaP(%d, %d)', (s, x, reference) => expectClose(regularizedGammaP(s, x), reference))

  test.each([
    [0.5, 2, 3, 0.6875],
    [0.1, 0.5, 0.5, 0.20483276469913345],
    [0.999, 2995, 1, 0.04996170339735638],
    [0.001, 3, 998, 0.08020934284020105],
    [0.9, 20, 4, 0.8072689864813801],
    [0.3, 150.5, 400, 0.917501384870166],
    [0, 2, 3, 0],
    [1, 2, 3, 1],
  ])('regularizedBeta(%d, %d, %d)', (x, a, b, reference) => expectClose(regularizedBeta(x, a, b), reference))

  test.each([
    [0.025, 3, 998],
    [0.5, 0.5, 0.5],
    [0.975, 6, 85],
    [1e-9, 2, 2],
  ])('inverseRegularizedBeta(%d, %d, %d) undoes the function', (probability, a, b) =>
    expectClose(regularizedBeta(inverseRegularizedBeta(probability, a, b), a, b), probability, 1e-9),
  )

  test.each([0, 1, 3, 7, 10])('binomial tails at %d of 10 are the sums of their terms', (k) => {
    const choose = [1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1]
    const term = (i: number) => (choose[i] as number) * 0.3 ** i * 0.7 ** (10 - i)
    const sum = (from: number, to: number) => {
      let total = 0
      for (let i = from; i <= to; i++) total += term(i)
      return total
    }
    expectClose(binomialAtMost(k, 10, 0.3), sum(0, k))
    expectClose(binomialAtLeast(k, 10, 0.3), sum(k, 10))
  })

  test('tails out of range are certain or impossible', () => {
    expect([binomialAtLeast(0, 5, 0.1), binomialAtLeast(6, 5, 0.1)]).toEqual([1, 0])
    expect([binomialAtMost(5, 5, 0.1), binomialAtMost(-1, 5, 0.1)]).toEqual([1, 0])
  })
})

// R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 95 % limits by methods 5 (exact) and 3 (score).
describe.each([
  [81, 263, [0.2527, 0.3676], [0.2553, 0.3662]],
  [15, 148, [0.0578, 0.1617], [0.0624, 0.1605]],
  [0, 20, [0, 0.1684], [0, 0.1611]],
  [1, 29, [0.0009, 0.1776], [0.0061, 0.1718]],
])('intervals of %d in %d', (count, n, exact, score) => {
  test('Clopper-Pearson', () => {
    const { low, high } = clopperPearson(count, n, 0.95)
    expect([Number(low.toFixed(4)), Number(high.toFixed(4))]).toEqual(exact)
  })

  test('Wilson', () => {
    const { low, high } = wilson(count, n, 1.959963984540054)
    expect([Number(low.toFixed(4)), Number(high.toFixed(4))]).toEqual(score)
  })
})

describe('intervals at their ends', () => {
  test('no runs give the interval from 0 to 1', () => {
    expect(clopperPearson(0, 0, 0.95)).toEqual({ low: 0, high: 1 })
    expect(wilson(0, 0, 1.96)).toEqual({ low: 0, high: 1 })
  })

  test('if all runs failed the upper bound is 1', () => {
    const { low, high } = clopperPearson(10, 10, 0.95)
    expectClose(low, 0.025 ** (1 / 10), 1e-9)
    expect(high).toBe(1)
  })

  test('2,995 clean runs are the first to certify 99.9 % one-sided at 95 %', () => {
    expect(1 - clopperPearson(0, 2995, 0.9).high).toBeGreaterThanOrEqual(0.999)
    expect(1 - clopperPearson(0, 2994, 0.9).high).toBeLessThan(0.999)
  })
})
