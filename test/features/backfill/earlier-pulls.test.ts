/** Pull requests that were last updated before the time that is read, while their CI ran within it. */
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
import { DAY, job, OTHER_CI, startScans, type TestScans, time } from '../../support/scan.ts'

/** A pull request that was opened, and last updated, twenty days before the scan. */
function addOldPull(on: TestScans, more: { fork?: string } = {}) {
  const sha = shaOf('old pull')
  const seed = { number: 1, title: 'Old', user: 'octocat', at: time(0), sha, ...more }
  return { pull: addPull(on.fakeGitHub.state, on.repository, seed), sha }
}

test('results of another CI within the window are read', async () => {
  const on = await startScans(20 * DAY)
  const { sha } = addOldPull(on, { fork: 'octocat/widgets' })
  const suite = addCheckSuite(on.fakeGitHub.state, on.repository, sha, time(15 * DAY), { appId: OTHER_CI })
  addCheckRun(on.fakeGitHub.state, on.repository, suite, job('e2e', 'failure', 15 * DAY))
  addCheckRun(on.fakeGitHub.state, on.repository, suite, job('e2e', 'success', 15 * DAY + 60))
  const { flakes, windows } = await on.scan({ days: 7 })
  expect(flakes.map((flake) => [flake.pull_request, flake.job])).toEqual([[1, 'e2e']])
  expect(windows.day.map((day) => [day.prs, day.flakes])).toEqual([[1, 1]])
})

test('a status within the window on a pull request that was merged the day before is read', async () => {
  const on = await startScans(20 * DAY)
  const { pull, sha } = addOldPull(on)
  closePull(on.fakeGitHub.state, pull, time(11 * DAY), 'octocat')
  const status = { sha, context: 'e2e' }
  addStatus(on.fakeGitHub.state, on.repository, { ...status, state: 'failure', at: time(13 * DAY) })
  addStatus(on.fakeGitHub.state, on.repository, { ...status, state: 'success', at: time(14 * DAY) })
  expect((await on.scan({ days: 7 })).flakes.map((flake) => flake.pull_request)).toEqual([1])
})

test('an Actions run from before the window that is started again within it is read, also of a closed pull request', async () => {
  const on = await startScans(20 * DAY)
  const { pull, sha } = addOldPull(on)
  closePull(on.fakeGitHub.state, pull, time(60), 'octocat')
  const run = addWorkflowRun(on.fakeGitHub.state, on.repository, {
    ...{ name: 'CI', sha, at: time(1), branch: 'change-1' },
    attempts: [[job('unit', 'failure', 10)]],
  })
  rerunWorkflow(on.fakeGitHub.state, on.repository, run, [job('unit', 'success', 15 * DAY)])
  const { flakes, windows } = await on.scan({ days: 7 })
  expect(flakes.map((flake) => flake.pull_request)).toEqual([1])
  expect(windows.day.map((day) => [day.prs, day.flakes])).toEqual([[1, 1]])
})

test('a pull request whose CI ran before the window only is not read', async () => {
  const on = await startScans(20 * DAY)
  const { sha } = addOldPull(on)
  addStatus(on.fakeGitHub.state, on.repository, { sha, context: 'e2e', state: 'success', at: time(60) })
  const { windows } = await on.scan({ days: 7 })
  expect(windows.day).toEqual([])
  expect(on.requests().filter((request) => request.endsWith('/statuses'))).toEqual([])
})

test('without GraphQL, open pull requests without a recent update are listed as unread', async () => {
  const on = await startScans(20 * DAY)
  addOldPull(on)
  const { unread } = await on.scan({ days: 7, variant: { refuses: [{ path: /graphql/, status: 404 }] } })
  expect(unread).toEqual([
    {
      what: 'results of open pull requests without a recent update, 1 page',
      ...{ from: expect.any(String), to: expect.any(String), why: 'GraphQL is not available' },
    },
  ])
})
