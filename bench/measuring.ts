/** Query times by length of history, which must not grow with it, compared with the queries that a team would run instead. */

import { sql } from 'kysely'
import pg from 'pg'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import type { Db } from '../src/db/schema.ts'
import { everything } from '../src/db/scope.ts'
import { readTotals } from '../src/db/sla.ts'
import { attributeNext } from '../src/derive/attribute.ts'
import { closeWindows, measureNext } from '../src/derive/measure.ts'
import { readPullRequestReport } from '../src/derive/report-data.ts'
import { DEFAULT_SETTINGS } from '../src/domain/settings.ts'
import { DAY_MS } from '../src/domain/time.ts'
import { startPostgres } from '../test/support/postgres-server.ts'
import { END, generate, jobNames, REPOSITORY_ID, WIDGETS } from './generate.ts'
import { askConsistency, askFlakes, copyRuns } from './kubernetes.ts'
import { pagesOf } from './pages.ts'
import { atLeast, atMost, type Measure, median } from './result.ts'

const ROUNDS = 21

interface Options {
  quick: boolean
  /** Also measures ten million runs, which take minutes to generate. */
  long?: boolean
}

/** Median time of each query in ms, by the number of stored runs. */
type Costs = Map<string, Map<number, number>>

/** Measures the exponent of each query's cost over the sizes, and compares with Kubernetes' queries at a million runs. */
export async function measureMeasuring({ quick, long }: Options): Promise<Measure[]> {
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000, ...(long ? [10_000_000] : [])]
  const server = await startPostgres(['max_wal_size=4GB', 'synchronous_commit=off'])
  const costs: Costs = new Map()
  try {
    const databases: SizedDatabase[] = []
    for (const runs of sizes) databases.push(await createDatabase(server.address, runs))
    await timeQueries(databases, costs)
    for (const { close } of databases) await close()
  } finally {
    await server.remove()
  }
  const at = (name: string, runs: number) => costs.get(name)?.get(runs) ?? Number.NaN
  const largest = sizes[sizes.length - 1] ?? 0
  const compared = Math.min(largest, 1_000_000)
  const ours = [...costs.keys()].filter((name) => !name.startsWith('kubernetes'))
  return [
    ...ours.map((name) =>
      atMost({
        name: `measuring.${name}.exponent`,
        value: exponent(sizes.map((runs) => [runs, at(name, runs)])),
        unit: '',
        goal: 0.1,
        note: `${sizes.map((runs) => at(name, runs).toPrecision(3)).join(', ')} ms with ${sizes.map((runs) => runs.toExponential(0).replace('+', '')).join(', ')} runs`,
      }),
    ),
    ...['kubernetes.flakes', 'kubernetes.weekly_consistency'].map((name) => timesFaster(name, at, compared)),
  ]
}

/** The time of one of Kubernetes' queries, relative to our closing of a day and a week. */
function timesFaster(name: string, at: (name: string, runs: number) => number, runs: number): Measure {
  const theirs = at(name, runs)
  const ours = at('close_day_and_week', runs)
  const measure = { name, value: theirs, unit: 'ms', goal: runs >= 1_000_000 ? 100 : 1 }
  return {
    ...atLeast({ ...measure, beside: { name: 'close_day_and_week, ms', value: ours } }),
    note: `${runs.toLocaleString('en')} runs`,
  }
}

/** A query to time. Its preparation is not timed. */
type TimedQuery = [name: string, run: () => Promise<unknown>, before?: () => Promise<unknown>]

/** An open database with that many runs. */
interface SizedDatabase {
  runs: number
  queries: TimedQuery[]
  close(): Promise<void>
}

async function createDatabase(address: string, runs: number): Promise<SizedDatabase> {
  const client = new pg.Client(`${address}/postgres`)
  await client.connect()
  await client.query(`create database runs_${runs}`)
  await client.end()
  const { db, close } = await openDatabase(`${address}/runs_${runs}`)
  await migrate(db)
  const newest = await generate(db, runs)
  await measureNext(db, REPOSITORY_ID, async () => DEFAULT_SETTINGS, END)
  await copyRuns(db)
  await sql`vacuum analyze`.execute(db)
  return { runs, queries: queries(db, newest), close }
}

/** Times the queries in turns, so that a slow moment of the machine affects all sizes. The first two rounds warm up. */
async function timeQueries(databases: readonly SizedDatabase[], costs: Costs): Promise<void> {
  const times = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const { runs, queries } of databases) {
      for (const [name, run, before] of queries) {
        await before?.()
        const started = performance.now()
        await run()
        const list = times.get(`${runs} ${name}`) ?? []
        times.set(`${runs} ${name}`, [...list, performance.now() - started])
      }
    }
  }
  for (const { runs, queries } of databases) {
    for (const [name] of queries) {
      const byRuns = costs.get(name) ?? new Map<number, number>()
      costs.set(name, byRuns.set(runs, median((times.get(`${runs} ${name}`) ?? []).slice(2))))
    }
  }
}

function queries(db: Db, newest: number): TimedQuery[] {
  const pages = pagesOf(db)
  const repository = {
    repository_id: REPOSITORY_ID,
    full_name: 'acme/widgets',
    private: false,
    default_branch: 'main',
    installation_id: null,
    reported_at: new Date(END).toISOString(),
    removed_at: null,
    ...{ listed: false, private_at: null, public_at: null },
  }
  const scope = everything(REPOSITORY_ID)
  const four = { kind: 'day', start: '2026-01-01', from: END - 28 * DAY_MS, to: END } as const
  return [
    ['close_day_and_week', () => closeBoth(db), () => reopen(db)],
    ['28_days', () => readTotals(db, scope, [four])],
    [
      'attribute_one_job',
      () => attributeNext(db, REPOSITORY_ID, DEFAULT_SETTINGS, END),
      () => changeVerdict(db),
    ],
    ['flake_report', () => readPullRequestReport(db, repository, newest, DEFAULT_SETTINGS, END)],
    ['overview_page', () => openPage(pages, '/')],
    ['repository_page', () => openPage(pages, '/acme/widgets')],
    ['kubernetes.flakes', () => askFlakes(db, END)],
    ['kubernetes.weekly_consistency', () => askConsistency(db, END, jobNames(WIDGETS))],
  ]
}

/** Restores the last full week and its Sunday to the state before they were closed. */
async function reopen(db: Db): Promise<void> {
  await db
    .updateTable('sla_window')
    .set({ closed: false })
    .where((eb) =>
      eb.or([eb.and({ kind: 'week', start: '2026-01-19' }), eb.and({ kind: 'day', start: '2026-01-25' })]),
    )
    .execute()
}

async function closeBoth(db: Db): Promise<void> {
  const closed = await closeWindows(db, REPOSITORY_ID, DEFAULT_SETTINGS, END)
  if (closed.length !== 2) throw new Error(`${closed.length} windows were closed instead of a day and a week`)
}

/** Marks the flakes around a changed verdict of the previous day for attribution. */
async function changeVerdict(db: Db): Promise<void> {
  await db
    .insertInto('stale_verdict')
    .values({ repository_id: REPOSITORY_ID, job_id: 1, changed_at: new Date(END - DAY_MS).toISOString() })
    .execute()
}

async function openPage(pages: ReturnType<typeof pagesOf>, path: string): Promise<void> {
  const answer = await pages.request(path)
  await answer.text()
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
}

/** The least-squares slope of log(cost) by log(size). */
function exponent(points: readonly (readonly [size: number, cost: number])[]): number {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const)
  const mean = (i: 0 | 1) => logs.reduce((sum, log) => sum + log[i], 0) / logs.length
  const [x, y] = [mean(0), mean(1)]
  const above = logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0)
  return above / logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0)
}
