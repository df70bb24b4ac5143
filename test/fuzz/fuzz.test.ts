/**
 * Fuzzes everything that takes input from outside, with a few thousand inputs. `npm run bench -- fuzz` tries a million. Inputs
 * that found a defect in the past are tried again.
 */
import { expect, test } from 'vitest'
import { readFound } from '../../bench/fuzz/found.ts'
import { fuzz } from '../../bench/fuzz/fuzz.ts'
import { eachInput } from '../../bench/fuzz/target.ts'
import { allTargets } from '../../bench/fuzz/targets.ts'
import { parseSettings } from '../../src/settings/read.ts'
import { useDatabase } from '../support/database.ts'

const db = useDatabase()
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 3000)

test(`none of ${INPUTS} inputs crashes, hangs, is lost, or escapes its output`, async () => {
  const { tried, findings } = await fuzz(await allTargets(db()), { inputs: INPUTS, seed: 'tests' })
  expect(findings).toEqual([])
  expect(Object.keys(tried).sort()).toEqual(
    ['comment', 'filter', 'glob', 'line', 'name', 'page', 'settings', 'webhook'].sort(),
  )
  expect(Object.values(tried).every((count) => count > 0)).toBe(true)
}, 120_000)

test('no input that found a defect in the past finds it again', async () => {
  const targets = new Map((await allTargets(db())).map((target) => [target.name, target]))
  const found = readFound()
  expect(found.length).toBeGreaterThan(5)
  for (const { file, target, input } of found)
    expect([file, ...((await targets.get(target)?.run([input])) ?? ['has no such target'])]).toEqual([
      file,
      null,
    ])
}, 120_000)

test('settings of the maximum length are read in time for any content', () => {
  const parts = ['[', '{a: ', '? ', 'a: &a x\n']
  for (const long of [...parts.map((part) => part.repeat(100_000)), manyKeys()]) {
    const started = performance.now()
    expect(parseSettings(long)).toEqual({
      settings: null,
      problems: [expect.stringContaining('longer than')],
    })
    parseSettings(long.slice(0, 64_000))
    expect([long.slice(0, 10), performance.now() - started < 10_000]).toEqual([long.slice(0, 10), true])
  }
}, 120_000)

function manyKeys(): string {
  return Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n')
}

test('the fuzzer reports a crash, a hang and a wrong result with the input', async () => {
  const trap = eachInput(
    { name: 'trap', share: 1, make: (random) => String(Math.floor(random.next() * 100)) },
    20,
    (input) => {
      if (input === '7') throw new Error('fell')
      const started = process.cpuUsage()
      while (input === '8' && process.cpuUsage(started).user < 60_000);
      return input === '9' ? 'was nine' : null
    },
  )
  const { findings } = await fuzz([trap], { inputs: 1000, seed: 'trap', maxFindings: 1000 })
  const problems = new Set(
    findings.map(({ input, problem }) => `${input}: ${problem.split('\n')[0]?.replace(/\d+ ms/, '')}`),
  )
  expect([...problems].sort()).toEqual(['7: threw Error: fell', '8: took ', '9: was nine'])
})
