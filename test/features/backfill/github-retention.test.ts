/** Days whose results GitHub has deleted are listed as unread, and no window shows them as days without flakes. */
import { expect, test } from 'vitest'
import { addPull, shaOf } from '../../../fake-github/seed.ts'
import { expireResults } from '../../../fake-github/seed-changes.ts'
import { addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { publishedLimit } from '../../../src/features/backfill/kept-days.ts'
import { at, ms } from '../../support/facts.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { DAY, job, startScans, type TestScans, time } from '../../support/scan.ts'

const NOW = 20 * DAY + 300

/** Three pull requests a day for twenty days, each with one flake. */
async function startTwentyDays(retentionDays: number, more: { isAdmin?: boolean } = {}): Promise<TestScans> {
  const on = await startScans(NOW, more)
  on.repository.retentionDays = retentionDays
  for (let i = 0; i < 60; i++) {
    const minute = i * 480 + 10
    const sha = shaOf(`pull ${i}`)
    const seed = { number: i + 1, title: `Change ${i}`, user: 'octocat', at: time(minute), sha }
    addPull(on.fakeGitHub.state, on.repository, seed)
    addWorkflowRun(on.fakeGitHub.state, on.repository, {
      ...{ name: 'CI', sha, at: time(minute + 1), branch: `change-${i + 1}` },
      attempts: [[job('unit', 'failure', minute + 10)], [job('unit', 'success', minute + 20)]],
    })
  }
  return on
}

const summary = (windows: { start: string; prs: number; flakes: number }[]) =>
  windows.map(({ start, prs, flakes }) => [start, prs, flakes])

test('with seven days of retention, earlier days are unread and no day is shown in part', async () => {
  const on = await startTwentyDays(7)
  const whole = await on.scanAfresh({ days: 30 })
  expireResults(on.repository, ms(NOW))
  const { windows, unread } = await on.scanAfresh({ days: 14 })
  const kept = at(NOW - 7 * DAY)
  expect(summary(windows.day)).toEqual(
    summary(whole.windows.day.filter((day) => day.start > kept.slice(0, 10))),
  )
  expect(windows.day.length).toBeGreaterThan(6)
  expect(unread).toEqual([
    {
      what: 'check runs, workflow runs and statuses',
      from: at(NOW - 14 * DAY),
      to: kept,
      why: 'GitHub no longer has these days: it keeps them for 7 days',
    },
  ])
})

test.runIf(IS_FULL)('with ninety days of retention nothing is unread', async () => {
  const on = await startTwentyDays(90)
  expireResults(on.repository, ms(NOW))
  const { windows, unread } = await on.scan({ days: 30 })
  expect(unread).toEqual([])
  expect(windows.day.reduce((sum, day) => sum + day.flakes, 0)).toBe(60)
})

test('what an earlier scan read stays, after GitHub has deleted it', async () => {
  const on = await startTwentyDays(7)
  on.clock.minute = 7 * DAY
  const { windows } = await on.scan({ days: 7 })
  on.clock.minute = 13 * DAY + 600
  await on.scan({ days: 7 })
  on.clock.minute = NOW
  expireResults(on.repository, ms(NOW))
  const later = await on.scan({ days: 14 })
  expect(summary(later.windows.day)).toEqual(expect.arrayContaining(summary(windows.day)))
  expect(later.unread).toEqual([])
})

test('where the retention cannot be read, days without any result are listed as possibly deleted', async () => {
  const on = await startTwentyDays(7, { isAdmin: false })
  expireResults(on.repository, ms(NOW))
  const { windows, unread } = await on.scan({ days: 14 })
  expect(unread).toHaveLength(1)
  expect(unread[0]).toMatchObject({
    what: 'check runs, workflow runs and statuses',
    why: expect.stringMatching(/^GitHub returned no results of these days.*unknown/),
  })
  expect(Date.parse(unread[0]?.to ?? '')).toBeGreaterThanOrEqual(ms(NOW - 7 * DAY))
  expect(windows.day.every((day) => day.start > at(NOW - 7 * DAY).slice(0, 10))).toBe(true)
})

test.runIf(IS_FULL)(
  'where the retention cannot be read and nothing is missing, nothing is unread',
  async () => {
    const on = await startTwentyDays(90, { isAdmin: false })
    expect((await on.scan({ days: 30 })).unread).toEqual([])
  },
)

test.each([
  ['https://api.github.com', false, 90],
  ['https://api.github.com', true, 400],
  ['https://ghe.example.com/api/v3', false, null],
])('the limit that is published for %s, private %s, is %s days', (url, isPrivate, days) => {
  expect(publishedLimit(url, { private: isPrivate })).toBe(days)
})
