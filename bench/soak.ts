/** The soak test: several app processes on one PostgreSQL and one fake GitHub, of which one is killed now and then. */

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type FakeGitHub, startFakeGitHub } from '../fake-github/fake-github.ts'
import { addAccount, addInstallation, addIssue, addRepository } from '../fake-github/seed.ts'
import { addComment } from '../fake-github/seed-changes.ts'
import { MINUTE_MS } from '../src/domain/time.ts'
import { compare, type Figures, lost } from '../test/faults/crash.ts'
import { startPostgres } from '../test/support/postgres-server.ts'
import { type ServerProcess, startAppProcess } from './processes.ts'
import { type Counts, countWritten, type Start } from './soak-count.ts'
import { type Chapter, chapterOf, type Sent, sendEvenly } from './soak-load.ts'

export interface SoakOptions {
  processes: number
  minutes: number
  /** Called each minute with the progress. */
  onMinute(sentence: string): void
}

export interface Soak extends Counts {
  kills: number
  posts: number
  acknowledged: number
  missing: number
  twice: number
  figures: Figures
  undisturbed: Figures
}

interface Fleet {
  processes: ServerProcess[]
  kills: number
  starts: Start[]
  start(): Promise<ServerProcess>
}

/** Runs the soak test. @throws when a process exits by itself, or no process accepts a delivery */
export async function soak({ processes, minutes, onMinute }: SoakOptions): Promise<Soak> {
  const server = await startPostgres(['max_connections=100'])
  const fakeGitHub = await startFakeGitHub({ app: { id: 1, slug: 'flake-sla' } })
  const fleet = fleetOf(`${server.address}/postgres`, fakeGitHub)
  try {
    addInstallation(fakeGitHub.state, 'acme', { id: 77 })
    // GitHub's hourly rate limit is meant for one organisation, not for 60 new repositories at once.
    fakeGitHub.state.rateLimit.core.limit = 1_000_000
    for (let i = 0; i < processes; i++) fleet.processes.push(await fleet.start())
    const began = Date.now()
    const sent = await sendAll(fleet, fakeGitHub, { began, minutes, onMinute })
    onMinute('sent; waiting for the remaining work')
    await finish(fleet, server.address)
    const chapters = Array.from({ length: minutes }, (_, minute) => chapterOf(began, minute))
    const counts = await countWritten(`${server.address}/postgres`, fakeGitHub, chapters, fleet.starts)
    await Promise.all(fleet.processes.map((server) => server.stop()))
    const missing = (await lost(`${server.address}/postgres`, sent.acknowledged)).length
    const { kills } = fleet
    const totals = { kills, posts: sent.posts, acknowledged: sent.acknowledged.size, missing, ...counts }
    return { ...totals, ...(await compareWith(server.address, chapters)) }
  } finally {
    await Promise.all(fleet.processes.map((server) => server.kill()))
    await fakeGitHub.close()
    await server.remove()
  }
}

function fleetOf(database: string, fakeGitHub: FakeGitHub): Fleet {
  const starts: Start[] = []
  const github = { GHE_HOST: new URL(fakeGitHub.web).host, GHE_PROTOCOL: 'http', DRY_RUN: 'off' }
  const start = async () => {
    const from = Date.now()
    const server = await startAppProcess(database, github)
    starts.push({ from, to: Date.now() })
    return server
  }
  return { processes: [], kills: 0, starts, start }
}

/** Sends one chapter a minute while processes are killed. */
async function sendAll(
  fleet: Fleet,
  fakeGitHub: FakeGitHub,
  { began, minutes, onMinute }: { began: number; minutes: number; onMinute(sentence: string): void },
): Promise<Sent> {
  const sent: Sent = { acknowledged: new Set(), posts: 0 }
  const ending = new AbortController()
  const killing = killNowAndThen(fleet, ending.signal)
  // Awaited at the end, where an error is thrown.
  killing.catch(() => ending.abort())
  for (let minute = 0; minute < minutes && !ending.signal.aborted; minute++) {
    const chapter = chapterOf(began, minute)
    seedGitHub(fakeGitHub, chapter)
    await sendEvenly(chapter.deliveries, MINUTE_MS, fleet.processes, sent)
    onMinute(
      `${minute + 1} min: ${fleet.kills} kills, ${sent.posts} posts, ${sent.acknowledged.size} acknowledged`,
    )
  }
  ending.abort()
  await killing
  return sent
}

/** Kills a random process every 10 to 40 seconds, as the kernel does when memory runs out, and restarts it at once. */
async function killNowAndThen(fleet: Fleet, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(10_000 + Math.random() * 30_000, undefined, { signal }).catch(() => {})
    for (const server of fleet.processes) {
      const failure = server.failure()
      if (failure) throw new Error(`a process ${failure}`)
    }
    if (signal.aborted) return
    const which = Math.floor(Math.random() * fleet.processes.length)
    await fleet.processes[which]?.kill()
    fleet.kills++
    fleet.processes[which] = await fleet.start()
  }
}

/** Adds the chapter's repository and commands to the fake GitHub. */
function seedGitHub({ state }: FakeGitHub, { repository, commands }: Chapter): void {
  const stored = addRepository(state, { owner: 'acme', name: repository.name })
  stored.id = repository.id
  for (const { number, id, author, at } of commands) {
    addAccount(state, author)
    addIssue(state, stored, { number, title: `Change ${number}`, user: author, at })
    addComment(stored, { id, issue: number, body: '/flake-report', user: author, at })
  }
}

const MAX_MS = 15 * MINUTE_MS

/** Restarts every process in turn, which closes finished windows, and waits until no work is left. */
async function finish(fleet: Fleet, address: string): Promise<void> {
  for (const [i, server] of fleet.processes.entries()) {
    await server.stop()
    fleet.processes[i] = await fleet.start()
  }
  const client = new pg.Client(`${address}/postgres`)
  await client.connect()
  try {
    const until = Date.now() + MAX_MS
    for (let quiet = 0; quiet < 10; ) {
      if (Date.now() > until) throw new Error(`work is left after ${MAX_MS / MINUTE_MS} minutes`)
      await sleep(3000)
      const { rows } = await client.query(
        'select 1 from stale_head union all select 1 from outbox where done_at is null limit 1',
      )
      quiet = rows.length === 0 ? quiet + 1 : 0
    }
  } finally {
    await client.end()
  }
}

async function compareWith(address: string, chapters: readonly Chapter[]) {
  const client = new pg.Client(`${address}/postgres`)
  await client.connect()
  await client.query('create database undisturbed')
  await client.end()
  const parts = chapters.map((chapter) => chapter.deliveries)
  return compare(`${address}/postgres`, parts, `${address}/undisturbed`)
}
