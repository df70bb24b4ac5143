/** Which texts match a glob. */
import { describe, expect, test } from 'vitest'
import { matchesGlob } from '../../src/domain/glob.ts'

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

  test('made to backtrack a lot still ends quickly', () => {
    const started = performance.now()
    expect(matchesGlob('a'.repeat(10_000), `${'a*'.repeat(200)}b`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
