/** What is known of a repository does not depend on the order in which reports arrive, or on how often they do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RepositoryFact } from '../../src/domain/facts.ts'
import {
  holderOf,
  isDoubtful,
  isPrivate,
  type RepositoryState,
  withReport,
} from '../../src/domain/repository.ts'
import { at } from '../support/facts.ts'
import '../support/fast-check.ts'

function aReport(minute: number, more: Partial<RepositoryFact> = {}): RepositoryFact {
  return {
    repository_id: 1001,
    full_name: 'acme/widgets',
    private: false,
    default_branch: 'main',
    reported_at: at(minute),
    timing: 'own',
    installation_id: 77,
    membership: 'seen',
    changed_at: at(minute),
    ...more,
  }
}

function stateAfter(reports: readonly RepositoryFact[]): RepositoryState {
  const state = reports.reduce<RepositoryState | null>(withReport, null)
  if (state === null) throw new Error('no reports')
  return state
}

/** What the row says. */
function rowAfter(...reports: RepositoryFact[]) {
  const state = stateAfter(reports)
  const { full_name, default_branch } = state
  return { full_name, default_branch, private: isPrivate(state), ...holderOf(state) }
}

const listed = (
  minute: number,
  membership: RepositoryFact['membership'],
  more: Partial<RepositoryFact> = {},
) => aReport(minute, { timing: 'list', default_branch: null, membership, ...more })

const reports = fc.record({
  minute: fc.integer({ min: 0, max: 6 }),
  full_name: fc.constantFrom('acme/a', 'acme/b'),
  private: fc.boolean(),
  timing: fc.constantFrom('own', 'own', 'arrival', 'list'),
  installation_id: fc.constantFrom(1, 2, 3),
  membership: fc.constantFrom('added', 'removed'),
})

test('any order of reports, and reports that are repeated, give the same row', () => {
  const many = fc.array(reports, { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(many, fc.array(fc.nat(7)), fc.infiniteStream(fc.nat()), (made, repeated, random) => {
      const facts = made.map(({ minute, ...more }) => aReport(minute, more as Partial<RepositoryFact>))
      const again = [...facts, ...repeated.flatMap((i) => facts[i] ?? [])]
      const keyed = again.map((fact) => ({ fact, key: random.next().value as number }))
      const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ fact }) => fact)
      expect(rowAfter(...shuffled)).toEqual(rowAfter(...facts))
    }),
    { numRuns: 500 },
  )
})

describe('a repository is', () => {
  test.each<[string, RepositoryFact[], boolean]>([
    ['public when nothing says otherwise', [listed(1, 'added')], false],
    ['private when a list says so', [listed(1, 'added', { private: true })], true],
    ['private after a newer report', [aReport(1), aReport(2, { private: true })], true],
    ['public again after a newer report', [aReport(2, { private: true }), aReport(3)], false],
    ['private after an older report that it was public', [aReport(2, { private: true }), aReport(1)], true],
    ['private when two reports of one time disagree', [aReport(2, { private: true }), aReport(2)], true],
    [
      'private when it was public, private and public before',
      [aReport(1), aReport(3), aReport(2, { private: true })],
      false,
    ],
    [
      'private after a report of unknown time that it is public',
      [aReport(2, { private: true }), aReport(9, { timing: 'arrival' })],
      true,
    ],
    [
      'private after a list of unknown time in which it is public',
      [aReport(2, { private: true }), listed(9, 'added')],
      true,
    ],
    [
      'private after a report of unknown time that it is private',
      [aReport(2), aReport(9, { timing: 'arrival', private: true })],
      true,
    ],
  ])('%s', (_rule, facts, expected) => {
    expect(rowAfter(...facts).private).toBe(expected)
    expect(rowAfter(...facts.toReversed()).private).toBe(expected)
  })
})

describe('the app is installed', () => {
  const removed = (minute: number, installation_id: number) => listed(minute, 'removed', { installation_id })
  const added = (minute: number, installation_id: number) => listed(minute, 'added', { installation_id })
  test.each<[string, RepositoryFact[], { installation_id: number | null; removed_at: string | null }]>([
    ['by the installation that sent an event', [aReport(1)], { installation_id: 77, removed_at: null }],
    ['no more after it was removed', [added(1, 1), removed(2, 1)], { installation_id: 1, removed_at: at(2) }],
    [
      'again after it was added again',
      [removed(2, 1), added(3, 1)],
      { installation_id: 1, removed_at: null },
    ],
    [
      'by the new owner’s installation, although the old one’s removal came later',
      [added(1, 1), added(3, 2), removed(4, 1)],
      { installation_id: 2, removed_at: null },
    ],
    [
      'by the new owner’s installation, although the old one’s removal came first',
      [added(1, 1), removed(3, 1), added(4, 2)],
      { installation_id: 2, removed_at: null },
    ],
    [
      'by the new owner’s installation that sent an event, when its addition is lost',
      [added(1, 1), removed(3, 1), aReport(4, { installation_id: 2 })],
      { installation_id: 2, removed_at: null },
    ],
    [
      'no more, although an event that was on its way arrives later',
      [removed(3, 77), aReport(4)],
      { installation_id: 77, removed_at: at(3) },
    ],
    [
      'no more after the repository was deleted',
      [added(1, 1), aReport(5, { installation_id: 1, membership: 'deleted' })],
      { installation_id: 1, removed_at: at(5) },
    ],
    [
      'again after it was restored',
      [aReport(5, { installation_id: 1, membership: 'deleted' }), added(6, 1)],
      { installation_id: 1, removed_at: null },
    ],
    [
      'by nobody where no installation is known',
      [aReport(1, { installation_id: null })],
      { installation_id: null, removed_at: null },
    ],
  ])('%s', (_rule, facts, expected) => {
    expect(rowAfter(...facts)).toMatchObject(expected)
    expect(rowAfter(...facts.toReversed())).toMatchObject(expected)
  })
})

describe('the name', () => {
  test.each<[string, RepositoryFact[], string]>([
    [
      'is the newest',
      [aReport(1, { full_name: 'acme/old' }), aReport(2, { full_name: 'acme/new' })],
      'acme/new',
    ],
    ['is taken from a list when nothing else is known', [listed(1, 'added')], 'acme/widgets'],
    [
      'is not taken from a list, which has no time, when anything else is known',
      [aReport(1, { full_name: 'acme/new' }), listed(9, 'added', { full_name: 'acme/old' })],
      'acme/new',
    ],
  ])('%s', (_rule, facts, expected) => {
    expect(rowAfter(...facts).full_name).toBe(expected)
    expect(rowAfter(...facts.toReversed()).full_name).toBe(expected)
  })

  test('keeps the default branch when the newest report has none', () => {
    expect(rowAfter(aReport(1), aReport(2, { default_branch: null })).default_branch).toBe('main')
  })
})

test('GitHub is asked when a report without a time says that a private repository is public, or names it otherwise', () => {
  const isAsked = (known: RepositoryFact, report: RepositoryFact) =>
    isDoubtful(stateAfter([known, report]), report)
  expect(isAsked(aReport(1, { private: true }), aReport(2, { timing: 'arrival' }))).toBe(true)
  expect(isAsked(aReport(1, { private: true }), aReport(2))).toBe(false)
  expect(isAsked(aReport(1), aReport(2, { timing: 'arrival', private: true }))).toBe(false)
  expect(isAsked(aReport(1), listed(2, 'added', { full_name: 'acme/other' }))).toBe(true)
  expect(isAsked(aReport(1), listed(2, 'added'))).toBe(false)
  expect(isAsked(listed(1, 'added'), listed(2, 'added', { full_name: 'acme/other' }))).toBe(false)
})
