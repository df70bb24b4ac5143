/** What the model of a week learns, and from which verdicts. The week is Monday 2 February 2026, in UTC. */
import { describe, expect, test, vi } from 'vitest'
import type { EvidenceVerdict } from '../../../src/domain/attribution/evidence.ts'
import type { Incident } from '../../../src/domain/attribution/incident.ts'
import {
  type JobEvidence,
  jobEvidence,
  type OtherVerdict,
} from '../../../src/domain/attribution/likelihood.ts'
import { DEFAULT_MODEL, fitRepositoryModel } from '../../../src/domain/attribution/repository-model.ts'
import {
  evidenceOf,
  firstTimeOf,
  incidentId,
  incidentsIn,
  type JobHistory,
  modelIn,
  weekOf,
  weeksLearningFrom,
} from '../../../src/domain/attribution/week.ts'
import { DAY_MS, HOUR_MS, WEEK_MS } from '../../../src/domain/time.ts'

// The real function, which one test replaces to see what it is given.
vi.mock(import('../../../src/domain/attribution/repository-model.ts'), async (original) => {
  const model = await original()
  return { ...model, fitRepositoryModel: vi.fn(model.fitRepositoryModel) }
})
const fit = vi.mocked(fitRepositoryModel)

const WEEK = Date.UTC(2026, 1, 2)

test.each([
  ['2026-02-02T00:00:00Z', '2026-02-02', 'its first moment'],
  ['2026-02-08T23:59:59Z', '2026-02-02', 'its last second'],
  ['2026-02-09T00:00:00Z', '2026-02-09', 'the first moment of the next week'],
  ['2026-02-01T23:59:59Z', '2026-01-26', 'the last second of the week before'],
  ['1970-01-05T00:00:00Z', '1970-01-05', 'the first Monday of Unix time'],
])('%s is in the week of %s: %s', (at, monday) => {
  expect(weekOf(Date.parse(at))).toBe(Date.parse(monday))
})

test('a verdict teaches its own week and the five after it', () => {
  const weeks = weeksLearningFrom(WEEK + DAY_MS).map((week) => (week - WEEK) / WEEK_MS)
  expect(weeks).toEqual([0, 1, 2, 3, 4, 5])
})

type Verdict = JobHistory['verdicts'][number]

function verdict(number: number, at: number, flaky = false, judgedAt = at): Verdict {
  return { headSha: `head${number}`, number, flaky, judgedAt, failedAt: flaky ? at : null }
}

function history(more: Partial<JobHistory> = {}): JobHistory {
  return { job: 1, verdicts: [], trunk: [], ...more }
}

/** Clean verdicts every six hours, from five weeks before the week to one week after it. */
const CALM = Array.from({ length: 7 * 28 }, (_, i) => verdict(1000 + i, WEEK - 5 * WEEK_MS + i * 6 * HOUR_MS))
/** Three pull requests that flake within 20 minutes of `at`; their passes come `passAfter` ms later. */
const outage = (at: number, passAfter = 0) =>
  [1, 2, 3].map((number) => verdict(number, at + number * 10_000, true, at + number * 10_000 + passAfter))

describe('the incidents of a week', () => {
  const count = (verdicts: Verdict[]) =>
    incidentsIn([history({ verdicts: [...CALM, ...verdicts] })], WEEK).length

  test.each<[string, Verdict[], number]>([
    ['include one within it', outage(WEEK + DAY_MS), 1],
    ['include one in its first moments', outage(WEEK), 1],
    ['do not include one that ended before it', outage(WEEK - DAY_MS), 0],
    ['do not include one of the next week', outage(WEEK + WEEK_MS), 0],
    [
      'include one that began in the week before and ended in this one',
      outage(WEEK - 30_000).map((verdict, i) => ({ ...verdict, failedAt: WEEK - 20_000 + i * 20_000 })),
      1,
    ],
    [
      'do not include one whose passes came only after it: they were not known to be flakes',
      outage(WEEK + 6 * DAY_MS, 2 * DAY_MS),
      0,
    ],
    ['include one whose passes came just before its end', outage(WEEK + 6 * DAY_MS, DAY_MS - HOUR_MS), 1],
  ])('%s', (_rule, verdicts, expected) => {
    expect(count(verdicts)).toBe(expected)
  })

  const failingAt = (...times: number[]) => times.map((at, i) => verdict(i + 1, at, true))

  test.each<[string, Verdict[], number]>([
    ['include one that ends in its first millisecond', failingAt(WEEK - 20, WEEK - 10, WEEK), 1],
    ['do not include one that ends a millisecond before it', failingAt(WEEK - 20, WEEK - 10, WEEK - 1), 0],
    [
      'do not include one whose last pass came in the first millisecond after it',
      outage(WEEK + 6 * DAY_MS).map((entry) => ({ ...entry, judgedAt: WEEK + WEEK_MS })),
      0,
    ],
    [
      'include one whose last pass came in its last millisecond',
      outage(WEEK + 6 * DAY_MS).map((entry) => ({ ...entry, judgedAt: WEEK + WEEK_MS - 1 })),
      1,
    ],
  ])('%s', (_rule, verdicts, expected) => {
    expect(count(verdicts)).toBe(expected)
  })

  test.each([
    [WEEK + WEEK_MS - 1, 1],
    [WEEK + WEEK_MS, 0],
  ])('count a failure on trunk at %i as known: %i incidents', (at, expected) => {
    const trunk = [{ headSha: 't', at, passed: false, failed: true }]
    const verdicts = [...CALM, ...failingAt(at - 20_000, at - 10_000)]
    expect(incidentsIn([history({ verdicts, trunk })], WEEK)).toHaveLength(expected)
  })

  test('are dated by their failures, and count the passes among them', () => {
    const at = WEEK + DAY_MS + HOUR_MS
    const verdicts = [...CALM, ...outage(at, HOUR_MS), verdict(9, at + 15_000)]
    expect(incidentsIn([history({ verdicts })], WEEK)).toMatchObject([
      { from: at + 10_000, to: at + 30_000, rate: 3 / 5 },
    ])
  })

  test('are found in the failures on trunk too', () => {
    const [first, second] = outage(WEEK + DAY_MS)
    const trunk = [{ headSha: 't', at: WEEK + DAY_MS + 60_000, passed: false, failed: true }]
    const verdicts = [...CALM, first, second].filter((entry) => entry !== undefined)
    expect(incidentsIn([history({ verdicts, trunk })], WEEK)).toMatchObject([{ onTrunk: true }])
    expect(incidentsIn([history({ verdicts })], WEEK)).toEqual([])
  })

  test('use the results of the three weeks before it, and no earlier ones', () => {
    // After many earlier failures, three more are ordinary.
    const flakyUntil = (days: number) =>
      Array.from({ length: 60 }, (_, i) => verdict(i + 10, WEEK - days * DAY_MS - 60_000 * 400 * i, true))
    const incident = outage(WEEK + DAY_MS)
    expect(count([...flakyUntil(21.1), ...incident])).toBe(1)
    expect(count([...flakyUntil(4), ...incident])).toBe(0)
  })
})

describe('the evidence of a job', () => {
  const incident: Incident = {
    ...{ job: null, from: WEEK, to: WEEK + HOUR_MS, rate: 0.75, jobs: [1], pullRequests: [1, 2, 3] },
    ...{ failures: 3, onTrunk: false },
  }

  test('is ordered by time, then by commit, then trunk first', () => {
    const verdicts = [
      verdict(7, WEEK + 5),
      { ...verdict(8, WEEK), headSha: 'b' },
      { ...verdict(9, WEEK), headSha: 'a' },
    ]
    const trunk = [{ headSha: 'b', at: WEEK, passed: true, failed: false }]
    const evidence = evidenceOf(history({ verdicts, trunk }), [])
    expect(evidence.map(({ number }) => number)).toEqual([9, null, 8, 7])
  })

  test('of one commit of two pull requests is ordered by their numbers', () => {
    const verdicts = [9, 8].map((number) => ({ ...verdict(number, WEEK), headSha: 'a' }))
    const evidence = evidenceOf(history({ verdicts }), [])
    expect(evidence.map(({ number }) => number)).toEqual([8, 9])
  })

  test('names the incident of a failure, by the time of the failure', () => {
    const during = verdict(1, WEEK + 1000, true, WEEK + DAY_MS)
    const after = verdict(2, WEEK + DAY_MS, true)
    const evidence = evidenceOf(history({ verdicts: [during, after] }), [incident])
    expect(evidence.map(({ incident }) => incident)).toEqual([
      { id: '2026-02-02T00:00:00Z', rate: 0.75 },
      null,
    ])
  })

  test('names the incident of a pass that fell into one', () => {
    const [evidence] = evidenceOf(history({ verdicts: [verdict(1, WEEK + 1000)] }), [incident])
    expect(evidence?.incident?.rate).toBe(0.75)
  })
})

test.each([
  [WEEK, null, '2026-02-02T00:00:00Z'],
  [WEEK, 12, '2026-02-02T00:00:00Z 12'],
  [WEEK + 1, null, '2026-02-02T00:00:00.001Z'],
])('the incident from %i of job %s has the id %j', (from, job, id) => {
  expect(incidentId({ from, job })).toBe(id)
})

test.each<[string, JobHistory[], number]>([
  ['the given time without any', [], WEEK],
  ['the given time when all are later', [history({ verdicts: [verdict(1, WEEK + 5)] })], WEEK],
  ['a verdict', [history({ verdicts: [verdict(1, WEEK - 5)] })], WEEK - 5],
  ['a failure', [history({ verdicts: [verdict(1, WEEK - 9, true, WEEK)] })], WEEK - 9],
  [
    'a result on trunk',
    [history({ trunk: [{ headSha: 't', at: WEEK - 7, passed: true, failed: false }] })],
    WEEK - 7,
  ],
])('the first time of histories is that of %s', (_name, histories, expected) => {
  expect(firstTimeOf(histories, WEEK)).toBe(expected)
})

describe('the model of a week', () => {
  /** Thirty pull requests with three verdicts each on consecutive hours; every `n`th flakes in all three. */
  const evidence = (from: number, n: number, more: Partial<EvidenceVerdict> = {}): EvidenceVerdict[] =>
    Array.from({ length: 90 }, (_, i) => {
      const number = Math.floor(i / 3)
      const at = from + i * HOUR_MS
      return { ...verdict(number, at, number % n === 0), judgedAt: at, incident: null, ...more }
    })
  const calm = evidence(WEEK - 10 * DAY_MS, 1000)
  const broken = (from: number, more: Partial<EvidenceVerdict> = {}) => evidence(from, 5, more)

  test('equals the prior mean without evidence', () => {
    expect(modelIn([], WEEK)).toEqual(modelIn([[]], WEEK))
    expect(modelIn([], WEEK).share).not.toBe(DEFAULT_MODEL.share)
  })

  test('is fitted to the verdicts of six weeks, one step a day', () => {
    const from = WEEK - 5 * WEEK_MS
    const incident = { id: 'x', rate: 0.8 }
    const entry = (number: number, day: number, more: Partial<EvidenceVerdict> = {}): EvidenceVerdict => {
      const at = from + day * DAY_MS
      return { ...verdict(number, at), incident: null, ...more }
    }
    const flake = (day: number, judged = day) => ({
      flaky: true,
      failedAt: from + day * DAY_MS,
      judgedAt: from + judged * DAY_MS,
    })
    const calmDays = Array.from({ length: 42 }, (_, day) => entry(100 + day, day))
    const learned = [
      entry(1, 0, flake(-1, 0)),
      ...[entry(2, 3, flake(3)), entry(2, 4, flake(4, 5)), entry(2, 5, flake(5))],
      entry(3, 10, { incident }),
      ...[entry(4, 41, flake(41)), entry(4, 41.9)],
    ]
    const ignored = [
      entry(5, -1, flake(-1, -0.001)),
      entry(6, 20, { ...flake(20), incident }),
      entry(7, 42, flake(41, 42)),
    ]
    const steps: OtherVerdict[] = [
      ...calmDays.map((_, step) => ({ number: 100 + step, step, flaky: false, excused: false })),
      { number: 1, step: 0, flaky: true, excused: false },
      ...[3, 4, 5].map((step) => ({ number: 2, step, flaky: true, excused: false })),
      { number: 3, step: 10, flaky: false, excused: true },
      { number: 4, step: 41, flaky: true, excused: false },
      { number: 4, step: 41, flaky: false, excused: false },
    ]
    const evidence = jobEvidence(steps, 42)
    let fitted: readonly JobEvidence[] = []
    fit.mockImplementationOnce((jobs) => {
      fitted = jobs
      return DEFAULT_MODEL
    })
    const onlyTrunk = [entry(1, 5, { number: null })]
    modelIn(
      [[...calmDays, ...learned, ...ignored], onlyTrunk, [entry(1, 5)], [entry(1, 6, flake(6))], []],
      WEEK,
    )
    const ofOne = (step: number, flaky: boolean) =>
      jobEvidence([{ number: 1, step, flaky, excused: false }], 42)
    expect(fitted).toEqual([evidence, ofOne(5, false), ofOne(6, true)])
  })

  test('learns that pull requests break jobs', () => {
    expect(modelIn([broken(WEEK)], WEEK).share).toBeGreaterThan(modelIn([calm], WEEK).share)
  })

  test.each<[string, EvidenceVerdict[], boolean]>([
    ['verdicts of the five weeks before it', broken(WEEK - 34 * DAY_MS), true],
    ['no verdict from earlier', broken(WEEK - 40 * DAY_MS), false],
    ['no verdict of a later week', broken(WEEK + WEEK_MS), false],
    ['no failure in an incident', broken(WEEK, { incident: { id: 'x', rate: 0.8 } }), false],
  ])('learns from %s', (_rule, verdicts, learns) => {
    const passes = verdicts.filter(({ flaky, incident }) => !flaky && incident === null)
    const informative = modelIn([[...calm, ...verdicts]], WEEK)
    const without = modelIn([learns ? [...calm, ...passes] : calm], WEEK)
    expect(informative.share > without.share).toBe(learns)
  })
})
