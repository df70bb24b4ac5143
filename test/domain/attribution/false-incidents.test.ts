/**
 * Without incidents, at most one a year is found in a repository of any size; and outages are found. Measured on results made
 * with fixed seeds. `FULL_CHECK=1` searches more years.
 */
import { describe, expect, test } from 'vitest'
import type { RepositorySize } from '../../../bench/incident-histories.ts'
import { countFalseIncidents, SIZES, shareFound } from '../../../bench/incidents.ts'
import { minLogBayesFactor } from '../../../src/domain/attribution/incident.ts'

const IS_FULL = process.env.FULL_CHECK === '1'
const TIMEOUT_MS = IS_FULL ? 600_000 : 60_000
/** How many results are searched for each kind of repository, about. */
const RESULTS = IS_FULL ? 4_000_000 : 500_000
const HEADS = 3.5
const MAX_SEARCHES = 200

/** Searches of four weeks, so that every kind of repository takes about the same time. */
function searchesOf({ jobs, pullRequestsADay }: RepositorySize): number {
  return Math.min(MAX_SEARCHES, Math.ceil(RESULTS / (28 * jobs * pullRequestsADay * HEADS)))
}

/** Without `FULL_CHECK`, repositories whose jobs flake at different rates, and the one that had most false incidents. */
const TRIED = SIZES.filter(
  ({ jobs, rates: { low, high } }) => IS_FULL || low < high || (jobs === 20 && low === 0.03),
)

describe('where jobs flake independently of each other, at most one incident a year is found', () => {
  const total = { found: 0, years: 0 }

  test.each(TRIED)('%j', { timeout: TIMEOUT_MS }, (size) => {
    const { found, years } = countFalseIncidents(size, searchesOf(size), 'test')
    total.found += found
    total.years += years
    // One in a short history proves nothing.
    expect(found).toBeLessThanOrEqual(Math.max(1, years))
  })

  test('over all kinds of repositories', () => {
    expect(total.found).toBeLessThanOrEqual(total.years)
  })
})

describe('of outages in working hours', () => {
  const size = { jobs: 20, pullRequestsADay: 40, rates: { low: 0.001, high: 0.1 } }

  test.each([
    { hours: 1, share: 0.5, allJobs: true },
    { hours: 1, share: 0.9, allJobs: true },
    { hours: 4, share: 0.5, allJobs: true },
    { hours: 12, share: 0.5, allJobs: true },
    { hours: 4, share: 0.9, allJobs: false },
    { hours: 12, share: 0.9, allJobs: false },
  ])('that hit many runs, nearly all are found: %j', { timeout: TIMEOUT_MS }, (kind) => {
    expect(shareFound(size, kind, { outages: 5, seed: 'test' })).toBeGreaterThanOrEqual(0.8)
  })
})

test.each([
  [3, Math.log(78.2)],
  [300, Math.log(7821)],
  [30_000, Math.log(782_143)],
])('%i failures in four weeks need a log Bayes factor of %d', (failures, expected) => {
  expect(minLogBayesFactor(failures)).toBeCloseTo(expected, 2)
})
