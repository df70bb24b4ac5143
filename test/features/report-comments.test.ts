/** ServerVariant: nothing twice, whoever dies when; nobody flooded; nothing said where nobody wants it. */

import { describe, expect, test } from 'vitest'
import { leaseTask, renewLease } from '../../src/db/outbox.ts'
import { MINUTE_MS } from '../../src/domain/time.ts'
import { TASKS } from '../../src/features/all.ts'
import { contextOf } from '../../src/features/feature.ts'
import { processOutbox } from '../../src/features/outbox.ts'
import { answerReport } from '../../src/features/report/report.ts'
import { startTestApp as startWith, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  type CommentOptions,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
} from '../support/deliveries.ts'

const db = useDatabase()

async function start(): Promise<TestApp> {
  const it = await startWith({
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  await it.send(pullRequestDelivery(), checkRunDelivery({ id: 1, conclusion: 'failure' }))
  await it.app.settle()
  return it
}

const ask = (options: CommentOptions = {}) =>
  commentDelivery({ id: 4000, body: '/flake-report', minute: 55, ...options })
const outbox = () =>
  db().selectFrom('outbox').selectAll().where('kind', '=', 'report').orderBy('created_at').execute()
const reads = (it: TestApp) => it.answers().filter((body) => !body.startsWith('That was'))

describe('nothing is said twice', () => {
  test('a process dies between its comment and the record of it', async () => {
    const it = await start()
    await it.send(ask())
    const { deps } = it.app
    for (;;) {
      const task = await leaseTask(deps.db, deps.now())
      if (!task || 'problem' in task || task.kind !== 'report') continue
      const context = await contextOf(deps, task.repository_id)
      if (context) await answerReport(context, task)
      break
    }
    expect(it.answers()).toHaveLength(1)
    await processOutbox(deps, TASKS)
    it.clock.now += 3 * MINUTE_MS
    await processOutbox(deps, TASKS)
    expect(it.answers()).toHaveLength(1)
    expect(await outbox()).toMatchObject([{ result: 'report written', attempts: 2 }])
  })

  test('two processes work at once', async () => {
    const it = await start()
    await it.send(ask())
    await Promise.all([processOutbox(it.app.deps, TASKS), processOutbox(it.app.deps, TASKS)])
    expect(it.answers()).toHaveLength(1)
  })

  test('GitHub takes the comment and its answer is lost', async () => {
    const it = await start()
    await it.send(ask())
    it.fakeGitHub.failNext({ method: 'POST', path: /\/issues\/7\/comments/, status: 'half' })
    await processOutbox(it.app.deps, TASKS)
    it.clock.now += 5 * MINUTE_MS
    await processOutbox(it.app.deps, TASKS)
    expect(it.answers()).toHaveLength(1)
    expect(await outbox()).toMatchObject([{ result: 'report written' }])
  })

  test('a lease is held while its process works, and lost with it', async () => {
    const it = await start()
    await it.send(ask())
    const now = it.clock.now
    const held = await leaseTask(db(), now)
    if (!held) throw new Error('nothing was due')
    await renewLease(db(), held, now + MINUTE_MS)
    const others = []
    for (
      let one = await leaseTask(db(), now + 2.5 * MINUTE_MS);
      one;
      one = await leaseTask(db(), now + 2.5 * MINUTE_MS)
    )
      others.push(one.task_key)
    expect(others).not.toContain(held.task_key)
    expect((await leaseTask(db(), now + 10 * MINUTE_MS))?.task_key).toBe(held.task_key)
  })
})

test('what fails is tried again later and later, and given up in the end', async () => {
  const it = await start()
  await it.send(ask())
  it.fakeGitHub.failNext({ method: 'POST', path: /\/issues\/7\/comments/, status: 502, times: 50 })
  const waits: number[] = []
  for (let i = 0; i < 10; i++) {
    await processOutbox(it.app.deps, TASKS)
    const [row] = await outbox()
    if (!row || row.done_at) break
    waits.push(Date.parse(row.due_at) - it.clock.now)
    it.clock.now = Date.parse(row.due_at)
  }
  expect(waits).toEqual([...waits].sort((a, b) => a - b))
  expect([waits[0], waits.at(-1)]).toEqual([30_000, 3_600_000])
  expect((await outbox())[0]?.result).toMatch(/^given up: /)
  expect(it.answers()).toEqual([])
})

test.each([403, 404, 410])('an answer of %i is final', async (status) => {
  const it = await start()
  await it.send(ask())
  it.fakeGitHub.failNext({ method: 'POST', path: /\/issues\/7\/comments/, status })
  await processOutbox(it.app.deps, TASKS)
  expect((await outbox())[0]?.result).toMatch(/^given up: /)
})

test('ten reports an hour for one person, one word that this is enough, then silence; another person is answered', async () => {
  const it = await start()
  for (let i = 0; i < 14; i++) await it.send(ask({ id: 4000 + i, minute: 40 + i }))
  await it.send(ask({ id: 4100, minute: 55, author: 'hubot' }))
  await it.app.settle()
  expect(reads(it)).toHaveLength(11)
  expect(it.answers()).toHaveLength(12)
  expect(it.answers().filter((body) => body.startsWith('That was the 11th report'))).toHaveLength(1)
  await it.send(ask({ id: 4200, minute: 40 + 14 + 61 }))
  await it.passTo(120)
  expect(reads(it)).toHaveLength(12)
})

test('an older report of the same pull request is folded away, and only that', async () => {
  const it = await start()
  await it.send(ask(), ask({ id: 4001, minute: 56, body: '/flake-report ?' }), ask({ id: 4002, minute: 57 }))
  await it.app.settle()
  const own = [...it.repository.comments.values()].filter((one) => one.byApp)
  expect(own.map((one) => one.minimized)).toEqual(['outdated', null, null])
  expect(own[1]?.body).toMatch(/^\*\*flake-sla commands\*\*/)
})

test('where folding away is refused, the answer stands all the same', async () => {
  const it = await start()
  await it.send(ask(), ask({ id: 4002, minute: 57 }))
  it.fakeGitHub.failNext({ path: /graphql/, status: 403, times: 5 })
  await it.app.settle()
  expect(it.answers()).toHaveLength(2)
  expect((await outbox()).map((one) => one.result)).toEqual(['report written', 'report written'])
})

test.each([
  ['an edit', { action: 'edited' }],
  ['a bot', { authorType: 'Bot' }],
  ['an app', { author: 'ci[bot]' }],
  ['a code block', { body: '```\n/flake-report\n```' }],
])('%s is not answered', async (_, options) => {
  const it = await start()
  await it.send(ask(options))
  await it.app.settle()
  expect(it.answers()).toEqual([])
  expect(it.repository.comments.get(4000)?.reactions ?? []).toEqual([])
})

test('a locked conversation is left alone', async () => {
  const it = await start()
  const { payload, ...rest } = ask()
  const issue = { ...(payload.issue as object), locked: true }
  await it.send({ ...rest, payload: { ...payload, issue } })
  await it.app.settle()
  expect(it.answers()).toEqual([])
})

test.each(['/flake-report `unit`', '/flake-report `unit` please', '/flake-report unit # again'])(
  '%s is about that job alone',
  async (body) => {
    const it = await start()
    await it.send(ask({ body }))
    await it.app.settle()
    expect(it.answers()).toHaveLength(1)
    expect(it.answers()[0]).toMatch(/^\*\*Look at this failure first:\*\* `unit`/)
    expect(it.answers()[0]).not.toContain('No job is named')
  },
)

test('the report on one job, and on one that is not there', async () => {
  const it = await start()
  await it.send(
    ask({ body: '/flake-report unit' }),
    ask({ id: 4001, minute: 56, body: '/flake-report @nobody | x' }),
  )
  await it.app.settle()
  expect(it.answers()[0]).toMatch(/^\*\*Look at this failure first:\*\* `unit`/)
  expect(it.answers()[1]).toMatch(
    /^\*\*Look at this failure first:\*\* `unit`.*\n\nNo job is named `@nobody \| x`, so this report is about all jobs\.\n/,
  )
})
