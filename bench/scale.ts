/** Several app processes on one database: their total rate, and that no row is written twice and no timer runs twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres } from '../test/support/postgres-server.ts'
import { sendRound } from './intake.ts'
import { type ServerProcess, startAppProcess } from './processes.ts'
import { atMost, type Measure } from './result.ts'

/** Measures deliveries a second of 1, 2 and 4 processes, surplus or missing rows, and timer ticks claimed more than once. */
export async function measureScale({ quick }: { quick: boolean }): Promise<Measure[]> {
  const measures: Measure[] = []
  let single = 0
  for (const processes of quick ? [1, 2] : [1, 2, 4]) {
    const { perSecond, wrong, ticks } = await together(processes, quick ? 4000 : 12_000)
    if (processes === 1) single = perSecond
    measures.push(
      {
        name: `scale.${processes}_processes`,
        value: perSecond,
        unit: 'deliveries/s',
        beside: { name: 'one process', value: single },
        ratio: perSecond / single,
      },
      atMost({ name: `scale.${processes}_processes.rows_wrong`, value: wrong, unit: 'rows', goal: 0 }),
      atMost({ name: `scale.${processes}_processes.ticks_twice`, value: ticks, unit: 'ticks', goal: 0 }),
    )
  }
  return measures
}

async function together(processes: number, count: number) {
  const server = await startPostgres(['max_connections=100'])
  const address = `${server.address}/postgres`
  const apps: ServerProcess[] = []
  try {
    for (let i = 0; i < processes; i++) apps.push(await startAppProcess(address))
    const share = Math.floor(count / processes / 20) * 20
    const round = async (first: number) => {
      // Every second delivery is sent to two processes, like a redelivery behind a load balancer.
      const rounds = await Promise.all(
        apps.map((app, i) => sendRound(app.url, first + (i * share) / 2, share)),
      )
      return rounds.reduce((sum, round) => sum + round.perSecond, 0)
    }
    await round(0)
    const perSecond = await round(10 * count)
    return { perSecond, ...(await readCounts(address, share, processes, 10 * count)) }
  } finally {
    await Promise.all(apps.map((app) => app.kill()))
    await server.remove()
  }
}

async function readCounts(address: string, share: number, processes: number, second: number) {
  await sleep(500)
  const client = new pg.Client(address)
  await client.connect()
  const distinct = share + ((processes - 1) * share) / 2
  const { rows } = await client.query(
    `select (select count(*) from delivery) as deliveries, (select count(*) from observation) as observations,
      (select count(*) - count(distinct (name, slot)) from tick) as ticks`,
  )
  await client.end()
  const [row] = rows as { deliveries: number; observations: number; ticks: number }[]
  const expected = second > 0 ? 2 * distinct : distinct
  const wrong = Math.abs(Number(row?.deliveries) - expected) + Math.abs(Number(row?.observations) - expected)
  return { wrong, ticks: Number(row?.ticks) }
}
