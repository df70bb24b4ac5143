/** The breach issue over time: one for each day out of SLA, at most one open, closed when the repository is back in SLA. */

import { expect, test } from 'vitest'
import { addRepository } from '../../fake-github/seed.ts'
import type { Issue } from '../../fake-github/state.ts'
import type { Config } from '../../src/config.ts'
import { enqueueTask } from '../../src/db/outbox.ts'
import { writeWindows } from '../../src/db/sla.ts'
import { countFlakes, slaOf } from '../../src/domain/sla.ts'
import { newTask } from '../../src/domain/task.ts'
import { DAY_MS, iso } from '../../src/domain/time.ts'
import { windowOf } from '../../src/domain/window.ts'
import { AFTER_CLOSING, TASKS } from '../../src/features/all.ts'
import { processOutbox } from '../../src/features/outbox.ts'
import { closeAllWindows } from '../../src/features/windows/close-windows.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import { pullRequestDelivery, pushDelivery } from '../support/deliveries.ts'
import { REPOSITORY_ID } from '../support/facts.ts'

const FIRST = Date.parse('2026-02-03T00:00:00Z')
const db = useDatabase()

async function start(settings = '', config: Partial<Config> = {}): Promise<TestApp> {
  const app = await startTestApp({
    config,
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  app.repository.contents.set('.github/flake-sla.yml', settings)
  await app.send(pullRequestDelivery(), pushDelivery())
  await app.passTo(61)
  return app
}

const dayOf = (i: number) => iso(FIRST + i * DAY_MS).slice(0, 10)

/** Ends day `i` with this many flakes and tested pull requests; the timers run ten minutes after its midnight. */
async function endDay(app: TestApp, i: number, flakes: number, prs = 200) {
  const window = windowOf('day', dayOf(i), 'UTC')
  const flake = { number: 1, grade: 'strong', label: 'not_caused_by_pr', counted: true } as const
  const counts = countFlakes(
    prs,
    Array.from({ length: flakes }, () => flake),
    0.01,
  )
  const { breached, breach_probability } = slaOf(counts)
  await writeWindows(app.app.deps.db, [
    {
      ...counts,
      repository_id: REPOSITORY_ID,
      kind: 'day',
      start: window.start,
      definition_version: 1,
      revision: 0,
      starts_at: iso(window.from),
      ends_at: iso(window.to),
      closed: true,
      left_out: {} as unknown as string & Record<string, number>,
      breached,
      breach_probability,
      required_source: 'config',
      why: null,
      measured_at: iso(window.to),
    },
  ])
  app.clock.now = window.to + 600_000
  await closeAllWindows(app.app.deps, AFTER_CLOSING)
  await processOutbox(app.app.deps, TASKS)
}

const issues = (app: TestApp): Issue[] => [...app.repository.issues.values()].filter((issue) => issue.byApp)
const states = (app: TestApp) => issues(app).map(({ state }) => state)
const comments = (app: TestApp, issue: Issue | undefined) =>
  [...app.repository.comments.values()]
    .filter((comment) => comment.issue === issue?.number)
    .map(({ body }) => body)

test('two weeks out of SLA file one issue a day; only the newest is open, and each closed one has one comment', async () => {
  const app = await start()
  for (let i = 0; i < 14; i++) await endDay(app, i, 8)
  const all = issues(app)
  expect(all).toHaveLength(14)
  expect(all.filter(({ state }) => state === 'open').map(({ title }) => title)).toEqual([
    `Presubmit flakiness out of SLA on ${dayOf(13)}: 4% (target below 1%)`,
  ])
  expect(all.slice(0, -1).every((issue) => comments(app, issue).length === 1)).toBe(true)
  expect(comments(app, all[0])[0]).toMatch(/^Superseded by #\d+: a newer day is out of SLA\./)
})

test('rolling mode keeps one issue up to date for the whole time', async () => {
  const app = await start('breach_issue: { mode: rolling }')
  for (let i = 0; i < 5; i++) await endDay(app, i, 4 + i)
  expect(issues(app).map(({ state, title }) => [state, title])).toEqual([
    ['open', `Presubmit flakiness out of SLA on ${dayOf(4)}: 4% (target below 1%)`],
  ])
  expect(comments(app, issues(app)[0])).toEqual([])
})

test('mode off files no issue', async () => {
  const app = await start('breach_issue: { mode: "off" }')
  await endDay(app, 0, 8)
  expect(issues(app)).toEqual([])
})

test('the issue is closed with a comment once the repository is probably back in SLA over seven days', async () => {
  const app = await start()
  await endDay(app, 0, 8)
  await endDay(app, 1, 0)
  expect(states(app)).toEqual(['open'])
  for (let i = 2; i < 9; i++) await endDay(app, i, 0)
  expect(states(app)).toEqual(['closed'])
  expect(comments(app, issues(app)[0])).toEqual([
    expect.stringMatching(/^Back in SLA: over the seven days up to/),
  ])
})

test('an issue that somebody reopened stays open', async () => {
  const app = await start()
  await endDay(app, 0, 8)
  for (let i = 1; i < 9; i++) await endDay(app, i, 0)
  const [issue] = issues(app)
  Object.assign(issue as Issue, { state: 'open', stateReason: 'reopened', closedAt: null })
  for (let i = 9; i < 12; i++) await endDay(app, i, 0)
  expect(states(app)).toEqual(['open'])
  await endDay(app, 12, 50)
  expect(states(app)).toEqual(['open', 'open'])
})

test('a rolling issue that a person closed stays closed until the repository has been back in SLA', async () => {
  const app = await start('breach_issue: { mode: rolling }')
  await endDay(app, 0, 8)
  closeByPerson(app, issues(app)[0])
  for (let i = 1; i < 4; i++) await endDay(app, i, 8)
  expect(states(app)).toEqual(['closed'])
  for (let i = 4; i < 16; i++) await endDay(app, i, 0)
  await endDay(app, 16, 30)
  expect(states(app)).toEqual(['closed', 'open'])
})

test('an issue in another repository names the repository it is about', async () => {
  const app = await start('breach_issue: { repository: acme/flakes }')
  const target = addRepository(app.fakeGitHub.state, { owner: 'acme', name: 'flakes' })
  await endDay(app, 0, 8)
  expect(issues(app)).toEqual([])
  expect([...target.issues.values()].map(({ title }) => title)).toEqual([
    `acme/widgets: presubmit flakiness out of SLA on ${dayOf(0)}: 4% (target below 1%)`,
  ])
})

test('nothing about a private repository is filed in a public one', async () => {
  const app = await start('breach_issue: { repository: acme/flakes }')
  const target = addRepository(app.fakeGitHub.state, { owner: 'acme', name: 'flakes' })
  app.repository.private = true
  await app.app.deps.db.updateTable('repository').set({ private: true }).execute()
  await endDay(app, 0, 8)
  expect([issues(app), target.issues.size]).toEqual([[], 0])
})

test('people in the settings are assigned, and nobody is mentioned', async () => {
  const app = await start('breach_issue: { assignees: [octocat] }')
  await endDay(app, 0, 8)
  expect(issues(app)[0]?.assignees).toEqual(['octocat'])
  expect(issues(app)[0]?.body).not.toMatch(/@\w/)
})

test('a locked rolling issue is not changed', async () => {
  const app = await start('breach_issue: { mode: rolling }')
  await endDay(app, 0, 8)
  const [issue] = issues(app)
  Object.assign(issue as Issue, { locked: true })
  const { title, body } = issue as Issue
  await endDay(app, 1, 20)
  expect(issues(app)).toMatchObject([{ title, body }])
  expect(await resultOf(`breach:day:${dayOf(1)}`)).toBe('not updated: the issue is locked')
})

test('a day that is in SLA when the task is done is not filed', async () => {
  const app = await start()
  await endDay(app, 0, 0)
  const identity = { repository_id: REPOSITORY_ID, task_key: 'breach:late', at: iso(app.clock.now) }
  await enqueueTask(db(), newTask(identity, 'breach', { day: dayOf(0) }))
  await processOutbox(app.app.deps, TASKS)
  expect(issues(app)).toEqual([])
  expect(await resultOf('breach:late')).toBe('not filed: the day is in SLA after all')
})

test('only a breach of yesterday is filed, however many days are closed at once', async () => {
  const app = await start()
  await endDay(app, 0, 8)
  app.clock.now += 2 * DAY_MS
  await closeAllWindows(app.app.deps, AFTER_CLOSING)
  await processOutbox(app.app.deps, TASKS)
  expect(issues(app)).toHaveLength(1)
})

test.each([
  [false, 'shows'],
  [true, 'does not link'],
])('the issue of a repository with private=%s %s the picture', async (isPrivate) => {
  const app = await start('', { publicUrl: 'https://flakes.example.org' })
  app.repository.private = isPrivate
  await db().updateTable('repository').set({ private: isPrivate }).execute()
  await endDay(app, 0, 8)
  const [issue] = issues(app)
  expect(issue?.body).toContain('https://flakes.example.org/acme/widgets')
  expect(issue?.body?.includes('trend.svg')).toBe(!isPrivate)
})

const resultOf = async (task_key: string) =>
  (await db().selectFrom('outbox').select('result').where('task_key', '=', task_key).executeTakeFirst())
    ?.result

function closeByPerson(app: TestApp, issue: Issue | undefined) {
  const closed = { state: 'closed', stateReason: 'not_planned', closedAt: iso(app.clock.now) }
  Object.assign(issue as Issue, { ...closed, closedBy: 'octocat' })
}
