import { describe, expect, test } from 'vitest'
import { matchTexts } from '../../src/dashboard/pattern.ts'

describe('a filter', () => {
  const texts = ['', 'a', 'ab', 'abc', 'aab', 'unit (linux, 3)', 'e2e-gce', 'e2e-aws', 'x.y', 'xay', 'A_B']
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
    '\\d{1}e',
  ]
  test.each(sources)('%j matches the same texts as in JavaScript, whatever the case', (source) => {
    const expected = texts.filter((text) => new RegExp(source, 'is').test(text))
    expect(matchTexts(source, texts)).toEqual({ matching: new Set(expected) })
  })

  test.each([
    ['(a', 'missing closing )'],
    ['a)', 'unexpected )'],
    ['[a', 'missing closing ]'],
    ['*a', 'missing argument to repetition operator'],
    ['a\\', 'trailing backslash'],
    ['(a)\\1', 'invalid escape sequence'],
    ['(?=a)', 'unsupported Perl syntax'],
    ['a'.repeat(201), 'longer than 200 characters'],
  ])('%j is answered by a sentence that says what is wrong', (source, part) => {
    expect(matchTexts(source, ['a'])).toEqual({ problem: expect.stringContaining(part) })
  })

  test('the answer to an invalid filter does not show flags that nobody typed', () => {
    expect(matchTexts('(a', [])).toEqual({
      problem: 'The filter is not a valid regular expression: missing closing ).',
    })
  })
})

describe('a hostile filter', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `${'a'.repeat(300)}-${i}`)
  test.each([
    '(a+)+(a+)+(a|aa)+$x',
    `(${'a|'.repeat(95)}a)*x`,
    'a{50}'.repeat(40),
    '\\pL{50}'.repeat(28),
    '((.{0,30}){0,30})x',
    '((((a?){9}){9}){9})'.repeat(10),
    '(\\pL|\\pN|.){0,50}z',
    '\\pL?'.repeat(50),
    '[^a]{50}'.repeat(25),
    'x*'.repeat(100),
  ])('%j is answered or refused within a bounded time', (source) => {
    matchTexts('\\pL', ['a'])
    const started = performance.now()
    matchTexts(source, names)
    // 100 ms on an idle machine; test machines are busy.
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('is refused with a sentence when its program would be too large', () => {
    expect(matchTexts('((a{30}){30})', ['a'])).toEqual({
      problem: 'The filter is too complex. Use a simpler one.',
    })
  })

  test('is refused with a sentence when matching takes too long', () => {
    expect(matchTexts(`${'\\pL?'.repeat(50)}!`, names)).toHaveProperty('problem')
  })
})
