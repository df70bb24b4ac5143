/** What of a comment is read as commands, and what of it is stored. */
import { describe, expect, test } from 'vitest'
import { parseRetests } from '../../src/domain/command.ts'
import { commandLines, storedBody } from '../../src/domain/command-lines.ts'

describe('of a comment', () => {
  test.each<[string, string, string]>([
    ['a command is stored', '/retest', '/retest'],
    [
      'every command is stored, and no prose',
      'please\n/retest\nand\n/test unit\nthanks',
      '/retest\n/test unit',
    ],
    ['a command keeps its carriage return, which means something to Prow', '/test a\r\nx', '/test a\r'],
    ['a command in code is not stored', '```\n/retest\n```\n/test unit\n', '/test unit'],
    ['a path is not stored', 'see\n/home/ci/build.log\n/usr\n', '/usr'],
    [
      'a short sentence is stored, because another CI may obey it',
      ' retest this please \r\n',
      'retest this please',
    ],
    ['a sentence of 100 characters is stored', 'a'.repeat(100), 'a'.repeat(100)],
    ['a longer sentence is not stored', 'a'.repeat(101), ''],
    ['two lines without a command are not stored', 'retest\nthis', ''],
    ['nothing is stored of an empty text', ' \n ', ''],
    ['an indented command is not stored: without its indent it would be obeyed', '  /retest', ''],
    ['a command after a byte order mark is not stored for the same reason', '\ufeff/retest', ''],
    ['at most 50 lines are stored', '/x\n'.repeat(60), `${'/x\n'.repeat(49)}/x`],
    ['a line that does not fit is left out whole', `/test ${'a'.repeat(2000)}\n/retest`, '/retest'],
    ['2,000 characters are stored', `/${'a'.repeat(1999)}`, `/${'a'.repeat(1999)}`],
  ])('%s', (_rule, body, stored) => {
    expect(storedBody(body)).toBe(stored)
  })

  test('what is stored asks for the same retests as the whole comment', () => {
    const bodies = [
      ' /retest',
      '/test all',
      '/test unit, lint # again',
      '```\n/retest\n```',
      '```\n/retest\n',
      '/retest\u2028x',
      '/retest\u00a0',
      'x\r/retest',
      '~~~\r\n/retest\r\n~~~\r\n',
      '/retest-required\f\n/test\tx',
    ]
    for (const body of bodies) expect(parseRetests(storedBody(body)), body).toEqual(parseRetests(body))
  })
})

test('a line may be a command when a slash is followed by a word', () => {
  expect(commandLines('/a\n/b c\n/d/e\n/f-g\th\n//i\n/\n/1\nj /k')).toEqual(['/a', '/b c', '/f-g\th'])
})

test('a body of GitHub’s greatest length is read in linear time', () => {
  const started = performance.now()
  for (const part of ['/', '/a', '/a ', '\n/a', '\n/ ', '```\n', ' ', '\r', '\u00a0', '/-'])
    storedBody(part.repeat(Math.floor(65_536 / part.length)))
  expect(performance.now() - started).toBeLessThan(1000)
})
