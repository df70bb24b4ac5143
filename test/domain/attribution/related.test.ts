/** Which pull requests share code: by title, and by the branches of a stack. */
import { describe, expect, test } from 'vitest'
import type { Relation } from '../../../src/domain/attribution/evidence.ts'
import {
  MAX_STACKED,
  type PullRequestRefs,
  readTitle,
  relatedOf,
} from '../../../src/domain/attribution/related.ts'

describe('a title', () => {
  test.each<[string, string, number, number]>([
    ['Fix the cache', 'fix the cache', 0, 0],
    ['  Fix the cache ', 'fix the cache', 0, 0],
    ['Revert "Fix the cache"', 'fix the cache', 1, 1],
    ['revert: Fix the cache', 'fix the cache', 1, 1],
    ['Revert: "Fix the cache"', 'fix the cache', 1, 1],
    ['Revert “Fix the cache”', 'fix the cache', 1, 1],
    ['Revert "Revert "Fix the cache""', 'fix the cache', 2, 2],
    ['Reland "Fix the cache"', 'fix the cache', 0, 1],
    ['re-land: Fix the cache', 'fix the cache', 0, 1],
    ['Reland: "Fix the cache"', 'fix the cache', 0, 1],
    ['A note: Reland "Fix the cache"', 'a note: reland "fix the cache"', 0, 0],
    ['Reapply "Fix the cache"', 'fix the cache', 0, 1],
    ['Unrevert Fix the cache', 'fix the cache', 0, 1],
    ['[release-1.2] Fix the cache', 'fix the cache', 0, 1],
    ['[Backport 2.x] Fix the cache', 'fix the cache', 0, 1],
    ['[v1.30] Fix the cache', 'fix the cache', 0, 1],
    ['[1.30] Fix the cache', 'fix the cache', 0, 1],
    ['[v1.30]  Fix the cache', 'fix the cache', 0, 1],
    ['Note [v1.30] Fix the cache', 'note [v1.30] fix the cache', 0, 0],
    ['[e2e] Fix the cache', '[e2e] fix the cache', 0, 0],
    ['Backport: Fix the cache', 'fix the cache', 0, 1],
    ['Backport of "Fix the cache"', 'fix the cache', 0, 1],
    ['Backport #123: Fix the cache', 'fix the cache', 0, 1],
    ['Backport: "Fix the cache"', 'fix the cache', 0, 1],
    ['Backport #123: "Fix the cache"', 'fix the cache', 0, 1],
    ['Backport #123 "Fix the cache"', 'fix the cache', 0, 1],
    ['No backport: Fix the cache', 'no backport: fix the cache', 0, 0],
    ['Automated cherrypick of #123: Fix the cache', 'fix the cache', 0, 1],
    ['An automated cherry pick of #123: Fix it', 'an automated cherry pick of #123: fix it', 0, 0],
    ['Automated cherry pick of #123: Fix the cache', 'fix the cache', 0, 1],
    ['Automated cherry-pick of #123, #124: Fix the cache', 'fix the cache', 0, 1],
    ['Fix the cache (backport #123)', 'fix the cache', 0, 1],
    ['Fix the cache (cherry-pick #123)', 'fix the cache', 0, 1],
    ['Fix the cache (cherry picked from #123)', 'fix the cache', 0, 1],
    ['Fix the cache (cherry-pick of acme/widgets#123)', 'fix the cache', 0, 1],
    ['Fix the cache (cherrypick #123)', 'fix the cache', 0, 1],
    ['Fix the cache (backport #123) again', 'fix the cache (backport #123) again', 0, 0],
    ['Fix the cache (backport)', 'fix the cache (backport)', 0, 0],
    ['Fix the cache (#123)', 'fix the cache (#123)', 0, 0],
    ['[release-1.2] Revert "Fix the cache"', 'fix the cache', 1, 2],
    ['Reverting is hard', 'reverting is hard', 0, 0],
    ['A note: Revert "Fix the cache"', 'a note: revert "fix the cache"', 0, 0],
  ])('%j is about %j, with %i reverts in %i prefixes', (title, subject, reverts, repeats) => {
    expect(readTitle(title)).toEqual({ subject, reverts, repeats })
  })

  test('with very many prefixes ends', () => {
    expect(readTitle('Revert '.repeat(200)).repeats).toBe(21)
  })
})

type Refs = Partial<PullRequestRefs>

/** Relations of pull request 1 to the others, which are numbered from 2 in the order given. */
function relationsOfFirst(...pullRequests: Refs[]): Record<number, Relation> {
  const all = pullRequests.map((refs, i): PullRequestRefs => {
    return { number: i + 1, title: `Change ${i}`, headRef: `topic-${i + 1}`, baseRef: 'main', ...refs }
  })
  return Object.fromEntries(relatedOf(all).get(1) ?? [])
}

const titles = (...list: string[]) => relationsOfFirst(...list.map((title) => ({ title })))

test.each<[string, Record<number, Relation>, Record<number, Relation>]>([
  ['a revert relates to what it reverts', titles('Revert "X"', 'X'), { 2: 'revert' }],
  ['a reverted change relates to its revert', titles('X', 'Revert "X"'), { 2: 'revert' }],
  ['a reland relates to the original as the same change', titles('Reland "X"', 'X'), { 2: 'reland' }],
  ['a change reverted twice lands again', titles('Revert "Revert "X""', 'X'), { 2: 'reland' }],
  ['a reland and a revert undo each other', titles('Reland "X"', 'Revert "X"'), { 2: 'revert' }],
  ['backports to two branches land the same change', titles('[v1] X', '[v2] X'), { 2: 'reland' }],
  ['titles are compared without regard to case', titles('revert: fix x', 'Fix X'), { 2: 'revert' }],
  ['a revert relates to no other change', titles('X', 'Revert "Y"', 'Y'), {}],
  ['equal titles alone relate nothing', titles('Bump deps', 'Bump deps'), {}],
  [
    'equal titles relate through a backport of both',
    titles('X', 'X', '[v1] X'),
    { 2: 'reland', 3: 'reland' },
  ],
  ['a pull request on main has no stack', relationsOfFirst({}, {}), {}],
  [
    'a pull request is stacked on its base branch’s',
    relationsOfFirst({ baseRef: 'topic-2' }, {}),
    { 2: 'base' },
  ],
  ['the base of a stack knows what is on top', relationsOfFirst({}, { baseRef: 'topic-1' }), { 2: 'top' }],
  [
    'a stack reaches over several levels',
    relationsOfFirst({ baseRef: 'topic-2' }, { baseRef: 'topic-3' }, {}),
    { 2: 'base', 3: 'base' },
  ],
  [
    'two branches that are each other’s base end the walk',
    relationsOfFirst({ baseRef: 'topic-2' }, { baseRef: 'topic-1' }),
    { 2: 'base' },
  ],
  [
    'a loop further down the stack ends the walk',
    relationsOfFirst({ baseRef: 'topic-2' }, { baseRef: 'topic-3' }, { baseRef: 'topic-2' }),
    { 2: 'base', 3: 'base' },
  ],
  ['unknown branches relate nothing', relationsOfFirst({ baseRef: null }, { headRef: null }), {}],
  [
    'a stack takes precedence over titles',
    relationsOfFirst({ baseRef: 'topic-2', title: 'Revert "X"' }, { title: 'X' }),
    { 2: 'base' },
  ],
])('%s', (_rule, actual, expected) => {
  expect(actual).toEqual(expected)
})

test('reverts and relands come before other changes of the same title', () => {
  const pullRequests = ['X', 'X', 'Revert "X"'].map((title, i) => {
    return { number: i + 1, title, headRef: null, baseRef: null }
  })
  expect([...(relatedOf(pullRequests).get(1) ?? [])]).toEqual([
    [3, 'revert'],
    [2, 'reland'],
  ])
})

test.each([
  [MAX_STACKED, 'a stack', MAX_STACKED],
  [MAX_STACKED + 1, 'a trunk of its own', 0],
])('a branch that %i pull requests target is %s', (targeting, _meaning, relations) => {
  const onTop = Array.from({ length: targeting }, () => ({ baseRef: 'topic-1' }))
  expect(Object.keys(relationsOfFirst({}, ...onTop))).toHaveLength(relations)
})
