/** The facts of a `status` webhook. */
import { describe, expect, test } from 'vitest'
import { status } from '../../../src/intake/events/status.ts'
import { type StatusOptions, statusDelivery } from '../../support/deliveries.ts'
import { at, HEAD } from '../../support/facts.ts'

const read = (options: StatusOptions = {}) => status(statusDelivery(options).payload).observation?.[0]

describe('a status', () => {
  test('is one observation of one run and mentions no pull request', () => {
    expect(read({ state: 'failure', description: 'Job failed.', id: 5 })).toMatchObject({
      head_sha: HEAD,
      source: 'status',
      app: '',
      name: 'pull-unit',
      state: 'failure',
      description: 'Job failed.',
      reported_id: 5,
      reported_at: at(10),
      completed_at: at(10),
      mentions: [],
      trunk: false,
    })
  })

  const changed = (changes: Record<string, unknown>) => {
    const { payload } = statusDelivery()
    return status({ ...payload, ...changes }).observation?.[0]
  }
  const branch = (name: string, sha: string | null) => ({ name, commit: sha === null ? null : { sha } })

  test.each<[string, unknown, string | null]>([
    ['on the head of the default branch is a trunk result', [branch('main', HEAD)], 'main'],
    ['on an older commit of the default branch is not', [branch('main', 'f'.repeat(40))], null],
    ['on another branch is not', [branch('feature', HEAD)], null],
    ['on a branch without a commit is not', [branch('main', null)], null],
    ['without branches is not', null, null],
  ])('%s', (_, branches, headBranch) => {
    expect(changed({ branches })).toMatchObject({ trunk: headBranch !== null, head_branch: headBranch })
  })

  test('is dated by its update, else by its creation', () => {
    expect(changed({ updated_at: at(7), created_at: at(3) })?.reported_at).toBe(at(7))
    expect(changed({ updated_at: null, created_at: at(3) })?.completed_at).toBe(at(3))
    expect(() => changed({ updated_at: null, created_at: null })).toThrow('created_at')
  })

  test('with an empty target_url has no address', () => {
    expect(changed({ target_url: '' })?.url).toBeNull()
    expect(changed({ target_url: 'https://ci.example/1' })?.url).toBe('https://ci.example/1')
  })

  test('without id and target_url is identified by its context', () => {
    const key = changed({ id: null, target_url: null })?.run_key
    expect(key).toBe(changed({ id: null, target_url: null, state: 'failure' })?.run_key)
    expect(key).not.toBe(changed({ id: null, target_url: null, context: 'pull-lint' })?.run_key)
    expect(changed({ id: null })?.reported_id).toBe(0)
  })

  test('with the same target_url is about the same run', () => {
    expect(read({ minute: 40, id: 2 })?.run_key).toBe(read({ minute: 10, id: 1 })?.run_key)
  })

  test.each<[string, StatusOptions]>([
    ['another build', { build: 2 }],
    ['another context', { context: 'pull-lint' }],
  ])('of %s is about another run', (_name, options) => {
    expect(read(options)?.run_key).not.toBe(read()?.run_key)
  })

  test('without a target_url is a run of its own', () => {
    expect(read({ build: null, id: 1 })?.run_key).not.toBe(read({ build: null, id: 2 })?.run_key)
  })

  test.each([
    ['the tip of the default branch', [{ name: 'main', commit: { sha: HEAD } }], true],
    ['further back on the default branch', [{ name: 'main', commit: { sha: 'f'.repeat(40) } }], false],
    ['the tip of another branch', [{ name: 'topic', commit: { sha: HEAD } }], false],
    ['no branch', [], false],
  ])('on %s', (_name, branches, trunk) => {
    expect(read({ branches })?.trunk).toBe(trunk)
  })

  test.each([
    ['context', undefined],
    ['sha', 'x'],
    ['state', 7],
    ['target_url', {}],
  ])('with %s being %j is refused', (part, value) => {
    const { payload } = statusDelivery()
    expect(() => status({ ...payload, [part]: value })).toThrow(new RegExp(part))
  })

  test('without any time is rejected with a reason', () => {
    const { payload } = statusDelivery()
    expect(() => status({ ...payload, created_at: null, updated_at: null })).toThrow(/created_at/)
  })
})
