/** GitHub fails while a report is written: in the end there is exactly one answer. */
import { expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import type { State } from '../../fake-github/state.ts'
import { readRequirements } from '../../src/db/required.ts'
import { refreshAllRequired } from '../../src/features/required-jobs/refresh.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import {
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  pushDelivery,
  REPOSITORY,
} from '../support/deliveries.ts'

const COMMENT = /\/issues\/7\/comments/
const deliveries = () => [
  pullRequestDelivery(),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  checkRunDelivery({ id: 2, conclusion: 'success', minute: 20 }),
  commentDelivery({ body: '/flake-report' }),
]

const PASSING: [name: string, fault: Fault][] = [
  ['401', { status: 401 }],
  ['403, secondary limit', { status: 'secondary-limit' }],
  ['403, primary limit', { status: 'primary-limit' }],
  ['429', { status: 429 }],
  ['500', { status: 500, times: 3 }],
  ['502', { status: 502, times: 3 }],
  ['no answer', { status: 'cut', times: 2 }],
  ['half an answer', { status: 'half' }],
]

test.each(['POST', 'GET'])(
  'after any failure of a %s, each command has exactly one answer in the end',
  async (method) => {
    const app = await startTestApp()
    expect(await app.send(...deliveries().slice(0, 3))).toEqual([202, 202, 202])
    let minute = 61
    for (const [i, [name, fault]] of PASSING.entries()) {
      await app.send(commentDelivery({ id: 500 + i, body: '/flake-report', author: `asks-${i}`, minute }))
      app.fakeGitHub.failNext({ method, path: COMMENT, ...fault })
      // Longer than the delays of ten attempts together.
      for (const later of [1, 10, 60, 240]) await app.passTo(minute + later)
      expect([name, app.answers().length]).toEqual([name, i + 1])
      minute += 300
    }
  },
  120_000,
)

test('a comment whose response was lost is found and not written again', async () => {
  const app = await startTestApp()
  const { github } = app.app.deps
  if (!github) throw new Error('the app has no GitHub')
  const octokitOf = github.octokitOf
  let lost = 0
  github.octokitOf = async (id) => {
    const octokit = await octokitOf(id)
    octokit.hook.after('request', (_answer, { method, url }) => {
      if (method !== 'POST' || !url.endsWith('/comments') || lost > 2) return
      lost++
      throw new Error('the connection was cut')
    })
    return octokit
  }
  await app.send(...deliveries())
  for (const minutes of [61, 90, 300]) await app.passTo(minutes)
  expect(lost).toBe(1)
  expect(app.answers()).toHaveLength(1)
})

test.each([404, 422])(
  '%d is final: no answer, no end of trying, and the next is answered',
  async (status) => {
    const app = await startTestApp()
    await app.send(...deliveries())
    app.fakeGitHub.failNext({ method: 'POST', path: COMMENT, status })
    for (const minutes of [61, 90, 300]) await app.passTo(minutes)
    expect(app.answers()).toHaveLength(0)
    const { db } = app.app.deps
    expect(await db.selectFrom('outbox').select('result').where('done_at', 'is', null).execute()).toEqual([])
    await app.send(commentDelivery({ id: 99, body: '/flake-report', minute: 299 }))
    await app.passTo(310)
    expect(app.answers()).toHaveLength(1)
  },
)

test('sixty answers in the outbox are each written once despite errors', async () => {
  const app = await startTestApp()
  await app.send(...deliveries().slice(0, 3))
  const comments = Array.from({ length: 60 }, (_, i) =>
    commentDelivery({ id: 1000 + i, body: '/flake-report', author: `user-${i}`, minute: 30 }),
  )
  expect(new Set(await app.send(...comments))).toEqual(new Set([202]))
  app.fakeGitHub.failNext({ method: 'POST', path: COMMENT, status: 502, times: 9 })
  app.fakeGitHub.failNext({ method: 'POST', path: COMMENT, status: 'cut', times: 9 })
  for (const minutes of [61, 70, 90, 150, 300, 600]) await app.passTo(minutes)
  expect(app.answers()).toHaveLength(60)
  expect(new Set(app.answers().map((body) => /<!--.*?-->/.exec(body)?.[0])).size).toBe(60)
}, 120_000)

/** Makes GitHub answer reads with a past state, while writes take effect. */
function showYesterday({ fakeGitHub }: TestApp, state: State): void {
  fakeGitHub.failNext({ method: 'GET', path: /^\/repos\//, asOf: state, times: 1000 })
}

test('no comment is written twice when GitHub’s lists are a day old', async () => {
  const app = await startTestApp()
  app.repository.contents.set('.github/flake-sla.yml', 'report: { automatic: true }')
  await app.send(pushDelivery(), ...deliveries())
  const yesterday = structuredClone(app.fakeGitHub.state)
  await app.passTo(70)
  expect(app.answers()).toHaveLength(2)
  showYesterday(app, yesterday)
  await app.send(
    ...deliveries(),
    checkRunDelivery({ id: 3, name: 'lint', conclusion: 'failure', minute: 71, minutes: 0.6 }),
    checkRunDelivery({ id: 4, name: 'lint', conclusion: 'success', minute: 72, minutes: 0.6 }),
  )
  for (const minutes of [80, 120, 600]) await app.passTo(minutes)
  app.fakeGitHub.clearFaults()
  expect(app.answers().filter((body) => body.includes('lint'))).toHaveLength(1)
  expect(app.answers()).toHaveLength(2)
  await app.passTo(24 * 60)
  const before = structuredClone(app.fakeGitHub.state)
  for (const body of ['daily', 'rolling']) {
    showYesterday(app, before)
    app.repository.contents.set('.github/flake-sla.yml', `breach_issue: { mode: ${body} }`)
    await app.send(pushDelivery({ after: body.padEnd(40, 'a') }))
    for (const minutes of [1, 5, 60]) await app.passTo(24 * 60 + minutes)
    app.fakeGitHub.clearFaults()
  }
  expect(app.issues()).toHaveLength(1)
})

test('an installation token that ends early is replaced, and the command is answered', async () => {
  const app = await startTestApp()
  await app.send(...deliveries())
  await app.passTo(61)
  expect(app.answers()).toHaveLength(1)
  for (const token of app.fakeGitHub.state.tokens.values()) token.expiresAt = 0
  await app.send(commentDelivery({ id: 99, body: '/flake-report', author: 'other', minute: 62 }))
  for (const minutes of [63, 65]) await app.passTo(minutes)
  expect(app.answers()).toHaveLength(2)
})

test('a change of the settings that GitHub shows late is found by the next daily refresh', async () => {
  const app = await startTestApp()
  await app.send(...deliveries())
  await app.passTo(61)
  const jobs = async () =>
    (await readRequirements(app.app.deps.db, REPOSITORY.id)).lists.at(-1)?.jobs?.map((job) => job.name) ?? []
  await refreshAllRequired(app.app.deps)
  await app.app.settle()
  expect(await jobs()).toEqual([])
  const yesterday = structuredClone(app.fakeGitHub.state)
  const checks = [{ context: 'unit', integrationId: null }]
  app.repository.rulesets.push({
    ...{ id: 7, name: 'main', source: 'Repository', enforcement: 'active' },
    ...{ branches: ['~DEFAULT_BRANCH'], checks },
  })
  showYesterday(app, yesterday)
  await refreshAllRequired(app.app.deps)
  await app.app.settle()
  expect(await jobs()).toEqual([])
  app.fakeGitHub.clearFaults()
  app.clock.now += 24 * 3_600_000
  await refreshAllRequired(app.app.deps)
  await app.app.settle()
  expect(await jobs()).toEqual(['unit'])
})
