/** Which series of failures are incidents. Each table row is one history of results. */
import { describe, expect, test } from 'vitest'
import { findIncidents, incidentAt, type TimedResult } from '../../../src/domain/attribution/incident.ts'
import { DAY_MS, MINUTE_MS } from '../../../src/domain/time.ts'

const START = 30 * DAY_MS

/** A result of pull request `number` (null: trunk), `minutes` after the start. */
function result(number: number | null, minutes: number, failed: boolean, job = 1): TimedResult {
  return { at: START + minutes * MINUTE_MS, job, number, failed }
}
const fails = (number: number | null, minutes: number, job = 1) => result(number, minutes, true, job)
const passes = (number: number | null, minutes: number, job = 1) => result(number, minutes, false, job)

/** A month of passes of a job before the start and a day of them after it, each of another pull request. */
function calm(job = 1): TimedResult[] {
  const before = Array.from({ length: 60 }, (_, i) => passes(1000 + i, -12 * 60 * (i + 1), job))
  const after = Array.from({ length: 12 }, (_, i) => passes(2000 + i, 3 * 24 * 60 + 60 * (i + 1), job))
  return [...before, ...after]
}

/** The incidents as `from-to` in minutes after the start. */
function found(...results: TimedResult[]): string[] {
  const minutes = (at: number) => (at - START) / MINUTE_MS
  return findIncidents([...calm(), ...results]).map(({ from, to }) => `${minutes(from)}-${minutes(to)}`)
}

describe('failures of one job', () => {
  test.each<[string, string[], string[]]>([
    [
      'on three pull requests in an hour are an incident',
      found(fails(1, 0), fails(2, 20), fails(3, 60)),
      ['0-60'],
    ],
    ['on two pull requests are not', found(fails(1, 0), fails(2, 20)), []],
    ['on two pull requests and on trunk are', found(fails(1, 0), fails(2, 20), fails(null, 60)), ['0-60']],
    ['many times on trunk alone are not', found(...[0, 9, 18, 27].map((minute) => fails(null, minute))), []],
    [
      'many times on two pull requests are not: the same change repeats itself',
      found(...[0, 400, 800].flatMap((minute) => [fails(1, minute), fails(2, minute + 9)])),
      [],
    ],
    [
      'of four pull requests span from the first to the last failure, without passes at either end',
      found(
        passes(9, -5),
        fails(1, 0),
        fails(2, 10),
        passes(8, 15),
        fails(3, 20),
        fails(4, 30),
        passes(7, 35),
      ),
      ['0-30'],
    ],
    [
      'among as many passes are ordinary flakiness',
      found(
        ...[0, 1, 2].flatMap((i) => [
          fails(i + 1, i * 60),
          ...Array.from({ length: 6 }, (_, k) => passes(50 + 10 * i + k, i * 60 + 5 + k)),
        ]),
      ),
      [],
    ],
    [
      'among as many passes of later heads are ordinary flakiness',
      found(
        ...[0, 1, 2].flatMap((i) =>
          Array.from({ length: 6 }, (_, k) => [
            passes(50 + 10 * i + k, -60),
            passes(50 + 10 * i + k, i * 60 + 5 + k),
          ]).flat(),
        ),
        ...[fails(1, 0), fails(2, 60), fails(3, 120)],
      ),
      [],
    ],
    [
      'in two outages a day apart are two incidents',
      found(
        ...[fails(1, 0), fails(2, 10), fails(3, 20), fails(4, 30)],
        ...Array.from({ length: 20 }, (_, i) => passes(100 + i, 60 + 60 * i)),
        ...[fails(5, 1500), fails(6, 1510), fails(7, 1520), fails(8, 1530)],
      ),
      ['0-30', '1500-1530'],
    ],
  ])('%s', (_rule, actual, expected) => {
    expect(actual).toEqual(expected)
  })

  test.each([
    [36 * 60, 1, 'is an incident'],
    [36 * 60 + 1, 0, 'is a job that broke, not an incident'],
  ])('that last %i minutes: %i incidents, it %s', (minutes, expected) => {
    const failures = Array.from({ length: 13 }, (_, i) => fails(1 + i, Math.round((minutes * i) / 12)))
    expect(found(...failures)).toHaveLength(expected)
  })

  test.each([
    [6 * 60, 4],
    [6 * 60 + 1, 5],
  ])('of one pull request %i minutes apart leave %i observations', (minutes, observations) => {
    const failures = [fails(1, 0), fails(2, 10), fails(3, 20), fails(1, minutes), fails(4, minutes + 5)]
    expect(findIncidents([...calm(), ...failures])[0]?.failures).toBe(observations)
  })

  test('of one pull request, each within six hours of the last, count as one observation', () => {
    const repeats = [5, 10, 15].map((hours) => fails(1, hours * 60))
    const [incident] = findIncidents([...calm(), fails(1, 0), fails(2, 10), fails(3, 20), ...repeats])
    expect(incident).toMatchObject({ failures: 3, pullRequests: [1, 2, 3] })
  })

  test('on trunk are separate observations', () => {
    const results = [fails(1, 0), fails(2, 5), fails(null, 10), fails(null, 15), fails(null, 20)]
    const [incident] = findIncidents([...calm(), ...results])
    expect(incident).toMatchObject({ failures: 5, pullRequests: [1, 2], onTrunk: true })
  })

  test('are not an incident when one pull request has nearly all of them', () => {
    // Pull request 1 fails again and again; two others failed once among many passes.
    const worst = Array.from({ length: 5 }, (_, i) => fails(1, i * 361))
    const others = [fails(2, 30), fails(3, 1400)]
    const passing = Array.from({ length: 10 }, (_, i) => passes(60 + i, 40 + i * 130))
    expect(found(...worst, ...others, ...passing)).toEqual([])
  })
})

/** Passes of pull requests at equal distances between the start and `minutes`. */
function passesWithin(minutes: number, number: number): TimedResult[] {
  return Array.from({ length: number }, (_, i) => passes(50 + i, ((i + 1) * minutes) / (number + 1)))
}
const failuresOf = (...minutes: number[]) => minutes.map((minute, i) => fails(1 + i, minute))

describe('passes among the failures', () => {
  test.each([
    [3, 1, 1],
    [3, 2, 0],
    [4, 3, 1],
    [4, 4, 0],
    [5, 5, 1],
    [5, 6, 0],
    [6, 6, 1],
    [6, 7, 0],
  ])(
    'of %i pull requests in an hour: with %i passes there are %i incidents',
    (pullRequests, count, expected) => {
      const failures = failuresOf(
        ...Array.from({ length: pullRequests }, (_, i) => (i * 60) / (pullRequests - 1)),
      )
      expect(found(...failures, ...passesWithin(60, count))).toHaveLength(expected)
    },
  )

  test.each([
    [16, 1],
    [24, 0],
  ])('that spread over %i hours, without a pass: %i incidents of three pull requests', (hours, expected) => {
    expect(found(...failuresOf(0, hours * 30, hours * 60))).toHaveLength(expected)
  })

  test.each([
    [0, 1],
    [1, 0],
  ])(
    'must leave support without the worst pull request: with %i passes there are %i incidents',
    (count, expected) => {
      const jobs = [1, 2, 3, 4]
      // Pull request 1 fails in four jobs, two others in one each.
      const failures = [...jobs.map((job) => fails(1, job, job)), fails(2, 20), fails(3, 40)]
      const history = [...jobs.flatMap(calm), ...failures, ...passesWithin(40, count)]
      expect(findIncidents(history)).toHaveLength(expected)
    },
  )

  test('count in its rate only between the first and the last failure', () => {
    const results = [passes(9, -5), ...failuresOf(0, 10, 20, 30), passes(8, 15), passes(7, 35)]
    expect(findIncidents([...calm(), ...results])[0]?.rate).toBe(4 / 6)
  })
})

describe('a job that often fails', () => {
  // It failed on 40 of the 112 pull requests before.
  const often = Array.from({ length: 40 }, (_, i) => fails(500 + i, -12 * 60 * (i + 1) + 360))

  test.each([
    [7, 0],
    [9, 1],
  ])('needs more: %i failures in a row are %i incidents', (failures, expected) => {
    expect(found(...often, ...failuresOf(...Array.from({ length: failures }, (_, i) => i * 5)))).toHaveLength(
      expected,
    )
  })
})

describe('at the edge of the history', () => {
  const edges = calm()
  const before = edges.filter(({ at }) => at < START)
  const after = edges.filter(({ at }) => at > START)

  test.each<[string, TimedResult[], number, number]>([
    ['begins with it is found', after, 1, 1],
    ['begins with it is not found among two passes', after, 2, 0],
    ['has not ended is found', before, 3, 1],
    ['has not ended is not found among four passes', before, 4, 0],
  ])('an incident of four pull requests that %s', (_rule, rest, count, expected) => {
    const history = [...rest, ...failuresOf(0, 20, 40, 60), ...passesWithin(60, count)]
    const incidents = findIncidents(history)
    expect(incidents).toHaveLength(expected)
    if (expected > 0) expect(incidents[0]).toMatchObject({ from: START, failures: 4 })
  })
})

describe('an incident', () => {
  const JOBS = [1, 2]
  const outage = JOBS.flatMap((job) => [fails(1, 0, job), fails(2, 20, job), fails(null, 40, job)])
  const history = [...calm(1), ...calm(2), ...outage, passes(9, 30, 1)]

  test('of several jobs is one incident, described by its failures', () => {
    expect(findIncidents(history)).toEqual([
      {
        job: null,
        from: START,
        to: START + 40 * MINUTE_MS,
        // Six failures of seven results, and one pass more.
        rate: 6 / 8,
        jobs: [1, 2],
        pullRequests: [1, 2],
        failures: 6,
        onTrunk: true,
      },
    ])
  })

  test('of one job names that job, and trunk only where trunk failed', () => {
    const [incident] = findIncidents([...calm(1), ...calm(2), fails(3, 0), fails(1, 1), fails(2, 2)])
    expect(incident).toMatchObject({ job: 1, jobs: [1], pullRequests: [1, 2, 3], onTrunk: false })
  })

  test.each<[string, TimedResult[], number]>([
    ['at different times', history, 6 / 8],
    ['of one pull request at the same time', [...calm(), passes(1, 0), ...failuresOf(0, 10, 20, 30)], 4 / 6],
    [
      'of several pull requests at the same time',
      [...calm(), ...failuresOf(0, 10, 20, 30), ...[5, 6, 7, 8, 9].map((number) => passes(number, 30))],
      4 / 5,
    ],
    [
      'of two jobs at the same time',
      [
        ...[...calm(1), ...calm(2), passes(9, 0, 1)],
        ...[fails(1, 0, 2), fails(2, 10, 2), fails(3, 20, 1), fails(4, 30, 2)],
      ],
      4 / 6,
    ],
  ])('does not depend on the order of results %s', (_name, results, rate) => {
    expect(findIncidents(results)).toMatchObject([{ rate }])
    expect(findIncidents(results.toReversed())).toEqual(findIncidents(results))
  })

  test('of several jobs at one moment is a single incident', () => {
    const failures = JOBS.flatMap((job) => [1, 2, 3].map((number) => fails(number, 0, job)))
    expect(findIncidents([...calm(1), ...calm(2), ...failures])).toMatchObject([{ job: null, failures: 6 }])
  })

  test('lists its jobs in order, whichever failed first', () => {
    const failures = [fails(1, 0, 2), fails(2, 10, 2), fails(3, 20, 1), fails(4, 30, 2)]
    expect(findIncidents([...calm(1), ...calm(2), ...failures])[0]?.jobs).toEqual([1, 2])
  })

  test('of a single job comes before a later one of several', () => {
    const earlier = failuresOf(0, 10, 20, 30)
    const later = JOBS.flatMap((job) => [fails(5, 4000, job), fails(6, 4010, job), fails(7, 4020, job)])
    const incidents = findIncidents([...calm(1), ...calm(2), ...earlier, ...later])
    expect(incidents.map(({ job }) => job)).toEqual([1, null])
  })

  test.each<[string, number, number, boolean]>([
    ['its first moment', 1, 0, true],
    ['its last moment', 1, 40, true],
    ['just before it', 1, -0.01, false],
    ['just after it', 1, 40.01, false],
    ['a job that it did not hit, when it hit several', 7, 20, true],
  ])('contains %s: job %i at minute %d, %s', (_name, job, minutes, expected) => {
    const incidents = findIncidents(history)
    expect(incidentAt(incidents, job, START + minutes * MINUTE_MS) !== undefined).toBe(expected)
  })

  test('of one job contains no result of another', () => {
    const [incident] = findIncidents([...calm(), fails(1, 0), fails(2, 1), fails(3, 2)])
    const incidents = incident ? [incident] : []
    expect([1, 2].map((job) => incidentAt(incidents, job, START) !== undefined)).toEqual([true, false])
  })

  test('does not hide a later one of a single job', () => {
    const later = [5, 6, 7, 8].map((number) => fails(number, 24 * 60 + number))
    const between = [1, 2].flatMap((job) =>
      Array.from({ length: 9 }, (_, i) => passes(300 + i, 120 + i * 60, job)),
    )
    expect(findIncidents([...history, ...between, ...later]).map(({ job }) => job)).toEqual([null, 1])
  })
})

test('there are no incidents without results', () => {
  expect(findIncidents([])).toEqual([])
})
