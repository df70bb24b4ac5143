import { describe, expect, test } from 'vitest'
import { readPattern } from '../../src/dashboard/pattern.ts'

function matches(source: string, text: string): boolean | string {
  const pattern = readPattern(source)
  return 'problem' in pattern ? pattern.problem : pattern.matches(text)
}

describe('readPattern', () => {
  const texts = [
    '',
    'a',
    'ab',
    'abc',
    'aab',
    'unit (linux, 3)',
    'e2e-gce',
    'e2e-aws',
    'x.y',
    'xay',
    'A_B',
    'b'.repeat(20),
  ]
  const sources = [
    '',
    'a',
    '^a',
    'b$',
    '^ab$',
    'a|b',
    '(a|b)c',
    'a*b',
    '^a+b',
    'ab?c',
    'x\\.y',
    'x.y',
    '[ab]c',
    '[^a]',
    '[a-c]+$',
    '\\d',
    '\\w+_',
    '\\(linux',
    'e2e-(gce|aws)',
    '(?:ab)+',
    '^$',
    '(a*)*b',
    '(^a|b$)',
    'a||b',
    '[a-]',
    '.*.*.*=',
  ]
  test.each(sources)('%s matches what JavaScript’s own matcher does', (source) => {
    for (const text of texts)
      expect([text, matches(source, text)]).toEqual([text, new RegExp(source, 'is').test(text)])
  })

  test.each([
    ['(a', 'without its )'],
    ['a)', 'without its ('],
    ['[a', 'without its ]'],
    ['*a', 'nothing before it'],
    ['a\\', 'ends in a'],
    ['a'.repeat(201), 'longer than'],
  ])('%s is answered by a sentence', (source, part) => {
    expect(matches(source, 'a')).toContain(part)
  })

  test('a pattern that is dear on every name ends with a sentence, after a bounded number of steps', () => {
    const pattern = readPattern(`(${'a|'.repeat(95)}a)*x`)
    if ('problem' in pattern) throw new Error(pattern.problem)
    const started = performance.now()
    for (let i = 0; i < 5000; i++) pattern.matches('a'.repeat(500))
    expect(pattern.tooDear()).toContain('takes too long')
    expect(performance.now() - started).toBeLessThan(5000)
    expect(pattern.matches('x')).toBe(false)
  })

  test('a pattern that hangs a backtracking matcher is answered at once', () => {
    const started = performance.now()
    for (let i = 0; i < 400; i++) expect(matches('(a+)+(a+)+(a|aa)+$x', 'a'.repeat(100))).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
