/** Facts of `push` webhooks: changed settings on the default branch, changed files on other branches. */
import { describe, expect, test } from 'vitest'
import { push } from '../../../src/intake/events/push.ts'
import { type PushOptions, pushDelivery, REPOSITORY } from '../../support/deliveries.ts'
import { at } from '../../support/facts.ts'

const read = (options: PushOptions = {}) => push(pushDelivery(options).payload, { at: at(5) })

test('a push to the default branch that changes the settings has them read again', () => {
  expect(read().outbox).toMatchObject([
    { kind: 'settings', task_key: `settings:${'e'.repeat(40)}:${'d'.repeat(40)}`, due_at: at(5) },
  ])
})

describe('the default branch is set to a commit that it had before', () => {
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)]
  const keyOf = (more: object) => {
    const { payload } = pushDelivery()
    return push({ ...payload, ...more }, { at: at(5) }).outbox?.[0]?.task_key
  }

  test('by a forced push that adds no commit: the settings are read again', () => {
    expect(keyOf({ before: b, after: a, forced: true, commits: [] })).toBeDefined()
    expect(keyOf({ before: b, after: a, forced: false, commits: [] })).toBeUndefined()
  })

  test('each push is a task of its own, and a redelivered push is not', () => {
    const pushedAt = (pushed_at: number) => ({ repository: { ...REPOSITORY, pushed_at } })
    const first = keyOf({ before: b, after: a, ...pushedAt(1_770_000_000) })
    const second = keyOf({ before: b, after: a, ...pushedAt(1_770_000_060) })
    expect(second).not.toBe(first)
    expect(keyOf({ before: b, after: a, ...pushedAt(1_770_000_060) })).toBe(second)
  })

  test('without a time the commit before tells the pushes apart', () => {
    expect(keyOf({ before: b, after: a })).not.toBe(keyOf({ before: 'c'.repeat(40), after: a }))
  })
})

test.each([
  ['another file', { modified: ['README.md'] }],
  ['a tag', { ref: 'refs/tags/main' }],
  ['a deleted branch', { after: '0'.repeat(40) }],
])('%s leaves no facts', (_, options) => {
  expect(read(options)).toEqual({})
})

test('a push with more commits than GitHub lists has the settings read again', () => {
  const { payload } = pushDelivery({ modified: [] })
  const commits = Array.from({ length: 2048 }, () => ({ added: [], modified: [], removed: [] }))
  expect(push({ ...payload, commits }, { at: at(5) }).outbox).toHaveLength(1)
})

test('a push to another branch leaves its files and no task', () => {
  const { payload } = pushDelivery({ ref: 'refs/heads/topic', modified: ['src/b.ts', 'src/a.ts'] })
  expect(push({ ...payload, created: true }, { at: at(5) })).toEqual({
    branch_push: [expect.objectContaining({ ref: 'topic', created: true, files: ['src/a.ts', 'src/b.ts'] })],
  })
  const commits = Array.from({ length: 20 }, () => ({ added: ['x'], modified: [], removed: [] }))
  const [many] = push({ ...payload, commits }, { at: at(5) }).branch_push ?? []
  expect(many?.files).toBeNull()
})

describe('a push to another branch', () => {
  const pushed = (commits: object[], more: object = {}) => {
    const { payload } = pushDelivery({ ref: 'refs/heads/topic' })
    return push({ ...payload, commits, ...more }, { at: at(5) }).branch_push?.[0]
  }
  const commit = (...added: string[]) => ({ added, modified: null, removed: null })

  test('lists added, modified and removed files once each, in order', () => {
    const commits = [{ added: ['c'], modified: ['a'], removed: ['b'] }, commit('a')]
    expect(pushed(commits)).toMatchObject({ ref: 'topic', created: false, files: ['a', 'b', 'c'] })
  })

  test('says whether it created the branch', () => {
    expect(pushed([commit('a')], { created: true })?.created).toBe(true)
  })

  test('without commits changes no files, such as one that goes back to an earlier commit', () => {
    expect(pushed([])).toMatchObject({ before_sha: 'd'.repeat(40), files: [] })
  })

  test('that creates a branch without commits changes no files when it begins on the default branch', () => {
    const created = { created: true, before: '0'.repeat(40) }
    expect(pushed([], { ...created, base_ref: 'refs/heads/main' })?.files).toEqual([])
    expect(pushed([], { ...created, base_ref: 'refs/heads/other' })?.files).toBeNull()
    expect(pushed([], { ...created, base_ref: null })?.files).toBeNull()
  })

  test('with 20 commits or 301 files may change everything', () => {
    const commits = (count: number) => Array.from({ length: count }, () => commit('a'))
    const files = (count: number) => [commit(...Array.from({ length: count }, (_, i) => `f${i}`))]
    expect(pushed(commits(19))?.files).toEqual(['a'])
    expect(pushed(commits(20))?.files).toBeNull()
    expect(pushed(files(300))?.files).toHaveLength(300)
    expect(pushed(files(301))?.files).toBeNull()
  })
})

test.each(['added', 'modified', 'removed'])('settings that were %s are read again', (how) => {
  const { payload } = pushDelivery()
  const commits = [{ [how]: ['.github/flake-sla.yml'] }]
  expect(push({ ...payload, commits }, { at: at(5) }).outbox).toHaveLength(1)
})
