/** The tests on patterns detect real patterns, and rarely report one where there is none. */
import { describe, expect, test } from 'vitest'
import type { Hunt, HuntRun } from '../src/run.ts'
import { shapeOf } from '../src/shape.ts'
import { watch } from '../src/stop.ts'
import { aHunt, aRun, GOAL, seeded } from './hunts.ts'

/** Plays a program until the hunt would stop by itself; `parallel` workers take turns. */
function play(fails: (run: number, worker: number) => boolean, parallel: number, most = 1000): Hunt {
  const watched = watch({ goal: GOAL, parallel, untilFailure: false, allRuns: false })
  const runs: HuntRun[] = []
  for (let number = 1; number <= most; number++) {
    const worker = ((number - 1) % parallel) + 1
    const outcome = fails(number, worker) ? 'failed' : 'passed'
    const run = aRun(number, { outcome, worker: String(worker) })
    runs.push(run)
    if (watched.add(run) !== null)
      return aHunt(runs, { parallel, missed: watched.missed, ended_by: outcome === 'failed' ? number : null })
  }
  return aHunt(runs, { parallel, missed: watched.missed })
}

/** Plays a program that fails by chance on so many workers: a pass takes about 10 of time, a failure about `slow`. */
function playTimed(random: () => number, { rate = 0, slow = 10, parallel = 24, runs = 200 }): Hunt {
  const free = Array.from({ length: parallel }, () => 0)
  const played = Array.from({ length: runs }, () => {
    const begun = Math.min(...free)
    const failed = random() < rate
    const duration = (failed ? slow : 10) * (0.9 + 0.2 * random())
    free[free.indexOf(begun)] = begun + duration
    return { failed, duration, ended: begun + duration }
  })
  const order = [...played].sort((a, b) => a.ended - b.ended)
  return aHunt(
    played.map((run, i) =>
      aRun(i + 1, {
        outcome: run.failed ? 'failed' : 'passed',
        duration_ms: run.duration,
        ended: order.indexOf(run) + 1,
      }),
    ),
    { parallel },
  )
}

describe('a program', () => {
  test('that fails in pairs is detected after a few pairs', () => {
    const hunt = play((run) => run % 50 === 30 || run % 50 === 31, 1)
    expect(shapeOf(hunt).succession).toMatchObject({ clumped: true, longest_streak: 2 })
    expect(hunt.runs.length).toBeLessThan(200)
  })

  test.each([4, 24])('that fails only on worker 3 of %d is detected after a few of its runs', (parallel) => {
    const hunt = play((_run, worker) => worker === 3, parallel)
    const [found] = shapeOf(hunt).concentration
    expect(found).toMatchObject({ by: 'worker', value: '3' })
    expect(found?.failed).toBe(found?.runs)
    expect(found?.p_value).toBeLessThan(0.05)
    expect(hunt.runs.length).toBeLessThan(150)
  })

  test('that fails at random has a significant pattern in about one of twenty hunts', () => {
    const random = seeded(7)
    const HUNTS = 400
    let found = 0
    for (let i = 0; i < HUNTS; i++) {
      const { succession, concentration } = shapeOf(play(() => random() < 0.02, 8, 600))
      if (succession.clumped || concentration.length > 0) found++
    }
    expect(found / HUNTS).toBeLessThan(0.09)
  })

  test('that fails in pairs is rarely reported as trending, although a hunt ends at a failure', () => {
    const random = seeded(11)
    const HUNTS = 200
    let clumped = 0
    let moved = 0
    for (let i = 0; i < HUNTS; i++) {
      let left = 0
      const inPairs = () => {
        if (left <= 0 && random() < 0.01) left = 2
        left = Math.max(-1, left - 1)
        return left >= 0
      }
      const { succession, concentration } = shapeOf(play(inPairs, 1, 3000))
      if (succession.clumped) clumped++
      if (concentration.length > 0) moved++
    }
    expect(clumped / HUNTS).toBeGreaterThan(0.8)
    expect(moved / HUNTS).toBeLessThan(0.05)
  })

  test.each([
    ['slower', { rate: 0.05, slow: 35 }],
    ['a little faster', { rate: 0.2, slow: 8, runs: 120 }],
    ['far slower', { rate: 0.1, slow: 100, parallel: 8, runs: 120 }],
    ['as fast', { rate: 0.05, slow: 10 }],
  ])('whose failures are %s than its passes is not reported as clustered because of that', (_name, how) => {
    const random = seeded(5)
    const HUNTS = 200
    let found = 0
    for (let i = 0; i < HUNTS; i++) if (shapeOf(playTimed(random, how)).succession.clumped) found++
    expect(found / HUNTS).toBeLessThan(0.04)
  })

  test('that always fails has no pattern, and the hunt stops at once', () => {
    const hunt = play(() => true, 4)
    expect(hunt).toMatchObject({ missed: true })
    expect(hunt.runs.length).toBeLessThanOrEqual(3)
    expect(shapeOf(hunt).concentration).toEqual([])
  })
})

describe('shapeOf', () => {
  const failing = (
    places: number[],
    total: number,
    fields: (place: number) => Partial<HuntRun> = () => ({}),
  ) =>
    aHunt(
      Array.from({ length: total }, (_, i) =>
        aRun(i + 1, { outcome: places.includes(i + 1) ? 'failed' : 'passed', ...fields(i + 1) }),
      ),
    )

  test('48 passes, 2 failures, 2 passes, 1 failure come late, without significant clustering', () => {
    const { succession, concentration } = shapeOf(failing([49, 50, 53], 53))
    expect(succession).toMatchObject({
      clumped: false,
      longest_streak: 2,
      streaks: [2, 1],
      after_failure: { failed: 1, runs: 2 },
      after_pass: { failed: 2, runs: 50 },
    })
    // (51 + 2 * 1275) of the 23,426 ways to place three failures have at most two streaks.
    expect(succession.p_value).toBeCloseTo(2601 / 23426, 9)
    expect(concentration).toMatchObject([{ by: 'order', value: 'late' }])
  })

  test('a failure at the end is not a trend', () => {
    expect(shapeOf(failing([400], 400)).concentration).toEqual([])
    expect(shapeOf(failing([399, 400], 400)).concentration).toEqual([])
  })

  test('failures in one hour are detected', () => {
    const hour = (place: number) => ({ started_at: `2026-02-03T${place % 8 === 0 ? '03' : '11'}:00:00.000Z` })
    const { concentration } = shapeOf(failing([8, 32, 64, 96, 128], 160, hour))
    expect(concentration).toMatchObject([{ by: 'hour', value: '03', failed: 5, runs: 20 }])
  })

  test('failures that cluster in order of completion are detected in that order', () => {
    const pairs = [10, 17, 60, 66, 110, 118]
    const ended = (place: number) => {
      const index = pairs.indexOf(place)
      return { ended: index % 2 === 1 ? (pairs[index - 1] ?? 0) + 0.5 : place }
    }
    const hunt = { ...failing(pairs, 150, ended), parallel: 24 }
    expect(shapeOf(hunt).succession).toMatchObject({ clumped: true, order: 'end', streaks: [2, 2, 2] })
  })

  test('stopped runs are ignored', () => {
    const hunt = failing([2, 4], 6)
    const stopped = {
      ...hunt,
      runs: hunt.runs.map((run) => (run.number === 3 ? { ...run, outcome: 'stopped' as const } : run)),
    }
    expect(shapeOf(stopped).succession.streaks).toEqual([2])
  })

  test('without an order nothing is tested', () => {
    const { succession, concentration } = shapeOf({ ...failing([1, 2, 3], 90), ordered: false })
    expect([succession.p_value, succession.streaks, concentration]).toEqual([1, [], []])
  })
})
