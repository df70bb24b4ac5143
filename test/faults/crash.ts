/**
 * Kills and restarts an app process under load, and records what it acknowledged. The tests use a few kills,
 * `npm run bench -- faults` a hundred.
 */
import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { SECRET, type ServerProcess, startAppProcess } from '../../bench/processes.ts'
import { openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { WEBHOOK_PATH } from '../../src/server/http.ts'
import {
  checkRunDelivery,
  pullRequestDelivery,
  REPOSITORY,
  type TestDelivery,
} from '../support/deliveries.ts'

/** Deliveries of `heads` pull requests, spread over `minutes` from `begin`. Every third job flakes, every fifth only fails. */
export function deliveriesOfHeads(
  heads: number,
  { repository = REPOSITORY, begin = 0, minutes = 2000 } = {},
): TestDelivery[] {
  return Array.from({ length: heads }, (_, i) => {
    const headSha = i.toString(16).padStart(40, '0')
    const minute = begin + ((i * 7) % minutes)
    const run = (id: number, conclusion: string, later: number) =>
      checkRunDelivery({ id, headSha, name: `job ${i % 4}`, conclusion, minute: minute + later, repository })
    return [
      pullRequestDelivery({ number: i + 1, headSha, minute, openedMinute: minute, repository }),
      run(2 * i + 1, i % 3 === 0 || i % 5 === 0 ? 'failure' : 'success', 10),
      run(2 * i + 2, i % 5 ? 'success' : 'failure', 20),
    ]
  }).flat()
}

export interface Crashes {
  kills: number
  acknowledged: number
  /** Acknowledged deliveries that are not stored; must be 0. */
  missing: number
  /** Deliveries stored more than once; must be 0. */
  twice: number
  figures: Figures
  /** What the same deliveries give without kills. */
  undisturbed: Figures
}

/** The derived rows, by table. */
export type Figures = Record<string, unknown[]>

/**
 * Sends the deliveries repeatedly while the process is killed at random moments, then once more to the end.
 * @param where `postgres://…` or a folder
 * @param random numbers in [0, 1)
 */
export async function crash(
  where: string,
  kills: number,
  heads: number,
  random: () => number,
): Promise<Crashes> {
  const deliveries = deliveriesOfHeads(heads)
  const acknowledged = new Set<string>()
  let missing = 0
  for (let i = 0; i < kills; i++) {
    const app = await startAppProcess(where)
    const sending = sendAll(app, deliveries, acknowledged, Math.floor(random() * deliveries.length))
    await sleep(20 + random() * 600)
    await app.kill()
    await sending
    // Checked before anything is sent again, which would restore what was lost.
    missing += (await lost(where, acknowledged)).length
  }
  const app = await startAppProcess(where)
  const statuses = await sendAll(app, deliveries, acknowledged, 0)
  if (statuses.some((status) => status !== 202)) throw new Error(`got statuses ${[...new Set(statuses)]}`)
  await app.stop()
  missing += (await lost(where, acknowledged)).length
  return { kills, acknowledged: acknowledged.size, missing, ...(await compare(where, [deliveries])) }
}

/** Sends all deliveries over eight connections, starting at index `from`; stops when the process is gone. */
async function sendAll(
  app: ServerProcess,
  deliveries: readonly TestDelivery[],
  acknowledged: Set<string>,
  from: number,
): Promise<number[]> {
  const statuses: number[] = []
  let next = 0
  const send = async () => {
    while (next < deliveries.length) {
      const delivery = deliveries[(from + next++) % deliveries.length] as TestDelivery
      const status = await post(app.url, delivery)
      if (status === null) return
      if (status === 202) acknowledged.add(delivery.id)
      statuses.push(status)
    }
  }
  await Promise.all(Array.from({ length: 8 }, send))
  return statuses
}

/** Posts one delivery. @returns the status, or null without a response */
export async function post(url: string, { id, name, payload }: TestDelivery): Promise<number | null> {
  const body = JSON.stringify(payload)
  try {
    const answer = await fetch(`${url}${WEBHOOK_PATH}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
        'x-github-delivery': id,
        'x-github-event': name,
      },
    })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return null
  }
}

/** Sends deliveries to an app in portions and records what was acknowledged. */
export function senderOf({ url }: { url: string }, deliveries: readonly TestDelivery[]) {
  const acknowledged = new Set<string>()
  let next = 0
  /** Sends the next `count` deliveries at once. @returns how often each status came back; 0 means no response */
  const send = async (count: number): Promise<Record<number, number>> => {
    const statuses: Record<number, number> = {}
    next += count
    if (next > deliveries.length) throw new Error(`all ${deliveries.length} deliveries were sent`)
    await Promise.all(
      deliveries.slice(next - count, next).map(async (delivery) => {
        const status = (await post(url, delivery)) ?? 0
        if (status === 202) acknowledged.add(delivery.id)
        statuses[status] = (statuses[status] ?? 0) + 1
      }),
    )
    return statuses
  }
  const sendUntilRefused = async () => {
    while (Object.keys(await send(400)).every((status) => status === '202'));
  }
  return { acknowledged, send, sendUntilRefused }
}

/** The ids of acknowledged deliveries that are not stored. */
export async function lost(where: string, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const { db, close } = await openDatabase(where)
  await migrate(db)
  const rows = await db.selectFrom('delivery').select('guid').execute()
  await close()
  const stored = new Set(rows.map((row) => row.guid))
  return [...acknowledged].filter((guid) => !stored.has(guid))
}

/**
 * Compares what is stored at `where` with what the same deliveries give in another database without kills.
 * @param parts the deliveries, in portions
 * @param quiet the address of the other database, which must be empty
 */
export async function compare(
  where: string,
  parts: Iterable<readonly TestDelivery[]>,
  quiet = 'memory',
): Promise<Pick<Crashes, 'twice' | 'figures' | 'undisturbed'>> {
  const disturbed = await openDatabase(where)
  const { rows } = await sql<{ guid: string }>`select guid from delivery`.execute(disturbed.db)
  const stored = new Set(rows.map((row) => row.guid))
  const figures = await figuresOf(disturbed.db)
  await disturbed.close()
  const other = await openDatabase(quiet)
  await migrate(other.db)
  const { record } = createRecorder(other.db, { now: () => 0, tasks: true })
  for (const part of parts) await Promise.all(part.map(record))
  const undisturbed = await figuresOf(other.db)
  await other.close()
  return { twice: rows.length - stored.size, figures, undisturbed }
}

/** Derives and reads everything, without the times of deriving. Empty windows are left out, because merely reading them creates them. */
export async function figuresOf(db: Awaited<ReturnType<typeof openDatabase>>['db']): Promise<Figures> {
  await deriveAll(db, { settingsOf: async () => DEFAULT_SETTINGS, now: Date.UTC(2027, 0) })
  const windows =
    await sql`select repository_id, kind, start, prs, flakes, flakes_counted, flakes_low, flakes_high, strong, weak, breached
    from (select distinct on (repository_id, kind, start) * from sla_window
      order by repository_id, kind, start, revision desc) newest
    where prs > 0 or flakes > 0
    order by repository_id, kind, start`.execute(db)
  const flakes =
    await sql`select repository_id, head_sha, job_id, number, runs, attribution, round(probability::numeric, 6) as probability
    from flake order by repository_id, head_sha collate "C", job_id`.execute(db)
  const counts =
    await sql`select (select count(*) from run) as runs, (select count(*) from observation) as observations`.execute(
      db,
    )
  return { windows: windows.rows, flakes: flakes.rows, counts: counts.rows }
}
