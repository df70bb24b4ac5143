/** What is said without being asked: nothing by default; else one comment or check run, once CI is quiet. */
import { expect, test } from 'vitest'
import { startTestApp as startWith, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  checkRunDelivery,
  pullRequestDelivery,
  pushDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { HEAD } from '../support/facts.ts'

const db = useDatabase()
async function start(settings: string): Promise<TestApp> {
  const it = await startWith({
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  it.repository.contents.set('.github/flake-sla.yml', settings)
  await it.send(pullRequestDelivery(), pushDelivery())
  await it.passTo(61)
  return it
}
const FLAKY = [
  workflowRunDelivery({ attempt: 1, minute: 5, conclusion: 'failure' }),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  workflowRunDelivery({ attempt: 2, minute: 20 }),
  checkRunDelivery({ id: 2, conclusion: 'success', minute: 62 }),
]

test('no report is written by default', async () => {
  const it = await start('target: 0.01')
  await it.send(...FLAKY)
  await it.passTo(90)
  expect(it.answers()).toEqual([])
  expect(it.repository.checkRuns.size).toBe(0)
})

test('one comment is written after the jobs have finished, and edited only if something changed', async () => {
  const it = await start('report: { automatic: true }')
  await it.send(...FLAKY)
  await it.passTo(64)
  expect(it.answers()).toEqual([])
  await it.passTo(70)
  expect(it.answers()).toEqual([expect.stringContaining('**Nothing to do:** 1 job flaked')])
  const writes = () =>
    it.fakeGitHub.requests.filter((one) => one.method !== 'GET' && /comments/.test(one.route))
  const before = writes().length
  await it.passTo(80)
  expect(writes()).toHaveLength(before)
  await it.send(checkRunDelivery({ id: 9, name: 'lint', conclusion: 'failure', minute: 81 }))
  await it.passTo(90)
  expect(it.answers()).toEqual([expect.stringContaining('`lint`')])
})

test('a head whose jobs pass at the first attempt gets no report', async () => {
  const it = await start('report: { automatic: true, check_run: true }')
  await it.send(checkRunDelivery({ id: 2, minute: 62 }))
  await it.passTo(90)
  expect([it.answers(), it.repository.checkRuns.size]).toEqual([[], 0])
})

test('a neutral check run carries the same report and is not recorded as a job', async () => {
  const it = await start('report: { check_run: true }')
  await it.send(...FLAKY)
  await it.passTo(70)
  expect(it.answers()).toEqual([])
  expect([...it.repository.checkRuns.values()]).toMatchObject([
    {
      name: 'flake-sla',
      sha: HEAD,
      conclusion: 'neutral',
      title: expect.stringMatching(/^Nothing to do: 1 job/),
    },
  ])
})

test('a locked conversation gets no comment', async () => {
  const it = await start('report: { automatic: true }')
  const issue = it.repository.issues.get(7)
  if (issue) issue.locked = true
  await it.send(...FLAKY)
  await it.passTo(70)
  expect(it.answers()).toEqual([])
})

test('nothing is written while a workflow run is in progress', async () => {
  const it = await start('report: { automatic: true }')
  await it.send(
    ...FLAKY,
    workflowRunDelivery({ attempt: 3, minute: 63, action: 'requested', conclusion: null }),
  )
  await it.passTo(90)
  expect(it.answers()).toEqual([])
})
