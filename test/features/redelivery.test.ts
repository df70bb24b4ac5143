/** What GitHub could not hand over is got all the same, and the figures are those of an undisturbed week. */
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
const AWAY = 'http://127.0.0.1:9/'

/** GitHub tries to hand each over once; those that `isRefused` meet a server that does not answer. */
async function hand(
  on: TestApp,
  deliveries: readonly Delivery[],
  isRefused: (i: number) => boolean,
): Promise<void> {
  const { app } = on.fakeGitHub.state
  const address = app.webhookUrl
  for (const [i, { id, name, payload }] of deliveries.entries()) {
    app.webhookUrl = isRefused(i) ? AWAY : address
    await on.fakeGitHub.deliver({ id, name, payload: payload as Record<string, unknown>, recorded: true })
  }
  app.webhookUrl = address
}

async function reconciled(on: TestApp, rounds = 2): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await reconcile(on.app.deps)
    await on.fakeGitHub.settled()
    on.clock.now += 5 * 60_000
  }
}

async function report(on: TestApp) {
  await on.app.settle()
  const repository = await on.app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const told = await readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
  // How often a window was revised tells of the way, not of the figures.
  for (const window of [...told.windows.day, ...told.windows.week]) window.revision = 0
  return told
}

function history(on: TestApp): Delivery[] {
  addHistory(on.fakeGitHub.state, on.repository, { pulls: 30, statuses: 80 })
  const world = {
    state: on.fakeGitHub.state,
    api: on.fakeGitHub.url,
    web: on.fakeGitHub.web,
    now: () => on.clock.now,
  }
  return historyDeliveries(world, on.repository)
}

const missed = (on: TestApp) => on.app.deps.db.selectFrom('missed_delivery').selectAll().execute()

test('a result that arrives costs no call to GitHub', async () => {
  const on = await startTestApp()
  const deliveries = history(on)
  const results = deliveries.filter((one) => one.name !== 'pull_request')
  // A pull request may cost a call: which files it changes.
  await hand(
    on,
    deliveries.filter((one) => !results.includes(one)),
    () => false,
  )
  await on.app.settle()
  const from = on.fakeGitHub.requests.length
  await hand(on, results, () => false)
  await on.app.settle()
  expect(results.length).toBeGreaterThan(100)
  expect(on.fakeGitHub.requests.slice(from)).toEqual([])
})

describe('deliveries that failed', () => {
  test('one in ten of a week: after reconciliation the figures are those of none refused', async () => {
    const whole = await startTestApp()
    whole.clock.now = ms(DAY)
    await hand(whole, history(whole), () => false)
    const holed = await startTestApp()
    const deliveries = history(holed)
    holed.clock.now = ms(DAY)
    await hand(holed, deliveries, (i) => i % 10 === 3)
    expect(await report(holed)).not.toEqual(await report(whole))
    await reconciled(holed)
    expect(await report(holed)).toEqual(await report(whole))
    const done = await missed(holed)
    expect(done.length).toBeGreaterThan(15)
    expect(new Set(done.map((one) => one.result))).toEqual(new Set(['recorded']))
  }, 60_000)

  test('are done only when they were processed: one that fails again is sent again', async () => {
    const on = await startTestApp()
    await hand(on, [pullRequestDelivery()], () => true)
    const address = on.fakeGitHub.state.app.webhookUrl
    on.fakeGitHub.state.app.webhookUrl = AWAY
    await reconciled(on, 1)
    expect(await missed(on)).toMatchObject([{ attempts: 1, done_at: null }])
    on.fakeGitHub.state.app.webhookUrl = address
    await reconciled(on)
    expect(await missed(on)).toMatchObject([{ attempts: 2, result: 'recorded' }])
  })

  test('while GitHub itself could not be asked for an hour are ordered all the same', async () => {
    const on = await startTestApp()
    await reconciled(on, 1)
    await hand(on, [pullRequestDelivery({ minute: 60 })], () => true)
    on.fakeGitHub.failNext({ path: /hook.deliveries/, status: 502, times: 12 })
    for (let round = 0; round < 12; round++) {
      await expect(reconcile(on.app.deps)).rejects.toThrow()
      on.clock.now += 5 * 60_000
    }
    await reconciled(on)
    expect(await missed(on)).toMatchObject([{ attempts: 1, result: 'recorded' }])
  })

  test('that tell nothing are not ordered for ever', async () => {
    const on = await startTestApp()
    const started = checkRunDelivery({ action: 'created', conclusion: null, status: 'in_progress' })
    const unheard = aDelivery('star', { action: 'created' })
    await hand(on, [started, unheard], () => true)
    await reconciled(on, 3)
    expect(await missed(on)).toMatchObject([{ event: 'check_run', attempts: 1, result: 'nothing to record' }])
  })

  test('that never arrive leave a known gap, which reading history fills', async () => {
    const on = await startTestApp()
    await on.send(pullRequestDelivery())
    const [lost] = history(on).filter((one) => one.name === 'check_run')
    await hand(on, [lost as Delivery], () => true)
    on.fakeGitHub.state.app.webhookUrl = AWAY
    for (let round = 0; round < 8; round++) {
      await reconciled(on, 1)
      on.clock.now += 60 * 60_000
    }
    const gaps = () => on.app.deps.db.selectFrom('gap').selectAll().execute()
    expect(await gaps()).toMatchObject([{ reason: 'a delivery was lost', filled_at: null }])
    await readAllHistory(on.app.deps, { alone: true, signal: new AbortController().signal, readRequiredJobs })
    await reconciled(on, 1)
    expect(await gaps()).toMatchObject([{ filled_at: expect.any(String) }])
  }, 60_000)
})

describe('more failed deliveries than can be looked at at once', () => {
  /** An older result that was refused, and 10,010 stars after it that were too. */
  async function manyRefused(on: TestApp): Promise<void> {
    await on.send(pullRequestDelivery())
    await reconcile(on.app.deps)
    const result = checkRunDelivery({ minute: 50 })
    await hand(on, [result], () => true)
    const { deliveries } = on.fakeGitHub.state
    const [refused] = deliveries
    if (!refused) throw new Error('nothing was refused')
    on.fakeGitHub.state.nextId += 20_000
    for (let i = 1; i <= 10_010; i++)
      deliveries.push({ ...refused, id: refused.id + i, guid: `star-${i}`, event: 'star', action: 'created' })
  }

  test('are looked at by and by: the oldest arrives too', async () => {
    const on = await startTestApp()
    await manyRefused(on)
    await reconciled(on, 1)
    expect(await missed(on)).toEqual([])
    expect(await readOldestCursor(on.app.deps.db)).toMatchObject({
      which: 'failed',
      cursor: expect.stringMatching(/^v1_/),
    })
    await reconciled(on, 2)
    expect(await missed(on)).toMatchObject([{ event: 'check_run', result: 'recorded' }])
    expect(await on.app.deps.db.selectFrom('gap').selectAll().execute()).toEqual([])
    // What is just over is looked at twice; after that there is nothing left to ask for.
    on.clock.now += 60 * 60_000
    await reconciled(on, 1)
    const asked = on.fakeGitHub.requests.length
    await reconciled(on, 1)
    expect(on.fakeGitHub.requests.slice(asked)).toHaveLength(1)
  }, 60_000)

  test.each<[string, (on: TestApp) => void]>([
    [
      'whose rest GitHub has forgotten',
      (on) => {
        on.clock.now += 4 * DAY * 60_000
      },
    ],
    [
      'whose rest GitHub refuses to tell',
      (on) => on.fakeGitHub.failNext({ path: /hook.deliveries\?.*cursor=v1_/, status: 422, times: 1 }),
    ],
  ])(
    '%s leave a known gap',
    async (_name, lose) => {
      const on = await startTestApp()
      await manyRefused(on)
      await reconciled(on, 1)
      const [none] = (await report(on)).gaps
      expect(none).toBeUndefined()
      // Nothing newer failed, so that only the rest is asked for with a cursor.
      on.fakeGitHub.state.deliveries.splice(-10_010)
      lose(on)
      await reconciled(on, 1)
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

describe('a server that was away', () => {
  test('for longer than GitHub remembers reads what it missed, and makes the same figures', async () => {
    const whole = await startTestApp()
    await hand(whole, history(whole), () => false)
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
    // Judged at other times, the model had learned other things: only what was seen has to be the same.
    const seen = (flakes: typeof read.flakes) =>
      flakes.map(({ probability_caused_by_pr, evidence, ...one }) => one)
    expect(seen(read.flakes)).toEqual(seen(told.flakes))
  }, 60_000)
})
