/** Which verdicts are evidence about a flake, and how they are counted. The flake is one of pull request 7. */
import { describe, expect, test } from 'vitest'
import {
  countOthers,
  type EvidenceVerdict,
  type Relation,
  selectEvidence,
  timeOf,
} from '../../../src/domain/attribution/evidence.ts'
import { DAY_MS } from '../../../src/domain/time.ts'

const NOON = Date.UTC(2026, 1, 2, 12)
const FLAKE = { number: 7, headSha: 'head', flakedAt: NOON }

function verdict(number: number | null, at = NOON, more: Partial<EvidenceVerdict> = {}): EvidenceVerdict {
  return { headSha: 'head', number, flaky: false, judgedAt: at, failedAt: null, incident: null, ...more }
}
const flaky = (number: number | null, more: Partial<EvidenceVerdict> = {}) =>
  verdict(number, NOON, { flaky: true, failedAt: NOON, ...more })

function select(verdicts: EvidenceVerdict[], related: [number, Relation][] = []) {
  return selectEvidence(FLAKE, verdicts, new Map(related))
}

describe('a verdict is evidence about a flake', () => {
  test.each([
    ['28 days before it', NOON - 28 * DAY_MS, 1],
    ['but not a millisecond earlier', NOON - 28 * DAY_MS - 1, 0],
    ['up to a millisecond less than 7 days after it', NOON + 7 * DAY_MS - 1, 1],
    ['but not 7 days after it', NOON + 7 * DAY_MS, 0],
  ])('%s', (_rule, at, count) => {
    expect(select([verdict(1, at)]).others).toHaveLength(count)
    expect(select([verdict(7, at)]).own).toHaveLength(count)
    expect(select([verdict(1, at)], [[1, 'base']]).related.size).toBe(count)
  })

  test('either of its pull request, of others, or of related ones', () => {
    const verdicts = [verdict(7), verdict(1), verdict(null), verdict(2), verdict(3), verdict(2)]
    const { own, others, related } = select(verdicts, [
      [2, 'base'],
      [3, 'top'],
      [4, 'revert'],
    ])
    const numbers = (list: readonly EvidenceVerdict[] = []) => list.map(({ number }) => number)
    expect(numbers(own)).toEqual([7])
    expect(numbers(others)).toEqual([1, null])
    expect([...related].map(([number, list]) => [number, list.length])).toEqual([
      [2, 2],
      [3, 1],
    ])
  })
})

describe('among the verdicts of others', () => {
  const incident = { id: 'a', rate: 0.8 }

  test.each<[string, EvidenceVerdict[], number]>([
    ['every clean one counts', [1, 1, 1, 1, 1].map((number) => verdict(number)), 5],
    ['three flaky ones of a pull request count', [1, 1, 1, 1, 1].map((number) => flaky(number)), 3],
    ['three flaky ones of each pull request count', [1, 1, 1, 1, 2, 2].map((number) => flaky(number)), 5],
    ['every flaky one on trunk counts', [null, null, null, null].map((number) => flaky(number)), 4],
    ['one flaky one of an incident counts', [1, 2, 3].map((number) => flaky(number, { incident })), 1],
    [
      'one flaky one of each incident counts',
      ['a', 'b', 'a'].map((id, i) => flaky(i, { incident: { id, rate: 0.8 } })),
      2,
    ],
    [
      'clean ones during an incident count',
      [1, 2, 3].map((number) => verdict(number, NOON, { incident })),
      3,
    ],
    [
      'flaky ones that a person attributed to their pull request do not count',
      [flaky(1, { correction: 'mine' })],
      0,
    ],
    ['flaky ones that a person attributed to others count', [flaky(1, { correction: 'not_mine' })], 1],
  ])('%s', (_rule, verdicts, count) => {
    expect(select(verdicts).others).toHaveLength(count)
  })

  test('the flaky ones are counted, with the newest five pull requests and trunk apart', () => {
    const numbers = [3, 1, 2, 6, 5, 4]
    const verdicts = [
      ...numbers.map((number) => flaky(number)),
      flaky(3),
      flaky(null),
      verdict(null),
      verdict(9),
    ]
    expect(countOthers(verdicts)).toEqual({
      k: 8,
      n: 10,
      other_prs: 6,
      seen_on: [6, 5, 4, 3, 2],
      trunk_k: 1,
      trunk_n: 2,
    })
    expect(countOthers([])).toEqual({ k: 0, n: 0, other_prs: 0, seen_on: [], trunk_k: 0, trunk_n: 0 })
  })
})

test.each([
  ['its pass, when it never failed', { judgedAt: 5, failedAt: null }, 5],
  ['its failure, when it passed later', { judgedAt: 5, failedAt: 3 }, 3],
  ['its pass, when it failed later', { judgedAt: 5, failedAt: 8 }, 5],
])('a verdict is evidence about the moment of %s', (_rule, times, at) => {
  expect(timeOf(times)).toBe(at)
})
