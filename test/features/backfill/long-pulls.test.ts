/** Pull requests with more commits and force-pushes than one answer holds, and more Actions runs than GitHub lists. */
import { expect, test } from 'vitest'
import { addPull, shaOf } from '../../../fake-github/seed.ts'
import { pushHead } from '../../../fake-github/seed-changes.ts'
import { addStatus, addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { DAY, job, startScans, type TestScans, time } from '../../support/scan.ts'

/** A flake of a status: only the commit shows which pull request it belongs to. */
function addFlake(on: TestScans, sha: string, minute: number): void {
  const status = { sha, context: 'ci/unit', targetUrl: null }
  addStatus(on.fakeGitHub.state, on.repository, { ...status, state: 'failure', at: time(minute) })
  addStatus(on.fakeGitHub.state, on.repository, { ...status, state: 'success', at: time(minute + 1) })
}

function openPull(on: TestScans) {
  const seed = { number: 1, title: 'Long', user: 'octocat', at: time(5), sha: shaOf('push 0') }
  return addPull(on.fakeGitHub.state, on.repository, seed)
}

test('a flake at a head before the last hundred commits of a pull request is found', async () => {
  const on = await startScans(3 * DAY)
  const pull = openPull(on)
  addFlake(on, shaOf('push 0'), 6)
  for (let push = 1; push <= 140; push++)
    pushHead(on.fakeGitHub.state, on.repository, pull, { sha: shaOf(`push ${push}`), at: time(push * 10) })
  addFlake(on, shaOf('push 140'), 1405)
  const { flakes, unread } = await on.scan()
  expect(flakes.map((flake) => flake.head_sha)).toEqual([shaOf('push 0'), shaOf('push 140')])
  expect(unread).toEqual([])
})

test('commits that GitHub does not list are reported as unread', async () => {
  const on = await startScans(3 * DAY)
  const pull = openPull(on)
  for (let push = 1; push <= 260; push++)
    pushHead(on.fakeGitHub.state, on.repository, pull, { sha: shaOf(`push ${push}`), at: time(push * 10) })
  const { unread } = await on.scan()
  expect(JSON.stringify(unread)).toMatch(/only 250 of the 261 commits of pull request 1/)
})

test('a flake at a head that the hundred and twentieth force-push replaced is found', async () => {
  const on = await startScans(3 * DAY)
  const pull = openPull(on)
  for (let push = 1; push <= 130; push++) {
    const sha = shaOf(`push ${push}`)
    pushHead(on.fakeGitHub.state, on.repository, pull, { sha, at: time(push * 10), forced: true })
  }
  addFlake(on, shaOf('push 119'), 1195)
  const { flakes, unread } = await on.scan()
  expect(flakes.map((flake) => flake.head_sha)).toEqual([shaOf('push 119')])
  expect(unread).toEqual([])
})

/** 1,500 runs within ten seconds, the oldest of which flaked. */
async function startWithManyRuns(seconds: number): Promise<TestScans> {
  const on = await startScans(2 * DAY)
  const sha = shaOf('push 0')
  openPull(on)
  for (let i = 0; i < 1500; i++) {
    const at = time(10 + Math.floor((i * seconds) / 1500) / 60)
    const attempts =
      i > 0 ? [[job('lint', 'success', 20)]] : [[job('unit', 'failure', 20)], [job('unit', 'success', 30)]]
    addWorkflowRun(on.fakeGitHub.state, on.repository, {
      ...{
        name: i > 0 ? 'Lint' : 'CI',
        sha: i > 0 ? shaOf('elsewhere') : sha,
        at,
        branch: 'topic',
        attempts,
      },
    })
  }
  return on
}

const asGitHubCounts = (body: unknown) => {
  const answer = body as { total_count?: unknown }
  if (typeof answer.total_count === 'number' && answer.total_count > 500) answer.total_count = '2,500+'
  return answer
}
const withoutCount = (body: unknown) => ({ ...(body as object), total_count: undefined })

const COUNTS: [what: string, rest: ((body: unknown) => unknown) | undefined][] = [
  ['the text “2,500+”', asGitHubCounts],
  ['a number', undefined],
  ['missing', withoutCount],
]

test.each(COUNTS.slice(0, IS_FULL ? undefined : 1))(
  'a span with more Actions runs than GitHub lists is split when their count is %s',
  async (_what, rest) => {
    const on = await startWithManyRuns(10)
    const { unread } = await on.scan({ ...(rest && { variant: { rest } }) })
    const runs = await on.database.db.selectFrom('workflow_run').select('run_id').distinct().execute()
    expect(runs).toHaveLength(1500)
    expect(unread).toEqual([])
  },
  60_000,
)

test('more Actions runs in one second than GitHub lists are reported as unread', async () => {
  const on = await startWithManyRuns(1)
  const { unread } = await on.scan()
  expect(JSON.stringify(unread)).toMatch(/GitHub lists at most 1000 runs/)
}, 60_000)
