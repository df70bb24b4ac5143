/** Scans after the first: they see what was run again since, and read nothing again that did not change. */
import { expect, test } from 'vitest'
import { addPull, shaOf } from '../../../fake-github/seed.ts'
import { closePull } from '../../../fake-github/seed-changes.ts'
import {
  addCheckRun,
  addCheckSuite,
  addStatus,
  addWorkflowRun,
  rerunWorkflow,
} from '../../../fake-github/seed-ci.ts'
import type { WorkflowRun } from '../../../fake-github/state.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { DAY, job, OTHER_CI, startScans, type TestScans, time } from '../../support/scan.ts'

const FIRST_SCAN = 12 * DAY

/** A pull request with one run of Actions, whose job failed. */
function addFailure(
  on: TestScans,
  number: number,
  minute: number,
  more: { closed?: boolean } = {},
): WorkflowRun {
  const { state } = on.fakeGitHub
  const sha = shaOf(`pull ${number}`)
  const seed = { number, title: `Change ${number}`, user: 'octocat', at: time(minute), sha }
  const pull = addPull(state, on.repository, seed)
  const run = { name: 'CI', sha, at: time(minute + 1), branch: `change-${number}` }
  if (more.closed) closePull(state, pull, time(minute + 30), 'octocat')
  const attempts = [[job('unit', 'failure', minute + 10), job('lint', 'success', minute + 8)]]
  return addWorkflowRun(state, on.repository, { ...run, attempts })
}

test.each([['open', false] as const, ['closed', true] as const].slice(0, IS_FULL ? undefined : 1))(
  'a run of an %s pull request that is started again between two scans becomes a flake',
  async (_state, closed) => {
    const on = await startScans(FIRST_SCAN)
    const run = addFailure(on, 1, 8 * DAY, { closed })
    expect((await on.scan()).flakes).toEqual([])
    rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', FIRST_SCAN + 30)])
    on.clock.minute = FIRST_SCAN + 60
    const second = await on.scan()
    expect(second.flakes.map((flake) => [flake.job, flake.runs])).toEqual([['unit', 2]])
    expect((await on.scanAfresh()).flakes).toEqual(second.flakes)
  },
)

test.each([
  [
    'a check run',
    (on: TestScans, sha: string) => {
      const suite = addCheckSuite(on.fakeGitHub.state, on.repository, sha, time(8 * DAY), { appId: OTHER_CI })
      return (conclusion: 'failure' | 'success', minute: number) =>
        void addCheckRun(on.fakeGitHub.state, on.repository, suite, job('e2e', conclusion, minute))
    },
  ],
  [
    'a status',
    (on: TestScans, sha: string) => (state: 'failure' | 'success', minute: number) =>
      void addStatus(on.fakeGitHub.state, on.repository, { sha, context: 'e2e', state, at: time(minute) }),
  ],
])('%s of another CI that follows on an untouched pull request is seen', async (_what, reporter) => {
  const on = await startScans(FIRST_SCAN)
  const sha = shaOf('pull 1')
  const seed = { number: 1, title: 'Change', user: 'octocat', at: time(8 * DAY), sha }
  addPull(on.fakeGitHub.state, on.repository, seed)
  const report = reporter(on, sha)
  report('failure', 8 * DAY + 10)
  expect((await on.scan()).flakes).toEqual([])
  report('success', FIRST_SCAN + 30)
  on.clock.minute = FIRST_SCAN + 60
  expect((await on.scan()).flakes.map((flake) => flake.job)).toEqual(['e2e'])
})

test.runIf(IS_FULL)(
  'a run on the default branch that is started again between two scans is read again',
  async () => {
    const on = await startScans(FIRST_SCAN)
    const main = on.repository.branches.get('main')
    const run = addWorkflowRun(on.fakeGitHub.state, on.repository, {
      ...{ name: 'CI', sha: main?.sha ?? '', at: time(2 * DAY), branch: 'main', event: 'push' },
      attempts: [[job('unit', 'failure', 2 * DAY + 10)]],
    })
    await on.scan()
    rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', FIRST_SCAN + 30)])
    on.clock.minute = FIRST_SCAN + 60
    await on.scan()
    const runs = await on.database.db
      .selectFrom('run')
      .select(['kind', 'outcome'])
      .orderBy('completed_at')
      .execute()
    expect(runs.map((run) => [run.kind, run.outcome])).toEqual([
      ['trunk', 'fail'],
      ['trunk', 'pass'],
    ])
  },
)

test('scans without news read no commit and no run again, however many there are', async () => {
  const on = await startScans(FIRST_SCAN)
  for (let number = 1; number <= 30; number++) {
    const run = addFailure(on, number, number * 500)
    if (number % 2 > 0)
      rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', number * 500 + 30)])
  }
  const counts: number[] = []
  for (let scan = 0; scan < 4; scan++) {
    const { flakes } = await on.scan()
    expect(flakes).toHaveLength(15)
    const requests = on.requests()
    counts.push(requests.length)
    if (scan > 0)
      expect(requests.filter((request) => /check-runs|statuses|attempts/.test(request))).toEqual([])
    on.clock.minute += 6 * 60
  }
  const [first = 0, ...later] = counts
  expect(first).toBeGreaterThan(50)
  for (const count of later) expect(count).toBeLessThanOrEqual(16)
})

test('an interrupted scan resumes, also one that continued another', async () => {
  const on = await startScans(FIRST_SCAN)
  for (let number = 1; number <= 10; number++) addFailure(on, number, number * 60)
  await on.scan()
  const run = addFailure(on, 11, FIRST_SCAN + 60)
  on.clock.minute = FIRST_SCAN + DAY
  on.requests()
  const stop = new AbortController()
  const watch = setInterval(
    () => on.requests().some((request) => request.includes('/pulls/comments')) && stop.abort(),
    1,
  )
  await expect(on.scan({ signal: stop.signal })).rejects.toThrow()
  clearInterval(watch)
  rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', FIRST_SCAN + 1.5 * DAY)])
  on.clock.minute = FIRST_SCAN + 2 * DAY
  on.requests()
  const { flakes } = await on.scan()
  expect(flakes.map((flake) => flake.pull_request)).toEqual([11])
  expect(on.requests().filter((request) => request.endsWith('/check-runs')).length).toBeLessThanOrEqual(2)
})

test.runIf(IS_FULL)(
  'an old, cancelled attempt that GitHub still shows after a re-run is not stored as the result of the new one',
  async () => {
    const on = await startScans(FIRST_SCAN)
    const run = addFailure(on, 1, 8 * DAY)
    const cancelled = job('unit', 'cancelled', FIRST_SCAN)
    const attempt = rerunWorkflow(on.fakeGitHub.state, on.repository, run, [
      { ...cancelled, startedAt: time(FIRST_SCAN - 1) },
    ])
    await on.scan()
    const stored = () =>
      on.database.db
        .selectFrom('workflow_run')
        .select(['attempt', 'action', 'conclusion'])
        .orderBy('attempt')
        .orderBy('action')
        .execute()
    expect((await stored()).slice(1)).toEqual([{ attempt: 2, action: 'requested', conclusion: null }])
    Object.assign(attempt, { conclusion: 'success', updatedAt: time(FIRST_SCAN + 9) })
    for (const check of on.repository.checkRuns.values())
      if (check.id === attempt.jobs[0]?.id)
        Object.assign(check, { conclusion: 'success', completedAt: time(FIRST_SCAN + 9) })
    on.clock.minute += 30
    expect((await on.scan()).flakes).toHaveLength(1)
    expect((await stored()).at(1)).toEqual({ attempt: 2, action: 'completed', conclusion: 'success' })
  },
)

test('a page whose request is aborted twice is read again, and not left out', async () => {
  const on = await startScans(FIRST_SCAN)
  const run = addFailure(on, 1, 8 * DAY)
  rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', 8 * DAY + 30)])
  for (let abort = 0; abort < 2; abort++) {
    const stop = new AbortController()
    on.fakeGitHub.failNext({ path: /actions\/runs/, delayMs: 1500 })
    on.requests()
    const seen = () => on.requests().some((request) => request.endsWith('/actions/runs'))
    const watch = setInterval(() => seen() && stop.abort(), 1)
    await expect(on.scan({ signal: stop.signal })).rejects.toThrow()
    clearInterval(watch)
  }
  const { flakes, unread } = await on.scan()
  expect([flakes.length, unread]).toEqual([1, []])
})
