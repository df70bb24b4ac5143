/** Finds and reads the JUnit reports of a run, and counts single tests over all runs. */
import { createReadStream, type Stats } from 'node:fs'
import { glob, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { HuntTest, Reports, TestTally } from '../run.ts'
import { mergeTests, readJunit } from './parse.ts'

export interface ReportPlace {
  /** Globs relative to `cwd`. `{run}` and `{worker}` are replaced by the run's number and worker. */
  patterns: readonly string[]
  cwd: string
  run: number
  worker: string
  /** Older reports belong to another run. Epoch ms. */
  since: number
}

export interface RunReports {
  tests: HuntTest[]
  read: number
  problems: string[]
}

const MAX_FILES = 5000
const MAX_BYTES = 64 * 2 ** 20
/** File times have the resolution of the kernel's clock tick. */
const TICK_MS = 20

/** Reads every report of a run. An unreadable report becomes a problem, never an error. */
export async function collectReports(place: ReportPlace): Promise<RunReports> {
  const found: RunReports = { tests: [], read: 0, problems: [] }
  for (const pattern of place.patterns) {
    const expanded = pattern.replaceAll('{run}', String(place.run)).replaceAll('{worker}', place.worker)
    for await (const name of glob(expanded, { cwd: place.cwd })) {
      if (found.read + found.problems.length >= MAX_FILES) {
        found.problems.push(`a run left more than ${MAX_FILES} reports`)
        return { ...found, tests: mergeTests(found.tests) }
      }
      await readReport(resolve(place.cwd, name), name, place.since, found)
    }
  }
  return { ...found, tests: mergeTests(found.tests) }
}

async function readReport(path: string, name: string, since: number, found: RunReports): Promise<void> {
  const stats = await stat(path).catch(() => null)
  // Reading a pipe or a device would never end.
  if (!stats?.isFile() || stats.mtimeMs < since - TICK_MS) return
  const problem = await readFileInto(path, stats, found).catch((error: Error) => error.message)
  if (problem === null) found.read++
  else found.problems.push(`${name}: ${problem}`)
}

async function readFileInto(path: string, { size }: Stats, found: RunReports): Promise<string | null> {
  if (size > MAX_BYTES) return `larger than ${MAX_BYTES / 2 ** 20} MiB (${Math.round(size / 2 ** 20)} MiB)`
  const reader = readJunit()
  const decoder = new TextDecoder(await encodingOf(path))
  for await (const chunk of createReadStream(path))
    reader.write(decoder.decode(chunk as Buffer, { stream: true }))
  const { tests, problem } = reader.close()
  for (const test of tests) found.tests.push(test)
  return problem
}

/** The encoding from the byte order mark or the XML declaration; UTF-8 if there is none or it is unknown. */
async function encodingOf(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(200), 0, 200, 0)
  const head = buffer.subarray(0, bytesRead)
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const declared = /^<\?xml[^>]*encoding=["']([\w.:-]+)["']/.exec(head.toString('latin1'))?.[1]
  try {
    return new TextDecoder(declared).encoding
  } catch {
    return 'utf-8'
  }
}

export interface TestCounter {
  add(reports: RunReports): void
  tallies(): TestTally[]
  reports: Reports
}

const MAX_NAMES = 100_000
const MAX_PROBLEMS = 5

/** Counts every test over the runs of a hunt. Memory grows with the number of tests, not of runs. */
export function testCounter(): TestCounter {
  const tallies = new Map<string, TestTally>()
  const reports: Reports = { read: 0, broken: 0, problems: [] }
  return {
    reports,
    tallies: () => [...tallies.values()],
    add({ tests, read, problems }) {
      reports.read += read
      reports.broken += problems.length
      for (const problem of problems)
        if (reports.problems.length < MAX_PROBLEMS) reports.problems.push(problem)
      for (const test of tests) {
        const tally = tallies.get(test.name) ?? blank(test.name)
        tally[test.outcome]++
        tally.message ??= test.outcome === 'passed' ? null : test.message
        if (tallies.size < MAX_NAMES || tallies.has(test.name)) tallies.set(test.name, tally)
      }
    },
  }
}

function blank(name: string): TestTally {
  return { name, passed: 0, failed: 0, flaked: 0, skipped: 0, message: null }
}
