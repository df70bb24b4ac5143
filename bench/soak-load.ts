/**
 * The load of the soak test: deliveries at a fixed rate, with commands in between. Each minute has its own repository, and its
 * deliveries date from yesterday, so that each repository has a finished day out of SLA.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, MINUTE_MS } from '../src/domain/time.ts'
import { deliveriesOfHeads, post } from '../test/faults/crash.ts'
import { commentDelivery, REPOSITORY, type TestDelivery } from '../test/support/deliveries.ts'
import { ms } from '../test/support/facts.ts'
import type { ServerProcess } from './processes.ts'

/** Heads a minute. Three deliveries each make 20 deliveries a second; half of them are sent twice. */
const HEADS = 400
/** Commands a minute. The GitHub client waits three seconds between comments, so two processes can answer this many. */
const COMMANDS = 12
const MAX_WAITING = 200
/** A delivery that no process accepts for this long fails the test. */
const MAX_MS = 2 * MINUTE_MS

export interface Command {
  /** The pull request's number. Each pull request gets one command. */
  number: number
  id: number
  author: string
  at: string
}

/** The load of one minute. */
export interface Chapter {
  repository: typeof REPOSITORY
  commands: Command[]
  deliveries: TestDelivery[]
}

/** The load of a minute of a soak test that began at `began` (epoch ms). Equal arguments give equal deliveries. */
export function chapterOf(began: number, minute: number): Chapter {
  const name = `soak-${minute}`
  const repository = { ...REPOSITORY, id: 7000 + minute, name, full_name: `acme/${name}` }
  const yesterday = Math.floor(began / DAY_MS) * DAY_MS - DAY_MS
  const history = deliveriesOfHeads(HEADS, {
    repository,
    begin: (yesterday - ms(0)) / MINUTE_MS,
    minutes: 1400,
  })
  const commands = Array.from({ length: COMMANDS }, (_, i) => ({
    number: i * Math.floor(HEADS / COMMANDS) + 1,
    id: 1000 * (minute + 1) + i,
    author: `asks-${minute}-${i}`,
    at: new Date(began + (minute + i / COMMANDS) * MINUTE_MS).toISOString(),
  }))
  const share = history.length / COMMANDS
  const deliveries = commands.flatMap((command, i) => [
    ...history.slice(i * share, (i + 1) * share),
    commentDelivery({ ...command, body: '/flake-report', minute: minuteOf(command.at), repository }),
  ])
  return { repository, commands, deliveries }
}

/** Converts a time to minutes after the tests' start time. */
function minuteOf(time: string): number {
  return (Date.parse(time) - ms(0)) / MINUTE_MS
}

export interface Sent {
  acknowledged: Set<string>
  /** Requests, including those without a response. */
  posts: number
}

/** Sends deliveries evenly over `tookMs`, every second one to two processes at once, each until it is acknowledged. */
export async function sendEvenly(
  deliveries: readonly TestDelivery[],
  tookMs: number,
  processes: readonly ServerProcess[],
  sent: Sent,
): Promise<void> {
  const began = performance.now()
  const waiting = new Set<Promise<void>>()
  for (const [i, delivery] of deliveries.entries()) {
    await sleep(Math.max(0, began + (i * tookMs) / deliveries.length - performance.now()))
    while (waiting.size >= MAX_WAITING) await Promise.race(waiting)
    const hand = handOver(delivery, processes, sent, 1 + (i % 2)).finally(() => waiting.delete(hand))
    waiting.add(hand)
    // The error is reported by the last `Promise.all`.
    hand.catch(() => {})
  }
  await Promise.all(waiting)
}

/** Sends a delivery to the next process until one acknowledges it, as a load balancer does. */
async function handOver(
  delivery: TestDelivery,
  processes: readonly ServerProcess[],
  sent: Sent,
  copies: number,
): Promise<void> {
  const first = Math.floor(Math.random() * processes.length)
  for (let tries = 0; tries < MAX_MS / 100; tries++) {
    const to = Array.from({ length: copies }, (_, i) => processes[(first + tries + i) % processes.length])
    sent.posts += copies
    const statuses = await Promise.all(to.map((server) => server && post(server.url, delivery)))
    if (statuses.includes(202)) return void sent.acknowledged.add(delivery.id)
    await sleep(100)
  }
  throw new Error(`delivery ${delivery.id} was not accepted by any process for ${MAX_MS / 1000} s`)
}
