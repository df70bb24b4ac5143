/** The rate of `replay` compared with a plain copy, and its memory use. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { startPostgres } from '../test/support/postgres-server.ts'
import { copyFile } from './copy.ts'
import { historyLines, writeHistory } from './history.ts'
import { atLeast, atMost, type Measure, median } from './result.ts'

const MIB = 1024

interface Options {
  quick: boolean
  /** Also measures memory with a million deliveries, which takes minutes. */
  long?: boolean
}

/** Measures the rate compared with a plain copy, and peak memory. */
export async function measureReplay({ quick, long }: Options): Promise<Measure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-replay-'))
  const server = await startPostgres(['max_connections=30', 'max_wal_size=4GB'])
  try {
    const count = quick ? 20_000 : 120_000
    const path = join(folder, 'history.ndjson.gz')
    await writeHistory(path, count)
    const floors: number[] = []
    const replays: number[] = []
    for (let round = 0; round < (quick ? 2 : 3); round++) {
      const address = await freshDatabase(server.address, `round_${round}`)
      floors.push(await copyFile(address, path))
      replays.push((await replayInto(address, [path])).ms)
    }
    const perSecond = (ms: number[]) => (1000 * count) / median(ms)
    const beside = { name: 'read, gunzip, JSON.parse, COPY', value: perSecond(floors) }
    const many = long ? 1_000_000 : quick ? 10_000 : 100_000
    const memory = await replayInto(await freshDatabase(server.address, 'memory'), historyLines(many))
    return [
      atLeast({ name: 'replay', value: perSecond(replays), unit: 'deliveries/s', beside, goal: 0.5 }),
      atMost({
        name: 'replay.memory',
        value: memory.peak / MIB,
        unit: 'MiB',
        goal: 300,
        note: `${many.toLocaleString('en')} deliveries, ${Math.round((1000 * many) / memory.ms)}/s`,
      }),
    ]
  } finally {
    await server.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function freshDatabase(address: string, name: string): Promise<string> {
  const client = new pg.Client(`${address}/postgres`)
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const { db, close } = await openDatabase(`${address}/${name}`)
  await migrate(db)
  await close()
  return `${address}/${name}`
}

/** Runs the command on files, or with lines on standard input. @returns its time (ms) and peak memory (KiB) */
async function replayInto(
  address: string,
  input: string[] | Iterable<string>,
): Promise<{ ms: number; peak: number }> {
  const isFiles = Array.isArray(input)
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  const args = ['replay', ...(isFiles ? input : ['-']), '--json', '--database-url', address]
  const started = performance.now()
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(child, 'exit')
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0))
  }, 50)
  if (!isFiles) await feed(child.stdin, input)
  child.stdin.end()
  const [code] = await exited
  clearInterval(watch)
  if (code !== 0) throw new Error(`replay ended with ${code}`)
  return { ms: performance.now() - started, peak }
}

async function feed(input: NodeJS.WritableStream, lines: Iterable<string>): Promise<void> {
  for (const line of lines) if (!input.write(line)) await once(input, 'drain')
}

/** The peak resident memory of a process in KiB; 0 if the system does not report it. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
