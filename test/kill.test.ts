/**
 * A replay into a data folder is killed with SIGKILL, started again, and given the same deliveries.
 * The kill waits for visible progress; the exact moment after that does not matter.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replay } from '../src/cli/replay.ts'
import type { ReplayReport } from '../src/cli/report-json.ts'
import { checkRunDelivery, pullRequestDelivery, type TestDelivery } from './support/deliveries.ts'
import { seededRandom } from './support/seeded-random.ts'

const folder = mkdtempSync(join(tmpdir(), 'flake-sla-kill-'))
const file = join(folder, 'deliveries.ndjson')
const HEADS = 600
/** The program reads this many lines before it waits for them to be durable. */
const LINES_AT_ONCE = 1000
const children: ChildProcess[] = []
let expected: ReplayReport

const lines = Array.from({ length: HEADS }, (_, i) => historyOf(i))
  .flat()
  .map((delivery) => `${JSON.stringify(delivery)}\n`)

beforeAll(async () => {
  writeFileSync(file, lines.join(''))
  expected = await replay([file], {})
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

test('the deliveries contain flakes, and more lines than are read at once', () => {
  expect(lines.length).toBeGreaterThan(LINES_AT_ONCE * 1.5)
  expect(expected.repositories[0]?.flakes.length).toBeGreaterThan(HEADS / 4)
})

test('a replay that is killed twice while it records gives the same figures', {
  timeout: 120_000,
}, async () => {
  const data = join(folder, 'recording')
  for (const line of [LINES_AT_ONCE + 300, LINES_AT_ONCE + 500]) {
    const child = start(data)
    // Lines far beyond the first thousand are read only once those are durable.
    for (const text of lines.slice(0, line)) await write(child, text)
    await kill(child)
  }
  const { report, code } = await finish(data)
  expect(code).toBe(0)
  expect(report.deliveries).toMatchObject({ read: lines.length, rejected: [] })
  expect(report.deliveries.duplicates).toBeGreaterThanOrEqual(LINES_AT_ONCE)
  expect(report.repositories).toEqual(expected.repositories)
})

test('a replay that is killed while it derives gives the same figures', { timeout: 120_000 }, async () => {
  const data = join(folder, 'deriving')
  const child = startSteps(data)
  await waitForOutput(child, 'derived')
  // The remaining heads take some tenths of a second.
  await sleep(20 + seededRandom('killed while it derives')() * 80)
  await kill(child)
  // Without the deliveries, so that only the recorded facts are derived.
  const { report: resumed } = await finish(data, [])
  expect(resumed.repositories).toEqual(expected.repositories)
  const { report } = await finish(data)
  expect(report.deliveries.duplicates).toBe(lines.length)
  expect(report.repositories).toEqual(expected.repositories)
})

/** The deliveries of one pull request. Every third one flakes, every fifth only fails. */
function historyOf(i: number): TestDelivery[] {
  const headSha = i.toString(16).padStart(40, '0')
  const minute = (i * 7) % 2000
  const first = i % 3 === 0 || i % 5 === 0 ? 'failure' : 'success'
  const more = { headSha, name: i % 2 ? 'unit' : 'lint' }
  return [
    pullRequestDelivery({ number: i + 1, headSha, minute, openedMinute: minute }),
    checkRunDelivery({ ...more, id: 2 * i + 1, conclusion: first, minute: minute + 10 }),
    checkRunDelivery({
      ...more,
      id: 2 * i + 2,
      conclusion: i % 5 ? 'success' : 'failure',
      minute: minute + 20,
    }),
  ]
}

function start(data: string): ChildProcess {
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  return keep(spawn(process.execPath, [main, 'replay', '-', '--json', '--database-url', data]))
}

/** Records everything and derives, printing a line after each step; then waits to be killed. */
function startSteps(data: string): ChildProcess {
  const source = (path: string) => JSON.stringify(new URL(`../src/${path}`, import.meta.url).href)
  const code = `
    import { openDatabase } from ${source('db/client.ts')}
    import { migrate } from ${source('db/migrate.ts')}
    import { DEFAULT_SETTINGS } from ${source('domain/settings.ts')}
    import { readDeliveries } from ${source('cli/deliveries.ts')}
    import { deriveAll } from ${source('derive/derive.ts')}
    import { createRecorder } from ${source('intake/record.ts')}
    const { db } = await openDatabase(${JSON.stringify(data)})
    await migrate(db)
    const { record } = createRecorder(db, { now: () => 0, tasks: false })
    const all = []
    for await (const line of readDeliveries(${JSON.stringify(file)})) all.push(record(line.delivery))
    await Promise.all(all)
    const onProgress = () => process.stdout.write('derived\\n')
    await deriveAll(db, { settingsOf: async () => DEFAULT_SETTINGS, now: ${Date.UTC(2027, 0)}, onProgress })
    setInterval(() => {}, 1000)`
  return keep(spawn(process.execPath, ['--input-type=module-typescript', '-e', code]))
}

function keep(child: ChildProcess): ChildProcess {
  children.push(child)
  // Writing to a killed process is expected here.
  child.stdin?.on('error', () => {})
  return child
}

async function write(child: ChildProcess, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    child.stdin?.write(text, (error) => (error ? reject(error) : resolve())),
  )
}

async function waitForOutput(child: ChildProcess, word: string): Promise<void> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += chunk
    if (text.includes(word)) return
  }
  throw new Error(`the process ended without printing ${word}`)
}

async function kill(child: ChildProcess): Promise<void> {
  expect(child.exitCode).toBeNull()
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  expect(await exited).toEqual([null, 'SIGKILL'])
}

/** Runs the replay again, by default with the same deliveries, until it ends. */
async function finish(
  data: string,
  input: readonly string[] = lines,
): Promise<{ report: ReplayReport; code: number | null }> {
  const child = start(data)
  let json = ''
  child.stdout?.on('data', (chunk) => {
    json += chunk
  })
  child.stdin?.end(input.join(''))
  const [code] = await once(child, 'close')
  return { report: JSON.parse(json) as ReplayReport, code }
}
