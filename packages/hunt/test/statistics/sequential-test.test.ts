/** The boundaries, and the share of wrong answers, computed exactly by following every path run by run. */
import { describe, expect, test } from 'vitest'
import { type Decision, decide, runsToMeet, runsToMiss } from '../../src/statistics/sequential-test.ts'

/** The exact chance that a job with this failure rate is ever given the answer within so many runs. */
function chanceOf(answer: Decision, rate: number, goal: Parameters<typeof decide>[2], runs: number): number {
  let undecided = new Map([[0, 1]])
  let total = 0
  for (let n = 1; n <= runs; n++) {
    const next = new Map<number, number>()
    for (const [failures, chance] of undecided) {
      next.set(failures, (next.get(failures) ?? 0) + chance * (1 - rate))
      next.set(failures + 1, (next.get(failures + 1) ?? 0) + chance * rate)
    }
    for (const [failures, chance] of next) {
      if (chance > 1e-12 && decide(failures, n, goal) === 'undecided') continue
      if (chance > 1e-12 && decide(failures, n, goal) === answer) total += chance
      next.delete(failures)
    }
    undecided = next
  }
  return total
}

describe('decide', () => {
  test.each([
    [0, 2994, 0.999, 'undecided'],
    [0, 2995, 0.999, 'met'],
    [1, 2995, 0.999, 'undecided'],
    [1, 1, 0.999, 'undecided'],
    [2, 2, 0.999, 'missed'],
    [5, 90, 0.999, 'missed'],
    [3, 53, 0.999, 'missed'],
    [2, 400, 0.999, 'undecided'],
    [0, 29, 0.9, 'met'],
    [5, 5000, 0.99, 'met'],
  ] as const)('%d failures in %d runs against %d: %s', (failures, runs, target, decision) =>
    expect(decide(failures, runs, { target, confidence: 0.95 })).toBe(decision),
  )

  test.each([0.95, 0.9, 0.8])(
    'at confidence %d a job right at the target is rarely given a wrong answer',
    (confidence) => {
      const goal = { target: 0.95, confidence }
      const level = 1 - confidence
      expect(chanceOf('missed', 0.05, goal, 1000)).toBeLessThanOrEqual(level)
      const met = chanceOf('met', 0.05, goal, 1000)
      expect(met).toBeGreaterThan(level / 2)
      expect(met).toBeLessThanOrEqual(level * 1.2)
    },
  )

  test('a job five times worse than a target of 99.9 % is usually detected within 1,000 runs', () =>
    expect(chanceOf('missed', 0.005, { target: 0.999, confidence: 0.95 }, 1000)).toBeGreaterThan(0.6))
})

describe('runsToMeet', () => {
  test.each([
    [0, 0.999, 0.95, 2995],
    [0, 0.99, 0.95, 299],
    [0, 0.999, 0.99, 4603],
    [0, 0.5, 0.95, 5],
  ])('%d failures against %d at %d: %d runs', (failures, target, confidence, runs) =>
    expect(runsToMeet(failures, { target, confidence })).toBe(runs),
  )

  test('is the first number of runs that meets', () => {
    const goal = { target: 0.99, confidence: 0.95 }
    for (const failures of [1, 2, 7]) {
      const runs = runsToMeet(failures, goal)
      expect([decide(failures, runs - 1, goal), decide(failures, runs, goal)]).toEqual(['undecided', 'met'])
    }
  })
})

describe('runsToMiss', () => {
  const goal = { target: 0.999, confidence: 0.95 }
  test('is enough at this rate, and one failure fewer is not', () => {
    const total = runsToMiss(3, 1000, goal) ?? 0
    const failures = Math.round(total * 0.003)
    expect(total).toBeGreaterThan(1000)
    expect(decide(failures, total, goal)).toBe('missed')
    expect(decide(failures - 1, Math.round((failures - 1) / 0.003), goal)).toBe('undecided')
  })
  test.each([
    [0, 100],
    [1, 1000],
    [1, 5000],
  ])('%d of %d fail within the target: never', (failures, runs) =>
    expect(runsToMiss(failures, runs, goal)).toBeNull(),
  )
  test('a rate barely above the target would take too many runs', () =>
    expect(runsToMiss(1001, 1_000_000, goal)).toBeNull())
})
