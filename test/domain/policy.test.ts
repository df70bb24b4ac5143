/** Which jobs count. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICY, matchesGlob, requiredBy } from '../../src/domain/policy.ts'

describe('a glob', () => {
  test.each([
    ['unit', 'unit', true],
    ['unit', 'Unit', false],
    ['unit', 'uni', false],
    ['unit-2', 'unit', false],
    ['unit', '*', true],
    ['', '*', true],
    ['', '', true],
    ['unit', '', false],
    ['ci/unit (20, linux)', 'ci/*', true],
    ['ci/unit (20, linux)', '*(20, *', true],
    ['codecov/project/backend', 'codecov/*', true],
    ['unit', 'un?t', true],
    ['unit', 'unit?', false],
    ['unit', '**t', true],
    ['a.b', 'a.b', true],
    ['axb', 'a.b', false],
    ['[x]', '[x]', true],
    ['x', '[x]', false],
    ['a*b', 'a*b', true],
    ['aab', '*ab', true],
    ['mississippi', '*iss*pi', true],
    ['mississippi', '*iss*po', false],
  ])('%j against %j: %s', (name, glob, expected) => {
    expect(matchesGlob(name, glob)).toBe(expected)
  })

  test('that was made to be slow is not', () => {
    const started = performance.now()
    expect(matchesGlob('a'.repeat(10_000), `${'a*'.repeat(200)}b`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('required jobs', () => {
  test('are all that were seen when nothing says otherwise, and it is said so', () => {
    const required = requiredBy(DEFAULT_POLICY)
    expect([required.source, required.includes('anything')]).toEqual(['all', true])
  })

  test('are those that the settings name', () => {
    const required = requiredBy({ ...DEFAULT_POLICY, required: ['unit', 'e2e-*'] })
    const counted = ['unit', 'e2e-linux', 'lint'].map((name) => required.includes(name))
    expect([required.source, ...counted]).toEqual(['config', true, true, false])
  })

  test('are never those that are to be ignored, even when named', () => {
    const required = requiredBy({ ...DEFAULT_POLICY, required: ['*'], ignore: ['codecov/*'] })
    expect(['codecov/patch', 'unit'].map((name) => required.includes(name))).toEqual([false, true])
    expect(requiredBy({ ...DEFAULT_POLICY, ignore: ['x'] }).includes('x')).toBe(false)
  })
})
