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
  'after %i flakes in %i verdicts, the issue closes at the first clean streak whose probability is below 1 %%',
  (flakes, verdicts) => {
    const n = cleanVerdictsNeeded(flakes, verdicts) ?? 0
    const q = flakes / verdicts
    expect((1 - q) ** n).toBeLessThan(0.01)
    expect((1 - q) ** (n - 1)).toBeGreaterThanOrEqual(0.01 - 1e-12)
  },
)

test('the issue of a job without flakes never closes; that of a job that always flaked closes after one clean verdict', () => {
  expect(cleanVerdictsNeeded(0, 10)).toBeNull()
  expect(cleanVerdictsNeeded(3, 3)).toBe(1)
})
