/**
 * Intake: signed webhooks of 11 KB over HTTP on 20 connections, each durable before its 2xx. Compared with Probot with a handler
 * that does nothing, and with single-row inserts. Rounds take turns, so that a slow moment of the machine affects all.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import pg from 'pg'
import { startPostgres } from '../test/support/postgres-server.ts'
import { type ServerProcess, startAppProcess, startProcess } from './processes.ts'
import { atLeast, atMost, type Measure, median } from './result.ts'
import { signedRequests } from './webhooks.ts'

const CONNECTIONS = 20

export interface Round {
  perSecond: number
  p99: number
  failed: number
}

/** Sends `count` new webhooks. */
export async function sendRound(url: string, first: number, count: number): Promise<Round> {
  const requests = signedRequests({ first, count })
  const latencies: number[] = []
  let failed = 0
  let taken = 0
  let begun = 0
  let ended = 0
  await autocannon({
    url,
    connections: CONNECTIONS,
    amount: count,
    requests: requests.slice(0, 1),
    setupClient(client) {
      const share = count / CONNECTIONS
      client.setRequests(requests.slice(taken * share, (taken + 1) * share))
      taken++
      begun = performance.now()
      // Timed here, because autocannon counts whole seconds.
      client.on('response', (status, _bytes, took) => {
        ended = performance.now()
        latencies.push(took)
        if (status < 200 || status > 299) failed++
      })
    },
  })
  latencies.sort((a, b) => a - b)
  return {
    perSecond: (1000 * latencies.length) / (ended - begun),
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    failed: failed + count - latencies.length,
  }
}

/** Inserts rows like an observation over ten connections, each with its own statement and commit. @returns rows a second */
export async function insertRound(address: string, first: number, count: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: address, max: 10 })
  const text = `insert into single_row select * from json_populate_record(null::observation, $1::json)`
  await pool.query('create table if not exists single_row (like observation including all)')
  let next = first
  const started = performance.now()
  const insert = async () => {
    while (next < first + count) await pool.query({ name: 'insert', text, values: [rowOf(next++)] })
  }
  await Promise.all(Array.from({ length: 10 }, insert))
  const took = performance.now() - started
  await pool.end()
  return (1000 * count) / took
}

function rowOf(i: number): string {
  return JSON.stringify({
    repository_id: 1,
    head_sha: i.toString(16).padStart(40, '0'),
    run_key: `check:${i}`,
    reported_at: '2026-01-01T00:00:00Z',
    reported_id: 0,
    state: 'success',
    source: 'check_run',
    app: 'github-actions',
    name: `job ${i % 10}`,
    description: null,
    url: `https://github.com/acme/widgets/actions/runs/1/job/${i}`,
    suite_id: 1,
    head_branch: 'main',
    trunk: false,
    mentions: [],
    started_at: '2026-01-01T00:00:00Z',
    completed_at: '2026-01-01T00:00:00Z',
  })
}

/** Waits up to 30 s until the app has derived everything, so that the next round is not slowed down. */
async function rest(address: string): Promise<void> {
  const client = new pg.Client(address)
  await client.connect()
  for (let i = 0; i < 60; i++) {
    const { rows } = await client.query('select 1 from stale_head limit 1')
    if (rows.length === 0) break
    await sleep(500)
  }
  await client.end()
}

interface Rounds {
  noop: Round[]
  postgres: Round[]
  embedded: Round[]
  inserts: number[]
}

/** Measures the rates and their ratios, the p99 of the response time, and failures. */
export async function measureIntake({ quick }: { quick: boolean }): Promise<Measure[]> {
  const count = quick ? 4000 : 12_000
  const server = await startPostgres(['max_connections=60'])
  const address = `${server.address}/postgres`
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-intake-'))
  const apps: ServerProcess[] = []
  try {
    const noop = await startProcess('./noop.ts')
    const app = await startAppProcess(address)
    const embedded = await startAppProcess(join(folder, 'data'))
    apps.push(noop, app, embedded)
    const rounds: Rounds = { noop: [], postgres: [], embedded: [], inserts: [] }
    let first = 0
    for (let round = 0; round < (quick ? 3 : 6); round++) {
      rounds.noop.push(await sendRound(noop.url, first, count))
      rounds.postgres.push(await sendRound(app.url, first, count))
      rounds.inserts.push(await insertRound(address, first, count))
      rounds.embedded.push(await sendRound(embedded.url, first, count / 4))
      await rest(address)
      first += count
    }
    return measuresOf(rounds)
  } finally {
    await Promise.all(apps.map((app) => app.kill()))
    await server.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Leaves out the first round, which warms up. */
function measuresOf({ noop, postgres, embedded, inserts }: Rounds): Measure[] {
  const rate = (rounds: readonly Round[]) => median(rounds.slice(1).map((round) => round.perSecond))
  const p99 = (rounds: readonly Round[]) => median(rounds.slice(1).map((round) => round.p99))
  const lost = [...noop, ...postgres, ...embedded].reduce((sum, round) => sum + round.failed, 0)
  const beside = { name: 'Probot no-op', value: rate(noop) }
  const unit = 'deliveries/s'
  return [
    atLeast({ name: 'intake.postgres', value: rate(postgres), unit, beside, goal: 0.8 }),
    atLeast({ name: 'intake.embedded', value: rate(embedded), unit, beside, goal: 0.2 }),
    atLeast({
      name: 'intake.postgres',
      value: rate(postgres),
      unit,
      beside: { name: 'single-row inserts by 10 connections', value: median(inserts.slice(1)) },
      goal: 0.5,
    }),
    atMost({ name: 'intake.postgres.p99', value: p99(postgres), unit: 'ms', goal: 50 }),
    atMost({ name: 'intake.not_answered_2xx', value: lost, unit: 'deliveries', goal: 0 }),
  ]
}
