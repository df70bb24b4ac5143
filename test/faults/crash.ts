/**
 * An app process that is killed under load and started again, and a ledger of what it acknowledged. Used by the tests
 * with a few kills and by `npm run bench -- faults` with a hundred.
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

/** A story of many heads: every third job flakes, every fifth only fails. It begins at a minute and lasts so many. */
export function storyOf(
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
  /** Acknowledged deliveries that are not stored; must be none. */
  missing: number
  /** Deliveries stored more than once; must be none. */
  twice: number
  figures: Figures
  /** What the same deliveries give when nobody disturbs them. */
  undisturbed: Figures
}

/** Rows of what was derived, by what they are about. */
export type Figures = Record<string, unknown[]>

/**
 * Sends the story over and over while the process is killed at random moments, then once more to the end.
 * @param where `postgres://…` or a folder @param random numbers in [0, 1)
 */
export async function crash(
  where: string,
  kills: number,
  heads: number,
  random: () => number,
): Promise<Crashes> {
  const deliveries = storyOf(heads)
  const acknowledged = new Set<string>()
  let missing = 0
  for (let i = 0; i < kills; i++) {
    const app = await startAppProcess(where)
    const sending = sendAll(app, deliveries, acknowledged, Math.floor(random() * deliveries.length))
    await sleep(20 + random() * 600)
    await app.kill()
    await sending
    // Before anything is sent again: what was lost would come back with it.
    missing += (await lost(where, acknowledged)).length
  }
  const app = await startAppProcess(where)
  const statuses = await sendAll(app, deliveries, acknowledged, 0)
  if (statuses.some((status) => status !== 202)) throw new Error(`answered ${[...new Set(statuses)]}`)
  await app.stop()
  missing += (await lost(where, acknowledged)).length
  return { kills, acknowledged: acknowledged.size, missing, ...(await compare(where, [deliveries])) }
}

/** Sends over eight connections from a place in the story, round its end; stops where the process is gone. */
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

/** Posts one delivery. @returns the status, or null when nobody answered */
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

/** Sends a story to an app piece by piece and remembers what was acknowledged. */
export function senderOf({ url }: { url: string }, deliveries: readonly TestDelivery[]) {
  const acknowledged = new Set<string>()
  let next = 0
  /** So many fresh deliveries at once. @returns how often each status (0 for none) came back */
  const send = async (count: number): Promise<Record<number, number>> => {
    const statuses: Record<number, number> = {}
    next += count
    if (next > deliveries.length) throw new Error(`the story of ${deliveries.length} deliveries is told`)
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

/** The acknowledged deliveries that are not stored. */
export async function lost(where: string, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const { db, close } = await openDatabase(where)
  await migrate(db)
  const rows = await db.selectFrom('delivery').select('guid').execute()
  await close()
  const stored = new Set(rows.map((row) => row.guid))
  return [...acknowledged].filter((guid) => !stored.has(guid))
}

/**
 * What is stored beside what the same deliveries, told in parts, give in another database where nobody disturbs them.
 * @param quiet where that one is: empty
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

/** Everything derived, without the times of concluding, and without windows in which nothing happened: being asked about makes those. */
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
