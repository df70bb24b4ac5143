/** The breach issue over time: one a day, at most one open, closed when it is over, never against a person's will. */

import { expect, test } from 'vitest'
import { addRepository } from '../../fake-github/seed.ts'
import type { Issue } from '../../fake-github/state.ts'
import { writeWindows } from '../../src/db/sla.ts'
import { countFlakes, slaOf } from '../../src/domain/sla.ts'
import { DAY_MS } from '../../src/domain/time.ts'
import { windowOf } from '../../src/domain/window.ts'
import { AFTER_CLOSING, TASKS } from '../../src/features/all.ts'
import { processOutbox } from '../../src/features/outbox.ts'
import { closeAllWindows } from '../../src/features/windows/close-windows.ts'
import { startTestApp as startWith, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import { pullRequestDelivery, pushDelivery } from '../support/deliveries.ts'
import { REPOSITORY_ID } from '../support/facts.ts'

const FIRST = Date.parse('2026-02-03T00:00:00Z')
const db = useDatabase()

async function start(settings = ''): Promise<TestApp> {
  const it = await startWith({
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  it.repository.contents.set('.github/flake-sla.yml', settings)
  await it.send(pullRequestDelivery(), pushDelivery())
  await it.passTo(61)
  return it
}

const dayOf = (i: number) => new Date(FIRST + i * DAY_MS).toISOString().slice(0, 10)

/** Day `i` has ended with so many flakes over so many pull requests; the timers run ten minutes after its midnight. */
async function endDay(it: TestApp, i: number, flakes: number, prs = 200) {
  const window = windowOf('day', dayOf(i), 'UTC')
  const flake = { number: 1, grade: 'strong', label: 'not_caused_by_pr', counted: true } as const
  const counts = countFlakes(
    prs,
    Array.from({ length: flakes }, () => flake),
    0.01,
  )
  const { breached, breach_probability } = slaOf(counts)
  await writeWindows(it.app.deps.db, [
    {
      ...counts,
      repository_id: REPOSITORY_ID,
      kind: 'day',
      start: window.start,
      definition_version: 1,
      revision: 0,
      starts_at: new Date(window.from).toISOString(),
      ends_at: new Date(window.to).toISOString(),
      closed: true,
      left_out: {} as unknown as string & Record<string, number>,
      breached,
      breach_probability,
      required_source: 'config',
      why: null,
      measured_at: new Date(window.to).toISOString(),
    },
  ])
  it.clock.now = window.to + 600_000
  await closeAllWindows(it.app.deps, AFTER_CLOSING)
  await processOutbox(it.app.deps, TASKS)
}

const issues = (it: TestApp): Issue[] => [...it.repository.issues.values()].filter((one) => one.byApp)
const states = (it: TestApp) => issues(it).map((one) => one.state)
const comments = (it: TestApp, issue: Issue | undefined) =>
  [...it.repository.comments.values()].filter((one) => one.issue === issue?.number).map((one) => one.body)

test('a year out of SLA: an issue a day, one of them open, one word on each that is closed', {
  timeout: 240_000,
}, async () => {
  const it = await start()
  for (let i = 0; i < 365; i++) await endDay(it, i, 8)
  const all = issues(it)
  expect(all).toHaveLength(365)
  expect(all.filter((one) => one.state === 'open').map((one) => one.title)).toEqual([
    `Presubmit flakiness out of SLA on ${dayOf(364)}: 4% (target below 1%)`,
  ])
  expect(all.slice(0, -1).every((one) => comments(it, one).length === 1)).toBe(true)
  expect(comments(it, all[0])[0]).toMatch(/^Superseded by #\d+: a newer day is out of SLA\./)
})

test('rolling: one issue for the whole time, kept up to date', async () => {
  const it = await start('breach_issue: { mode: rolling }')
  for (let i = 0; i < 5; i++) await endDay(it, i, 4 + i)
  expect(issues(it).map((one) => [one.state, one.title])).toEqual([
    ['open', `Presubmit flakiness out of SLA on ${dayOf(4)}: 4% (target below 1%)`],
  ])
  expect(comments(it, issues(it)[0])).toEqual([])
})

test('off: none', async () => {
  const it = await start('breach_issue: { mode: "off" }')
  await endDay(it, 0, 8)
  expect(issues(it)).toEqual([])
})

test('back in SLA closes it with a word, once that is likely over seven days', async () => {
  const it = await start()
  await endDay(it, 0, 8)
  await endDay(it, 1, 0)
  expect(states(it)).toEqual(['open'])
  for (let i = 2; i < 9; i++) await endDay(it, i, 0)
  expect(states(it)).toEqual(['closed'])
  expect(comments(it, issues(it)[0])).toEqual([
    expect.stringMatching(/^Back in SLA: over the seven days up to/),
  ])
})

test('an issue that somebody reopens stays open', async () => {
  const it = await start()
  await endDay(it, 0, 8)
  for (let i = 1; i < 9; i++) await endDay(it, i, 0)
  const [issue] = issues(it)
  Object.assign(issue as Issue, { state: 'open', stateReason: 'reopened', closedAt: null })
  for (let i = 9; i < 12; i++) await endDay(it, i, 0)
  expect(states(it)).toEqual(['open'])
  await endDay(it, 12, 50)
  expect(states(it)).toEqual(['open', 'open'])
})

test('a day that a person closed is not filed again, and a rolling issue stays closed until it was over once', async () => {
  const it = await start('breach_issue: { mode: rolling }')
  await endDay(it, 0, 8)
  close(it, issues(it)[0])
  for (let i = 1; i < 4; i++) await endDay(it, i, 8)
  expect(states(it)).toEqual(['closed'])
  for (let i = 4; i < 16; i++) await endDay(it, i, 0)
  await endDay(it, 16, 30)
  expect(states(it)).toEqual(['closed', 'open'])
})

test('an organisation’s one place for issues: named there, and numbers lead back', async () => {
  const it = await start('breach_issue: { repository: acme/flakes }')
  const place = addRepository(it.fakeGitHub.state, { owner: 'acme', name: 'flakes' })
  await endDay(it, 0, 8)
  expect(issues(it)).toEqual([])
  expect([...place.issues.values()].map((one) => one.title)).toEqual([
    `acme/widgets: presubmit flakiness out of SLA on ${dayOf(0)}: 4% (target below 1%)`,
  ])
})

test('what is private is not told in public', async () => {
  const it = await start('breach_issue: { repository: acme/flakes }')
  const place = addRepository(it.fakeGitHub.state, { owner: 'acme', name: 'flakes' })
  it.repository.private = true
  await it.app.deps.db.updateTable('repository').set({ private: true }).execute()
  await endDay(it, 0, 8)
  expect([issues(it), place.issues.size]).toEqual([[], 0])
})

test('owners come from the settings, else from CODEOWNERS of the workflow; nobody is mentioned', async () => {
  const it = await start('breach_issue: { assignees: [octocat] }')
  await endDay(it, 0, 8)
  expect(issues(it)[0]?.assignees).toEqual(['octocat'])
  expect(issues(it)[0]?.body).not.toMatch(/@\w/)
})

function close(it: TestApp, issue: Issue | undefined) {
  const closedAt = new Date(it.clock.now).toISOString()
  Object.assign(issue as Issue, {
    state: 'closed',
    stateReason: 'not_planned',
    closedAt,
    closedBy: 'octocat',
  })
}
