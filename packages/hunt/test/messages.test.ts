/** What failures say, made equal but for what differs from run to run. */
import { describe, expect, test } from 'vitest'
import { failureMessage, groupFailures, keyLine, kindOf, saysOutOfMemory } from '../src/messages.ts'
import { aRun } from './hunts.ts'

describe('kindOf', () => {
  test.each([
    ['dial tcp 10.0.3.4:45123: refused after 30.2s', 'dial tcp 127.0.0.1:80: refused after 1s'],
    ['panic at 0xc000123abc', 'panic at 0x7f12'],
    ['2026-02-03T04:05:06.789Z lost 3 of 7', '2025-12-31 23:59:59 lost 12 of 900'],
    ['no pod 6f1c1f0e-7d3b-4c65-9d7a-5a1d2f3e4b5c', 'no pod 00000000-1111-2222-3333-444444444444'],
    ['open /tmp/xyz-123/a: denied', 'open /tmp/other/b/c: denied'],
    ['commit 0bcb424aa is gone', 'commit fc09d7a11e is gone'],
  ])('%s = %s', (first, second) => expect(kindOf(first)).toBe(kindOf(second)))

  test.each([
    ['exit 137, killed', 'exit 139, killed'],
    ['connection refused', 'connection reset'],
  ])('%s is not %s', (first, second) => expect(kindOf(first)).not.toBe(kindOf(second)))
})

describe('keyLine', () => {
  test('is the error, and not the summary or the stack below it', () =>
    expect(
      keyLine(
        'ok 1\nAssertionError: expected 3 to be 4\n    at run (a.ts:3:1)\n2 passed\n1 failed\nnpm ERR! code 1\n',
      ),
    ).toBe('AssertionError: expected 3 to be 4'))
  test('is the last line if no line is informative', () => expect(keyLine('a\nb\n\n')).toBe('b'))
  test('is null without output', () => expect(keyLine(' \n')).toBeNull())
  test('is fast on a very long line', () =>
    expect(keyLine(`error ${'a1'.repeat(500_000)}`)?.length).toBe(300))
})

describe('failureMessage', () => {
  const failed = { output: '', exit_code: 1, timed_out: false, killed_for: null, test: null }
  test.each([
    [{ exit_code: 137 }, 'exit 137, killed (SIGKILL), possibly because memory ran out'],
    [{ exit_code: 137, killed_for: 'memory' as const }, 'exit 137, killed (SIGKILL) because memory ran out'],
    [{ timed_out: true, output: 'step 4\nTerminated\n' }, 'time limit exceeded; last line: step 4'],
    [{ test: { name: 'cache evicts', message: 'got 3' } }, 'cache evicts: got 3'],
    [{ exit_code: 3 }, 'exit 3, no output'],
  ])('%j', (fields, message) => expect(failureMessage({ ...failed, ...fields })).toBe(message))
})

test.each([
  ['FATAL ERROR: Reached heap limit Allocation failed', true],
  ['java.lang.OutOfMemoryError: Java heap space', true],
  ['fatal error: runtime: out of memory', true],
  ['remembers everything', false],
])('%s: out of memory is %s', (output, answer) => expect(saysOutOfMemory(output)).toBe(answer))

test('failures are grouped, most frequent first, with the stored output', () => {
  const failed = (number: number, message: string, output: string | null = null) =>
    aRun(number, { outcome: 'failed', message, output })
  const runs = [
    failed(1, 'slow'),
    failed(2, 'port 80 in use', 'full\n'),
    aRun(3),
    failed(4, 'port 81 in use'),
  ]
  expect(groupFailures(runs)).toEqual([
    { message: 'port 80 in use', count: 2, example_run: 2, seed: null, output: 'full\n' },
    { message: 'slow', count: 1, example_run: 1, seed: null, output: null },
  ])
})
