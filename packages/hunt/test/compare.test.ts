/** Whether a fix is real, against published figures and against counting. */
import { describe, expect, test } from 'vitest'
import { type Compared, compare, comparisonText, probabilityLower } from '../src/compare.ts'
import { seeded } from './hunts.ts'

const hunt = (name: string, passed: number, failed: number, clumped = false): Compared => ({
  name,
  passed,
  failed,
  clumped,
})

describe('compare', () => {
  test('clean runs after a failure rate of 5 % are a fix', () => {
    // 5 of 100 before, none of 100 after: choose(100, 5) / choose(200, 5).
    const { p_value, decision } = compare(hunt('a', 95, 5), hunt('b', 100, 0), 0.95)
    expect(p_value).toBeCloseTo(75287520 / 2535650040, 9)
    expect(decision).toBe('better')
  })

  test('too few clean runs are undecided, with the number of runs to decide', () => {
    const few = compare(hunt('a', 95, 5), hunt('b', 20, 0), 0.95)
    expect(few.decision).toBe('undecided')
    const more = few.runs_to_know ?? 0
    expect(compare(hunt('a', 95, 5), hunt('b', 20 + more, 0), 0.95).decision).toBe('better')
    expect(compare(hunt('a', 95, 5), hunt('b', 20 + more - 1, 0), 0.95).decision).toBe('undecided')
  })

  test('equal rates are undecided, and no number of runs decides', () => {
    expect(compare(hunt('a', 98, 2), hunt('b', 95, 5), 0.95)).toMatchObject({
      decision: 'undecided',
      runs_to_know: null,
    })
  })

  test('a higher rate after is worse', () =>
    expect(compare(hunt('a', 300, 0), hunt('b', 90, 10), 0.95).decision).toBe('worse'))

  test('no runs are undecided', () =>
    expect(compare(hunt('a', 0, 0), hunt('b', 0, 0), 0.95)).toMatchObject({
      decision: 'undecided',
      probability_better: expect.closeTo(0.5, 9),
    }))
})

describe('probabilityLower', () => {
  test('agrees with sampling from both posteriors', () => {
    const random = seeded(3)
    // A Beta(a, b) variate with whole a and b is the a-th of a + b - 1 uniform numbers in order.
    const beta = (a: number, b: number) =>
      Array.from({ length: a + b - 1 }, random).sort((x, y) => x - y)[a - 1] ?? 0
    let lower = 0
    const DRAWS = 20_000
    for (let i = 0; i < DRAWS; i++) if (beta(2, 30) < beta(4, 28)) lower++
    expect(probabilityLower(hunt('', 29, 1), hunt('', 27, 3))).toBeCloseTo(lower / DRAWS, 1.7)
  })

  test('the probabilities of both sides add up to 1', () => {
    const [a, b] = [hunt('', 2995, 3), hunt('', 480, 4)]
    expect(probabilityLower(a, b) + probabilityLower(b, a)).toBeCloseTo(1, 9)
  })
})

test('the comparison as text', () => {
  expect(comparisonText(compare(hunt('main', 950, 50), hunt('fix', 1000, 0), 0.95))).toMatchInlineSnapshot(`
    "The fix is real: 50 of 1,000 runs failed before (main), 0 of 1,000 runs failed after (fix).
    The probability that it fails less often now is more than 99.99%. Without a change, so few failures would occur in fewer than 1 of 10,000 cases."
  `)
  expect(comparisonText(compare(hunt('main', 95, 5, true), hunt('fix', 20, 0), 0.95))).toMatchInlineSnapshot(`
    "Undecided; about 61 more runs with the change, at this rate, would show that the fix is real: 5 of 100 runs failed before (main), 0 of 20 runs failed after (fix).
    The probability that it fails less often now is 68.6%. Without a change, so few failures would occur in 1 of 3 cases (p = 0.4).
    Failures cluster, so these runs carry less information than independent runs would. Repeat the comparison another day."
  `)
  expect(comparisonText(compare(hunt('main', 98, 2), hunt('fix', 97, 3), 0.95))).toMatchInlineSnapshot(`
    "No sign of a fix, and more runs at these rates would not show one: 2 of 100 runs failed before (main), 3 of 100 runs failed after (fix).
    The probability that it fails less often now is 34.1%. Without a change, so few failures would occur in most cases (p = 0.82)."
  `)
})
