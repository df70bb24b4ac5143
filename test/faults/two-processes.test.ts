/** Two app processes on one PostgreSQL and one GitHub: each task is done once, even when a process is killed during it. */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { SECRET, type ServerProcess, startProcess } from '../../bench/processes.ts'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addAccount, addInstallation, addPull, addRepository } from '../../fake-github/seed.ts'
import type { Repository } from '../../fake-github/state.ts'
import { openDatabase } from '../../src/db/client.ts'
import type { Db } from '../../src/db/schema.ts'
import { startTestApp } from '../support/app.ts'
import { createServerDatabase, empty } from '../support/database.ts'
import { commentDelivery, type TestDelivery } from '../support/deliveries.ts'
import { at, ms, REPOSITORY_ID } from '../support/facts.ts'
import { seedHistory } from '../support/history.ts'
import { derive, readOnlyReport } from '../support/pipeline.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { deliveriesOfHeads, figuresOf, post } from './crash.ts'

const EVENING = 12 * 60
const MIDNIGHT = 15 * 60
/** Longer than a lease. */
const LATER = 3
const WEEK = 7 * 24 * 60
/** Pull request 7 flakes; a comment asks for a report. */
const HISTORY = deliveriesOfHeads(40)
const COMMAND = commentDelivery({ id: 9000, body: '/flake-report', number: 7, minute: EVENING - 5 })

const folder = mkdtempSync(join(tmpdir(), 'flake-sla-two-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Two {
  fakeGitHub: FakeGitHub
  db: Db
  /** Sets the clock of all processes to `minutes` after the start. */
  setClock(minutes: number): void
  start(): Promise<ServerProcess>
}

async function startTwo(work: 'close' | 'history'): Promise<Two> {
  const clock = join(folder, work)
  let now = 0
  const setClock = (minutes: number) => {
    now = ms(minutes)
    writeFileSync(`${clock}.new`, String(now))
    // Renamed into place, so that no process reads a partial file.
    renameSync(`${clock}.new`, clock)
  }
  setClock(EVENING)
  const fakeGitHub = await startFakeGitHub({
    now: () => now,
    validate: true,
    app: { id: 1, webhookSecret: SECRET },
  })
  const address = await createServerDatabase()
  const { db, close } = await openDatabase(address)
  const env = {
    DATABASE_URL: address,
    CLOCK: clock,
    API_URL: fakeGitHub.url,
    WORK: work,
    LOG_LEVEL: 'silent',
  }
  const started: ServerProcess[] = []
  onTestFinished(async () => {
    for (const server of started) await server.kill()
    await close()
    await fakeGitHub.close()
    expect(fakeGitHub.violations).toEqual([])
  })
  const start = async () => {
    const server = await startProcess('../test/faults/sharing-process.ts', env)
    started.push(server)
    return server
  }
  return { fakeGitHub, db, setClock, start }
}

/** `acme/widgets` with the pull requests and the comment of the deliveries. */
function seed({ state }: FakeGitHub): Repository {
  addInstallation(state, 'acme', { id: 77 })
  addAccount(state, 'octocat')
  const repository = addRepository(state, { owner: 'acme', name: 'widgets' })
  repository.id = REPOSITORY_ID
  for (const { name, payload } of HISTORY) {
    if (name !== 'pull_request') continue
    const { number, title, head } = payload.pull_request as {
      number: number
      title: string
      head: { sha: string }
    }
    addPull(state, repository, { number, title, user: 'octocat', at: at(0), sha: head.sha })
  }
  const comment = { body: '/flake-report', user: 'octocat', byApp: false, createdAt: at(0), updatedAt: at(0) }
  repository.comments.set(9000, { id: 9000, issue: 7, ...comment, reactions: [], minimized: null })
  return repository
}

/** Sends every delivery to each process, so that the other takes it when one is killed. */
async function sendToAll(
  processes: readonly ServerProcess[],
  deliveries: readonly TestDelivery[],
): Promise<void> {
  await Promise.all(
    processes.map(async ({ url }) => {
      for (const delivery of deliveries) await post(url, delivery)
    }),
  )
}

/** Waits until everything is derived and the outbox is empty. */
async function settled(db: Db): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const { rows } = await sql<{ open: number }>`select (select count(*) from stale_head)
      + (select count(*) from outbox where done_at is null) as open`.execute(db)
    if (rows[0]?.open === 0) return
    await sleep(50)
  }
  throw new Error('work is left after a minute')
}

const ownComments = ({ comments }: Repository) =>
  [...comments.values()].filter((comment) => comment.byApp).map((comment) => comment.body)
const ownIssues = ({ issues }: Repository) =>
  [...issues.values()].filter((issue) => issue.byApp).map(({ title, state }) => ({ title, state }))

/** The results of a single process without kills. */
async function undisturbed() {
  const on = await startTestApp()
  on.clock.now = ms(EVENING)
  await on.send(...HISTORY, COMMAND)
  await on.passTo(EVENING)
  await on.passTo(MIDNIGHT + 10)
  const [{ title = '' } = {}] = on.issues()
  return { answers: on.answers(), issue: title, figures: await figuresOf(on.app.deps.db) }
}

/** How long a write to GitHub takes in this test. */
const WRITING_MS = 300
/** Time for GitHub to finish the write of a killed process, before the test moves the clock beyond the lease. */
const UNDER_WAY_MS = 3 * WRITING_MS

test('one answer and one issue are written when each process is killed once', async () => {
  const two = await startTwo('close')
  const repository = seed(two.fakeGitHub)
  // Slow enough for the other process to meet a write in progress, and for a kill during it.
  two.fakeGitHub.failNext({ method: 'POST', path: /\/(comments|issues)$/, delayMs: WRITING_MS, times: 1000 })
  const [expected, first, second] = await Promise.all([undisturbed(), two.start(), two.start()])
  const random = seededRandom('two processes write')
  const moments = [random() * 1500, random() * 600] as const
  const killed = sleep(moments[0]).then(() => first.kill())
  await sendToAll([first, second], HISTORY)
  await sendToAll([first, second], [COMMAND])
  await killed
  await sleep(UNDER_WAY_MS)
  two.setClock(EVENING + LATER)
  await settled(two.db)
  expect(ownComments(repository), `killed after ${moments[0]} ms`).toEqual(expected.answers)
  expect(ownIssues(repository)).toEqual([])

  const third = await two.start()
  two.setClock(MIDNIGHT + 10)
  await sleep(moments[1])
  await second.kill()
  await sleep(UNDER_WAY_MS)
  two.setClock(MIDNIGHT + 10 + LATER)
  await expect.poll(() => ownIssues(repository).length, { timeout: 60_000 }).toBe(1)
  await sendToAll([third], [...HISTORY.slice(-9), COMMAND])
  await settled(two.db)
  expect(ownIssues(repository), `killed after ${moments} ms`).toEqual([
    { title: expected.issue, state: 'open' },
  ])
  expect(ownComments(repository)).toHaveLength(1)
  await third.stop()
  expect(await figuresOf(two.db)).toEqual(expected.figures)
}, 180_000)

test('two processes backfill without requesting a page twice, and one finishes the pages of the killed one', async () => {
  const two = await startTwo('history')
  const { db, fakeGitHub } = two
  two.setClock(WEEK)
  const repository = seedHistory(fakeGitHub.state, { pulls: 60, statuses: 80 })
  addInstallation(fakeGitHub.state, 'acme', { id: 77 })
  // Slow enough for both processes to take part.
  fakeGitHub.failNext({ path: /\/(check-runs|attempts)/, delayMs: 100, times: 10_000 })
  const pages = (from: number) =>
    fakeGitHub.requests
      .slice(from)
      .flatMap((request) => (/\/(check-runs|attempts)/.test(request.path) ? [request.path] : []))
  const addTheRepository = (): Promise<unknown> => {
    const { id: repository_id } = repository
    const row = {
      repository_id,
      full_name: 'acme/widgets',
      installation_id: 77,
      private: false,
      reported_at: at(0),
    }
    return db.insertInto('repository').values(row).execute()
  }
  const isBackfilled = async () => {
    const reading = await db.selectFrom('backfill').select('done_at').executeTakeFirst()
    return typeof reading?.done_at === 'string'
  }
  const readers = async () => {
    const { rows } = await sql<{ readers: number }>`select count(distinct claimed_by) as readers
      from backfill_page where done_at is null`.execute(db)
    return rows[0]?.readers
  }
  const currentReport = async () => {
    await derive(db)
    return readOnlyReport(db)
  }

  const [first] = await Promise.all([two.start(), two.start()])
  await addTheRepository()
  await expect.poll(readers, { timeout: 60_000, interval: 1 }).toBe(2)
  await expect.poll(isBackfilled, { timeout: 60_000 }).toBe(true)
  expect(pages(0).length).toBeGreaterThan(60)
  expect(new Set(pages(0)).size).toBe(pages(0).length)
  const expected = await currentReport()
  expect(expected.flakes.length).toBeGreaterThan(10)

  await empty(db)
  const from = fakeGitHub.requests.length
  const enough = 1 + Math.floor(seededRandom('two processes backfill')() * 50)
  await addTheRepository()
  await expect.poll(() => pages(from).length, { timeout: 60_000, interval: 1 }).toBeGreaterThan(enough)
  await first.kill()
  // As if its leases had expired.
  await sleep(100)
  await sql`update backfill_page set claimed_until = now() - interval '1 second'`.execute(db)
  await expect.poll(isBackfilled, { timeout: 60_000 }).toBe(true)
  // Only requests in progress are repeated: those of the killed process, and those of the other, whose leases were ended too.
  expect(pages(from).length - new Set(pages(from)).size, `killed after ${enough} pages`).toBeLessThanOrEqual(
    2 * 6,
  )
  expect(await currentReport()).toEqual(expected)
}, 180_000)
