/** Failed deliveries are redelivered or their history is backfilled, and the figures are those of a week without failures. */
import { describe, expect, test } from 'vitest'
import { readReport } from '../../src/cli/report-json.ts'
import { readOldestCursor } from '../../src/db/delivery-checks.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { readAllHistory } from '../../src/features/backfill/timer.ts'
import { reconcile } from '../../src/features/redelivery/redelivery.ts'
import { readRequiredJobs } from '../../src/features/required-jobs/index.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { aDelivery, checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { ms } from '../support/facts.ts'
import { addHistory, historyDeliveries } from '../support/history.ts'

const DAY = 24 * 60
const UNREACHABLE = 'http://127.0.0.1:9/'

/** GitHub tries to deliver each webhook once. For those with `isRefused`, the server does not answer. */
async function deliver(
  on: TestApp,
  deliveries: readonly Delivery[],
  isRefused: (i: number) => boolean,
): Promise<void> {
  const { app } = on.fakeGitHub.state
  const address = app.webhookUrl
  for (const [i, { id, name, payload }] of deliveries.entries()) {
    app.webhookUrl = isRefused(i) ? UNREACHABLE : address
    await on.fakeGitHub.deliver({ id, name, payload: payload as Record<string, unknown>, recorded: true })
  }
  app.webhookUrl = address
}

async function runReconcile(on: TestApp, rounds = 2): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await reconcile(on.app.deps)
    await on.fakeGitHub.settled()
    on.clock.now += 5 * 60_000
  }
}

async function report(on: TestApp) {
  await on.app.settle()
  const repository = await on.app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const report = await readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
  // How often a window was revised depends on the order of arrival.
  for (const window of [...report.windows.day, ...report.windows.week]) window.revision = 0
  return report
}

function history(on: TestApp): Delivery[] {
  addHistory(on.fakeGitHub.state, on.repository, { pulls: 30, statuses: 80 })
  const github = {
    state: on.fakeGitHub.state,
    api: on.fakeGitHub.url,
    web: on.fakeGitHub.web,
    now: () => on.clock.now,
  }
  return historyDeliveries(github, on.repository)
}

const missed = (on: TestApp) => on.app.deps.db.selectFrom('missed_delivery').selectAll().execute()

test('a result that arrives costs no call to GitHub', async () => {
  const on = await startTestApp()
  const deliveries = history(on)
  const results = deliveries.filter((one) => one.name !== 'pull_request')
  // A pull request may cost a call, for the files that it changes.
  await deliver(
    on,
    deliveries.filter((one) => !results.includes(one)),
    () => false,
  )
  await on.app.settle()
  const from = on.fakeGitHub.requests.length
  await deliver(on, results, () => false)
  await on.app.settle()
  expect(results.length).toBeGreaterThan(100)
  expect(on.fakeGitHub.requests.slice(from)).toEqual([])
})

describe('deliveries that failed', () => {
  test('one in ten of a week are redelivered, and the figures are the same as if none had failed', async () => {
    const whole = await startTestApp()
    whole.clock.now = ms(DAY)
    await deliver(whole, history(whole), () => false)
    const holed = await startTestApp()
    const deliveries = history(holed)
    holed.clock.now = ms(DAY)
    await deliver(holed, deliveries, (i) => i % 10 === 3)
    expect(await report(holed)).not.toEqual(await report(whole))
    await runReconcile(holed)
    expect(await report(holed)).toEqual(await report(whole))
    const done = await missed(holed)
    expect(done.filter(({ result }) => result === 'recorded').length).toBeGreaterThan(15)
    // Jobs that succeeded on GitHub's machines say nothing that their check runs leave out.
    const others = done.filter(({ result }) => result !== 'recorded')
    expect(
      others.every(({ event, result }) => event === 'workflow_job' && result === 'nothing to record'),
    ).toBe(true)
  }, 60_000)

  test('are redelivered again if the redelivery fails', async () => {
    const on = await startTestApp()
    await deliver(on, [pullRequestDelivery()], () => true)
    const address = on.fakeGitHub.state.app.webhookUrl
    on.fakeGitHub.state.app.webhookUrl = UNREACHABLE
    await runReconcile(on, 1)
    expect(await missed(on)).toMatchObject([{ attempts: 1, done_at: null }])
    on.fakeGitHub.state.app.webhookUrl = address
    await runReconcile(on)
    expect(await missed(on)).toMatchObject([{ attempts: 2, result: 'recorded' }])
  })

  test('are redelivered even if GitHub’s delivery log was unavailable for an hour', async () => {
    const on = await startTestApp()
    await runReconcile(on, 1)
    await deliver(on, [pullRequestDelivery({ minute: 60 })], () => true)
    on.fakeGitHub.failNext({ path: /hook.deliveries/, status: 502, times: 12 })
    for (let round = 0; round < 12; round++) {
      await expect(reconcile(on.app.deps)).rejects.toThrow()
      on.clock.now += 5 * 60_000
    }
    await runReconcile(on)
    expect(await missed(on)).toMatchObject([{ attempts: 1, result: 'recorded' }])
  })

  test('with nothing to record are redelivered once', async () => {
    const on = await startTestApp()
    const started = checkRunDelivery({ action: 'created', conclusion: null, status: 'in_progress' })
    const unheard = aDelivery('star', { action: 'created' })
    await deliver(on, [started, unheard], () => true)
    await runReconcile(on, 3)
    expect(await missed(on)).toMatchObject([{ event: 'check_run', attempts: 1, result: 'nothing to record' }])
  })

  test('that never arrive leave a gap, which a backfill fills', async () => {
    const on = await startTestApp()
    await on.send(pullRequestDelivery())
    const [lost] = history(on).filter((one) => one.name === 'check_run')
    await deliver(on, [lost as Delivery], () => true)
    on.fakeGitHub.state.app.webhookUrl = UNREACHABLE
    for (let round = 0; round < 8; round++) {
      await runReconcile(on, 1)
      on.clock.now += 60 * 60_000
    }
    const gaps = () => on.app.deps.db.selectFrom('gap').selectAll().execute()
    expect(await gaps()).toMatchObject([{ reason: 'a delivery was lost', filled_at: null }])
    await readAllHistory(on.app.deps, { alone: true, signal: new AbortController().signal, readRequiredJobs })
    await runReconcile(on, 1)
    expect(await gaps()).toMatchObject([{ filled_at: expect.any(String) }])
  }, 60_000)
})

describe('more failed deliveries than one run reads', () => {
  /** An older result that was refused, and 10,010 stars after it that were too. */
  async function manyRefused(on: TestApp): Promise<void> {
    await on.send(pullRequestDelivery())
    await reconcile(on.app.deps)
    const result = checkRunDelivery({ minute: 50 })
    await deliver(on, [result], () => true)
    const { deliveries } = on.fakeGitHub.state
    const [refused] = deliveries
    if (!refused) throw new Error('nothing was refused')
    on.fakeGitHub.state.nextId += 20_000
    for (let i = 1; i <= 10_010; i++)
      deliveries.push({ ...refused, id: refused.id + i, guid: `star-${i}`, event: 'star', action: 'created' })
  }

  test('are read over several runs, so the oldest is redelivered too', async () => {
    const on = await startTestApp()
    await manyRefused(on)
    await runReconcile(on, 1)
    expect(await missed(on)).toEqual([])
    expect(await readOldestCursor(on.app.deps.db)).toMatchObject({
      which: 'failed',
      cursor: expect.stringMatching(/^v1_/),
    })
    await runReconcile(on, 2)
    expect(await missed(on)).toMatchObject([{ event: 'check_run', result: 'recorded' }])
    expect(await on.app.deps.db.selectFrom('gap').selectAll().execute()).toEqual([])
    // The log of the last minutes is read twice; after that one request is enough.
    on.clock.now += 60 * 60_000
    await runReconcile(on, 1)
    const asked = on.fakeGitHub.requests.length
    await runReconcile(on, 1)
    expect(on.fakeGitHub.requests.slice(asked)).toHaveLength(1)
  }, 60_000)

  test.each<[string, (on: TestApp) => void]>([
    [
      'whose rest GitHub no longer has',
      (on) => {
        on.clock.now += 4 * DAY * 60_000
      },
    ],
    [
      'whose rest GitHub refuses to list',
      (on) => on.fakeGitHub.failNext({ path: /hook.deliveries\?.*cursor=v1_/, status: 422, times: 1 }),
    ],
  ])(
    '%s leave a gap',
    async (_name, lose) => {
      const on = await startTestApp()
      await manyRefused(on)
      await runReconcile(on, 1)
      const [none] = (await report(on)).gaps
      expect(none).toBeUndefined()
      // Nothing newer failed, so only the rest is requested with a cursor.
      on.fakeGitHub.state.deliveries.splice(-10_010)
      lose(on)
      await runReconcile(on, 1)
      expect((await report(on)).gaps).toContainEqual(
        expect.objectContaining({
          reason: 'GitHub’s delivery log could not be read',
          filled_at: null,
        }),
      )
      expect(await readOldestCursor(on.app.deps.db)).toBeNull()
    },
    60_000,
  )
})

describe('a server that was down', () => {
  test('for longer than GitHub keeps deliveries backfills the history, and the figures are the same', async () => {
    const whole = await startTestApp()
    await deliver(whole, history(whole), () => false)
    const away = await startTestApp()
    await away.send(pullRequestDelivery())
    away.clock.now = ms(1)
    await reconcile(away.app.deps)
    history(away)
    away.clock.now = ms(6 * DAY)
    await reconcile(away.app.deps)
    expect((await report(away)).gaps).toMatchObject([{ reason: 'the server was down', filled_at: null }])
    await readAllHistory(away.app.deps, {
      alone: true,
      signal: new AbortController().signal,
      readRequiredJobs,
    })
    await reconcile(away.app.deps)
    const [{ gaps, ...read }, { gaps: _none, ...told }] = [await report(away), await report(whole)]
    expect(gaps).toMatchObject([{ filled_at: expect.any(String) }])
    // The model is learned at other times, so probabilities differ. Everything observed must be the same.
    const seen = (flakes: typeof read.flakes) =>
      flakes.map(({ probability_caused_by_pr, evidence, ...one }) => one)
    expect(seen(read.flakes)).toEqual(seen(told.flakes))
  }, 60_000)
})
