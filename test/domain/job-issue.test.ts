/** Which jobs get an issue, and how many clean verdicts close it. */
import { expect, test } from 'vitest'
import { cleanVerdictsNeeded, deservesIssue } from '../../src/domain/job-issue.ts'

test.each([
  ['three flakes on two pull requests of a small budget', 3, 2, 1.2, true],
  ['two flakes', 2, 2, 1.2, false],
  ['one pull request that flakes again and again', 9, 1, 1.2, false],
  ['a quarter of a large budget', 25, 20, 100, true],
  ['less than a quarter', 24, 20, 100, false],
])('%s', (_name, flakes, pullRequests, allowed, expected) => {
  expect(deservesIssue({ flakes, pullRequests }, allowed)).toBe(expected)
})

test.each([
  [1, 10],
  [3, 33],
  [1, 1000],
  [99, 100],
  [9, 10],
])(
  'after %i flakes of %i verdicts, as many clean ones close the issue as are improbable by chance, and no fewer',
  (flakes, verdicts) => {
    const n = cleanVerdictsNeeded(flakes, verdicts) ?? 0
    const q = flakes / verdicts
    expect((1 - q) ** n).toBeLessThan(0.01)
    expect((1 - q) ** (n - 1)).toBeGreaterThanOrEqual(0.01 - 1e-12)
  },
)

test('a job without flakes is never closed, and one that always flaked after one clean verdict', () => {
  expect(cleanVerdictsNeeded(0, 10)).toBeNull()
  expect(cleanVerdictsNeeded(3, 3)).toBe(1)
})
