/** Which results on trunk count as flaky. Each result is one commit, in order of time. */
import { expect, test } from 'vitest'
import { type TrunkResult, trunkVerdicts } from '../../../src/domain/attribution/trunk.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/time.ts'

type Outcome = 'pass' | 'fail' | 'both'

/** Results an hour apart, unless an outcome names its distance to the one before in days. */
function results(...outcomes: (Outcome | [days: number, Outcome])[]): TrunkResult[] {
  let at = 0
  return outcomes.map((entry, i) => {
    const [days, outcome] = typeof entry === 'string' ? [1 / 24, entry] : entry
    at += days * DAY_MS
    return { headSha: `sha${i}`, at, passed: outcome !== 'fail', failed: outcome !== 'pass' }
  })
}

/** `F` a flaky verdict, `C` a clean one, `-` none. */
function verdicts(given: readonly TrunkResult[]): string {
  const bySha = new Map(trunkVerdicts(given).map((verdict) => [verdict.headSha, verdict.flaky ? 'F' : 'C']))
  return given.map(({ headSha }) => bySha.get(headSha) ?? '-').join('')
}

test.each<[string, TrunkResult[], string]>([
  ['a lone failure between two passes is a flake', results('pass', 'fail', 'pass'), 'CFC'],
  ['two failures in a row are a broken trunk', results('pass', 'fail', 'fail', 'pass'), 'C--C'],
  ['a failure with no commit before it is undecided', results('fail', 'pass'), '-C'],
  ['a failure with no commit after it is undecided', results('pass', 'fail'), 'C-'],
  ['a commit that failed and passed is a flake on its own', results('both'), 'F'],
  ['a commit that also passed is a passing neighbour', results('both', 'fail', 'both'), 'FFF'],
  ['a pass is clean', results('pass'), 'C'],
  ['neighbours exactly seven days away still decide', results('pass', [7, 'fail'], [7, 'pass']), 'CFC'],
  ['an earlier neighbour further away decides nothing', results('pass', [7.01, 'fail'], 'pass'), 'C-C'],
  ['a later neighbour further away decides nothing', results('pass', 'fail', [7.01, 'pass']), 'C-C'],
  ['there are no verdicts without results', [], ''],
])('%s', (_rule, given, expected) => {
  expect(verdicts(given)).toBe(expected)
  expect(trunkVerdicts(given.toReversed())).toEqual(trunkVerdicts(given))
})

test('results of one moment are ordered by commit, whatever order they arrive in', () => {
  const given = [
    { headSha: 'b', at: HOUR_MS, passed: false, failed: true },
    { headSha: 'c', at: HOUR_MS, passed: true, failed: false },
    { headSha: 'a', at: HOUR_MS, passed: true, failed: false },
  ]
  expect(trunkVerdicts(given).map(({ headSha, flaky }) => [headSha, flaky])).toEqual([
    ['a', false],
    ['b', true],
    ['c', false],
  ])
})

test('a flake is dated by its failure, and a clean verdict has none', () => {
  expect(trunkVerdicts(results('pass', 'fail', 'pass'))).toEqual([
    { headSha: 'sha0', flaky: false, judgedAt: HOUR_MS, failedAt: null },
    { headSha: 'sha1', flaky: true, judgedAt: 2 * HOUR_MS, failedAt: 2 * HOUR_MS },
    { headSha: 'sha2', flaky: false, judgedAt: 3 * HOUR_MS, failedAt: null },
  ])
})
