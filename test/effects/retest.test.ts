/** Retests by the app: only where the settings say so, only for those who may, and a sentence where it cannot be. */
import { expect, test } from 'vitest'
import { addAccount } from '../../src/standin/seed.ts'
import { addWorkflowRun } from '../../src/standin/seed-ci.ts'
import { startTestApp as startWith, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  type CommentOptions,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  pushDelivery,
  statusDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, HEAD } from '../support/facts.ts'

const db = useDatabase()

/** Pull request 7 of `octocat` with a workflow run whose `unit` is red and whose `lint` is green. */
async function start(settings = 'retest: { execute: true }') {
  const it = await startWith({
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  it.repository.contents.set('.github/flake-sla.yml', settings)
  for (const login of ['stranger', 'writer']) addAccount(it.standin.state, login)
  it.repository.permissions.set('writer', 'write')
  const times = { startedAt: at(1), completedAt: at(10) }
  const run = addWorkflowRun(it.standin.state, it.repository, {
    name: 'CI',
    sha: HEAD,
    at: at(1),
    attempts: [
      [
        { name: 'unit', conclusion: 'failure', ...times },
        { name: 'lint', conclusion: 'success', ...times },
      ],
    ],
  })
  const suite = run.suiteId
  const workflow = workflowRunDelivery({ suite, conclusion: 'failure' })
  const told = { ...(workflow.payload.workflow_run as object), id: run.id }
  const checks = (run.attempts[0]?.jobs ?? []).map(({ id, name, conclusion }) =>
    checkRunDelivery({ id, name, conclusion, suite }),
  )
  await it.send(
    pullRequestDelivery(),
    pushDelivery(),
    { ...workflow, payload: { ...workflow.payload, workflow_run: told } },
    ...checks,
  )
  await it.passTo(61)
  const ask = async (body: string, options: CommentOptions = {}) => {
    await it.send(commentDelivery({ id: 4000, minute: 61, body, ...options }))
    await it.passTo(62)
  }
  return { ...it, run, ask, reruns: () => rerunsOf(it) }
}

const rerunsOf = (it: TestApp) =>
  it.standin.requests
    .filter((one) => one.method === 'POST' && /rerun|rerequest/.test(one.route))
    .map((one) => [one.route.split('/').pop(), one.status])

test('/retest runs the failed jobs again, for the author, and says nothing but 👀', async () => {
  const it = await start()
  await it.ask('/retest')
  expect(it.reruns()).toEqual([['rerun-failed-jobs', 201]])
  expect(it.answers()).toEqual([])
  expect(it.repository.comments.get(4000)?.reactions.map((one) => one.content)).toEqual(['eyes'])
  expect(it.run.attempts.at(-1)?.jobs.map((job) => [job.name, job.status])).toEqual([
    ['unit', 'queued'],
    ['lint', 'completed'],
  ])
})

test('/test names a job, whatever it said before', async () => {
  const it = await start()
  await it.ask('/test lint', { author: 'writer' })
  expect(it.reruns()).toEqual([['rerun', 201]])
})

test('off by default: only recorded', async () => {
  const it = await start('target: 0.01')
  await it.ask('/retest')
  expect([it.reruns(), it.answers()]).toEqual([[], []])
})

test('where Prow answers, only recorded', async () => {
  const it = await start()
  await it.send(statusDelivery({ context: 'tide', state: 'success', description: 'In merge pool.' }))
  await it.ask('/retest')
  expect([it.reruns(), it.answers()]).toEqual([[], []])
})

test.each([
  [
    'somebody without write permission',
    '/retest',
    { author: 'stranger' },
    /^Only the author of this pull request/,
  ],
  [
    'a job that is not there',
    '/test nothing`](x',
    {},
    /^No job of this name has reported at aaaaaaa: `` nothing`\]\(x ``\./,
  ],
])('%s is answered with one sentence', async (_, body, options, sentence) => {
  const it = await start()
  await it.ask(body, options)
  expect(it.reruns()).toEqual([])
  expect(it.answers()).toEqual([expect.stringMatching(sentence)])
})

test('nothing red, a status, and a missing permission are each said', async () => {
  const it = await start()
  await it.ask('/retest')
  await it.send(
    ...(it.run.attempts[0]?.jobs ?? []).map(({ id, name }) =>
      checkRunDelivery({ id: id + 100, name, conclusion: 'success', suite: it.run.suiteId, minute: 63 }),
    ),
  )
  await it.ask('/retest', { id: 4001, minute: 64 })
  await it.passTo(65)
  expect(it.answers()[0]).toMatch(/^Nothing to run again: no job is red at aaaaaaa\./)
  await it.send(statusDelivery({ context: 'legacy', state: 'failure', minute: 66 }))
  await it.ask('/retest', { id: 4002, minute: 66 })
  await it.passTo(67)
  expect(it.answers()[1]).toMatch(/^Only their own CI can run these again.*`legacy`\./)
})

test('without the permission it says which is missing', async () => {
  const it = await start()
  for (const one of it.standin.state.installations.values()) one.permissions.actions = 'read'
  for (const one of it.standin.state.tokens.values()) one.permissions.actions = 'read'
  await it.ask('/retest')
  expect(it.answers()).toEqual([expect.stringMatching(/it needs the permission `actions: write`/)])
})

test('a bot is neither obeyed nor answered', async () => {
  const it = await start()
  await it.ask('/retest', { authorType: 'Bot' })
  expect([it.reruns(), it.answers()]).toEqual([[], []])
})
