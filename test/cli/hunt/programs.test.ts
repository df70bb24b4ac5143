/** Real hunts of programs with a known fault: the headline names it after few runs. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { HuntAnswer } from '@flake-sla/hunt'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Hunts a line of shell. @returns the answer, and its first sentence */
async function hunt(line: string, ...options: string[]): Promise<{ answer: HuntAnswer; headline: string }> {
  const answer = JSON.parse(await run(['--format', 'json', ...options, '--', line])) as HuntAnswer
  // Read from its sequence alone, the hunt has the same headline if no worker and no memory is involved.
  return { answer, headline: (await run(['--sequence', answer.sequence])).split('\n')[0] ?? '' }
}

function run(words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, 'hunt', ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
    let stdout = ''
    child.stdout.on('data', (text) => {
      stdout += text
    })
    child.once('error', reject)
    child.once('close', () => resolve(stdout))
  })
}

const first = async (...words: string[]) => (await run(words)).split('\n')[0]

test('one run in two hundred fails at random', { timeout: 120_000 }, async () => {
  // Eight of 1,600 run numbers, from a seeded generator.
  const { answer, headline } = await hunt(
    'case $FLAKE_SLA_RUN in 37|191|402|655|803|988|1207|1391) exit 1;; esac',
    '--runs',
    '1600',
    '--parallel',
    '1',
  )
  expect(headline).toMatch(/^Missed: \d of [\d,]+ runs failed; the target is 99\.9%\.$/)
  expect(answer).toMatchObject({ decision: 'missed', succession: { clumped: false }, concentration: [] })
  expect(answer.low).toBeLessThan(0.995)
  expect(answer.high).toBeGreaterThan(0.995)
  expect(answer.runs).toBeLessThan(1400)
})

test('failures in pairs', { timeout: 60_000 }, async () => {
  const { answer, headline } = await hunt(
    '[ $((FLAKE_SLA_RUN % 50)) -ne 30 ] && [ $((FLAKE_SLA_RUN % 50)) -ne 31 ]',
    '--parallel',
    '1',
  )
  expect(headline).toMatch(/^Missed: 6 of 131 runs failed, always in pairs; the target is/)
  expect(answer.succession).toMatchObject({ clumped: true, streaks: [2, 2, 2] })
})

test('failures on worker 3 only', { timeout: 60_000 }, async () => {
  const line = 'sleep 0.01; [ $FLAKE_SLA_WORKER != 3 ]'
  // A hunt that stops early may have too few runs of worker 3.
  expect(await first('--parallel', '8', '--runs', '80', '--all-runs', '--', line)).toMatch(
    /^Missed: \d+ of \d+ runs failed, all on worker 3; the target is/,
  )
})

test('memory grows until the run is killed', { timeout: 120_000 }, async () => {
  const text = await run([
    ...['--parallel', '4', '--runs', '60', '--'],
    '[ $((FLAKE_SLA_RUN % 6)) -ne 0 ] || { head -c 100000000 /dev/zero | tail -c 100000000 | (sleep 1; kill -9 $$; cat); }',
  ])
  expect(text).toMatch(
    /^Missed: \d+ of \d+ runs failed, all killed \(exit 137\), possibly out of memory; the target is/,
  )
  expect(text).toMatch(
    /exit 137 \(killed\)\. Running out of memory is the most common cause.*Peak memory of failing runs/,
  )
  expect(text).not.toContain('Failures cluster')
})

test('the heap grows until the runtime aborts', { timeout: 120_000 }, async () => {
  const leak = 'const held = []; for (;;) held.push(new Array(100000).fill(held.length))'
  const line = `[ $((FLAKE_SLA_RUN % 3)) -ne 0 ] || "${process.execPath}" --max-old-space-size=40 -e '${leak}'`
  expect(await first('--parallel', '2', '--runs', '30', '--', line)).toMatch(
    /^Missed: \d+ of \d+ runs failed, all out of memory; the target is/,
  )
})

test('no run fails', { timeout: 60_000 }, async () => {
  const { answer, headline } = await hunt('exit 0;', '--runs', '5000')
  expect(headline).toMatch(/^Met: no failure in 3,0\d\d runs, so at least 99\.9% pass\.$/)
  expect(answer.runs).toBeGreaterThanOrEqual(2995)
})
