/** The output and exit codes of `hunt`. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HuntAnswer } from '@flake-sla/hunt'
import { SaxesParser } from 'saxes'
import { describe, expect, test, vi } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

function hunt(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'hunt', ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('published sequences', () => {
  test('48 passes, 2 failures, 2 passes, 1 failure', () => {
    const { status, stdout } = hunt('--sequence', '48P 2F 2P 1F')
    expect(status).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "Missed: 3 of 53 runs failed, all among the last 5; the target is 99.9%.

      94.3% passed; with 95% confidence the true pass rate is between 84.3% and 98.8%.
      No sign of clustering: 1 of 2 runs failed after a failure, 2 of 50 runs after a pass (p = 0.11).
      Failures came late, all among the last 5 (p = 0.0019): something builds up, or changed during the hunt.

      3 × failed (no details recorded)

      Sequence: 48P 2F 2P 1F
      "
    `)
  })

  test('85 passes and 5 failures in 90', () => {
    const { status, stdout } = hunt('--counts', '85:5')
    expect(status).toBe(1)
    expect(stdout).toMatchInlineSnapshot(`
      "Missed: 5 of 90 runs failed; the target is 99.9%.

      94.4% passed; with 95% confidence the true pass rate is between 87.5% and 98.2%.
      The order of the runs is unknown, so clustering cannot be tested.

      5 × failed (no details recorded)
      "
    `)
  })

  test('2,995 clean runs', () => {
    const { status, stdout } = hunt('--sequence', '2995P')
    expect(status).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "Met: no failure in 2,995 runs, so at least 99.9% pass.

      100% passed; with 95% confidence the true pass rate is at least 99.9% (two-sided: between 99.88% and 100%).
      "
    `)
  })
})

test('--json prints only the answer, in the documented shape', () => {
  const { status, stdout } = hunt(
    '--json',
    '--runs',
    '20',
    '--parallel',
    '2',
    '--',
    'sh',
    '-c',
    '[ $FLAKE_SLA_RUN != 7 ]',
  )
  const answer = JSON.parse(stdout) as HuntAnswer
  expect(status).toBe(3)
  expect(answer).toMatchObject({
    runs: 20,
    passed: 19,
    failed: 1,
    stopped: 0,
    pass_rate: 0.95,
    target: 0.999,
    decision: 'undecided',
    groups: [{ message: 'exit 1, no output', count: 1, example_run: 7 }],
    succession: { p_value: 1, clumped: false, longest_streak: 1 },
    concentration: [],
    sequence: 'PPPPPPFPPPPPPPPPPPPP',
  })
  expect(answer.low).toBeCloseTo(0.7512672, 6)
  expect(answer.high).toBeCloseTo(0.9987349, 6)
  expect(answer.runs_to_decide).toBeGreaterThan(2995)
})

test('one argument that contains a space is passed to the shell', () =>
  expect(hunt('--runs', '3', '--target', '0.3', '--', 'exit 0 && exit 1').status).toBe(0))

test.each([
  [[], /Give the command after --/],
  [['--runs', '0', '--', 'true'], /--runs 0 is not a whole number/],
  [['--target', '99.9', '--', 'true'], /above 0 and below 1/],
  [['--timeout', 'soon', '--', 'true'], /like 30s/],
  [['--isolate', 'true'], /--isolate true is not one of .* Put -- before the command/],
  [['--stress', 'disk=3', '--', 'true'], /cpu=4,memory=512M/],
  [['--sequence', 'PX'], /consists of the letters/],
  [['--', 'no-such-program-here'], /no program no-such-program-here/],
])('%j is rejected in one sentence', (words, sentence) => {
  const { status, stdout, stderr } = hunt(...words)
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(sentence)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('Ctrl-C prints a report, and stopped runs are not counted', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'flake-sla-test-'))
  const script = '[ $FLAKE_SLA_RUN -le 4 ] || { touch mark-$FLAKE_SLA_RUN; sleep 60; }'
  const child = spawn(
    process.execPath,
    [MAIN, 'hunt', '--json', '--parallel', '2', '--', 'sh', '-c', script],
    {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  let stdout = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await vi.waitFor(() => expect(readdirSync(cwd)).toEqual(['mark-5', 'mark-6']), 20_000)
  child.kill('SIGINT')
  expect(await ended).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    runs: 4,
    passed: 4,
    stopped: 2,
    ending: 'interrupted',
    sequence: 'PPPPSS',
  })
})

test('--picture draws one cell per run, whatever the failures print', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'flake-sla-test-')), 'hunt.svg')
  hunt(
    '--runs',
    '10',
    '--all-runs',
    '--picture',
    file,
    '--',
    'sh',
    '-c',
    'printf "<b>&\\033[1m\\001 error\\n"; exit $((FLAKE_SLA_RUN % 2))',
  )
  const cells: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'rect' && attributes.rx) cells.push(String(attributes.fill))
  })
  parser.write(readFileSync(file, 'utf8')).close()
  expect(cells).toHaveLength(10)
  expect(new Set(cells).size).toBe(2)
})

test('a thousand short runs take at most twice as long as with xargs', { retry: 2 }, () => {
  // The best of three each, in turn, because other work on the machine slows single measurements.
  const timed = (command: string, words: string[], input = '') => {
    const began = performance.now()
    spawnSync(command, words, { input })
    return performance.now() - began
  }
  const numbers = Array.from({ length: 1000 }, (_, i) => i).join('\n')
  let ours = Number.POSITIVE_INFINITY
  let theirs = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3; i++) {
    ours = Math.min(ours, timed(process.execPath, [MAIN, 'hunt', '--', 'true']))
    theirs = Math.min(theirs, timed('xargs', ['-P24', '-n1', 'true'], numbers))
  }
  console.log(`1,000 runs of true: hunt ${Math.round(ours)} ms, xargs -P24 ${Math.round(theirs)} ms`)
  expect(ours).toBeLessThan(2 * theirs + 500)
})
