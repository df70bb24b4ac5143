import { describe, expect, test } from 'vitest'
import { changePoint } from '../../../src/domain/attribution/change-point.ts'

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
