/** Issues about single jobs: few, up to date, closed when the job stops flaking or by people, reopened by newer evidence. */
import { beforeEach, expect, test } from 'vitest'
import { addIssue, addPull } from '../../fake-github/seed.ts'
import type { Issue } from '../../fake-github/state.ts'
import { readOpenJobIssues, writeJobIssue } from '../../src/db/job-issues.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  pushDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, REPOSITORY_ID } from '../support/facts.ts'

const DAY = 24 * 60
/** Just after midnight before the n-th day of the test, which begins at 9:00. */
const night = (n: number) => (n - 1) * DAY + 15 * 60 + 10

const db = useDatabase()
let it: TestApp
let ids = 0

beforeEach(async () => {
  it = await startTestApp({ database: { name: 'memory', embedded: true, db: db(), close: async () => {} } })
  it.repository.contents.set(
    '.github/flake-sla.yml',
    'job_issues: { enabled: true }\nbreach_issue: { mode: off }',
  )
  await it.send(pushDelivery())
  await it.passTo(62)
})

const range = (length: number) => Array.from({ length }, (_, i) => i)
const shaOf = (number: number) => number.toString(16).padStart(40, '0')

/** Webhooks of a pull request: the jobs marked true flake in its workflow run, the others pass. */
function tested(number: number, minute: number, jobs: Record<string, boolean>, pushed = minute) {
  const headSha = shaOf(number)
  const runs = Object.entries(jobs).flatMap(([name, flakes]) => {
    const run = { name, headSha, suite: number, headBranch: `topic-${number}` }
    const failed = checkRunDelivery({ ...run, id: ++ids, conclusion: 'failure', minute: minute + 1 })
    return [...(flakes ? [failed] : []), checkRunDelivery({ ...run, id: ++ids, minute: minute + 2 })]
  })
  return [
    pullRequestDelivery({ number, headSha, minute: pushed, openedMinute: pushed }),
    workflowRunDelivery({ headSha, suite: number, minute }),
    ...runs,
  ]
}

/** Sends all at once: the order of arrival changes nothing. */
async function send(deliveries: TestDelivery[]): Promise<void> {
  await Promise.all(deliveries.map((delivery) => it.send(delivery)))
}

/** Nine pull requests on which the jobs pass and three on which they flake, hours apart, so that it is not an incident. */
async function flakyDay(jobs: string[] = ['unit']) {
  const all = (flakes: boolean) => Object.fromEntries(jobs.map((name) => [name, flakes]))
  await send(range(12).flatMap((i) => tested((i % 4 === 2 ? 200 : 100) + i, 2 + i * 50, all(i % 4 === 2))))
}

const issue = (number = 8) => it.repository.issues.get(number) as Issue
const commentsOn = (number: number) => it.answers(number).map((body) => body.split('\n')[0])

/** Clean results that close the issue: after 3 flakes in 11 results, (8/11)^15 < 0.01. The first day ends with one. */
const NEEDED = 15

/** Sends this many clean results on the second day and lets the night after it pass. */
async function cleanDay(results: number) {
  await send(range(results).flatMap((i) => tested(300 + i, DAY + i, { unit: false })))
  await it.passTo(night(2))
}

test('the job that costs most of the budget gets one issue, and the report names it', async () => {
  await flakyDay()
  await it.passTo(600)
  expect(it.issues()).toEqual([])
  await it.passTo(night(1))
  await it.passTo(night(1) + 300)
  expect(it.issues()).toHaveLength(1)
  expect(issue().labels).toEqual(['kind/flake'])
  await expect(`# ${issue().title}\n\n${issue().body}`).toMatchFileSnapshot('../stories/job-issue.md')
  expect([...(await readOpenJobIssues(db(), REPOSITORY_ID)).values()]).toMatchObject([{ issue: 8 }])
  const pull = { number: 210, title: 'Change 210', user: 'octocat', at: at(60), sha: shaOf(210) }
  addPull(it.fakeGitHub.state, it.repository, pull)
  await it.send(commentDelivery({ number: 210, body: '/flake-report', minute: night(1) + 310 }))
  await it.passTo(night(1) + 320)
  expect(it.answers(210)[0]).toMatch(/#8/)
})

test('at most two issues are opened a day, and none twice after their record was lost', async () => {
  await flakyDay(['unit', 'e2e', '| @everyone `x`'])
  await it.passTo(night(1))
  expect(it.issues()).toHaveLength(2)
  await db().deleteFrom('job_issue').execute()
  await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'job-issues').execute()
  await it.passTo(night(1) + 60)
  expect(it.issues()).toHaveLength(2)
  await it.passTo(night(2))
  expect(
    it
      .issues()
      .map(({ title }) => title)
      .sort(),
  ).toEqual(['Flaky job: `` | @everyone `x` ``', 'Flaky job: `e2e`', 'Flaky job: `unit`'])
})

test('the issue is kept up to date without a comment', async () => {
  await flakyDay()
  await it.passTo(night(1))
  const before = issue().body
  await send(tested(400, DAY + 5, { unit: true }))
  await it.passTo(night(2))
  expect(issue().body).not.toBe(before)
  expect(issue().body).toContain('4 flakes not caused by the pull request in 4 pull requests')
  expect(commentsOn(8)).toEqual([])
})

test('enough clean results close the issue, and only a flake on a newer base reopens it', async () => {
  await flakyDay()
  await it.passTo(night(1))
  await cleanDay(NEEDED - 2)
  expect(issue().state).toBe('open')
  await send(tested(399, 2 * DAY, { unit: false }))
  await it.passTo(night(3))
  expect([issue().state, issue().stateReason]).toEqual(['closed', 'completed'])
  expect(commentsOn(8)).toEqual([
    'Closing: `unit` has not flaked in its last 15 results. A job as flaky as it was would do that by chance less than 1% of the time (15 results needed).',
  ])
  // Pushed before the issue was closed and run afterwards: this flake is on the old base.
  await send(tested(401, 3 * DAY + 5, { unit: true }, 2 * DAY))
  await it.passTo(night(4))
  expect(issue().state).toBe('closed')
  await send(tested(402, 4 * DAY, { unit: true }))
  await it.passTo(night(5))
  await it.passTo(night(5) + 60)
  expect(issue().state).toBe('open')
  expect(commentsOn(8)).toHaveLength(2)
  expect(commentsOn(8)[1]).toMatch(/^Reopening: `unit` flaked again on #402 \(\[failing run at 0000000\]/)
})

test.each(['not_planned', 'duplicate'] as const)(
  'an issue closed as %s stays closed',
  async (stateReason) => {
    await flakyDay()
    await it.passTo(night(1))
    Object.assign(issue(), { state: 'closed', stateReason, closedAt: at(night(1) + 60) })
    await it.passTo(night(2))
    await send(tested(402, 2 * DAY, { unit: true }))
    await it.passTo(night(3))
    await it.passTo(night(4))
    expect(issue().state).toBe('closed')
    expect(it.issues()).toHaveLength(1)
  },
)

test('an issue closed by a merged fix starts its count from zero', async () => {
  await flakyDay()
  await it.passTo(night(1))
  Object.assign(issue(), { state: 'closed', stateReason: 'completed', closedAt: at(night(1) + 60) })
  await send(tested(401, night(1) + 90, { unit: true }, 500))
  await it.passTo(night(2))
  expect(issue().state).toBe('closed')
  const [row] = await db().selectFrom('job_issue').selectAll().execute()
  expect(row).toMatchObject({ counts_from: at(night(1) + 60), closed_by_app: false })
  await send(tested(402, 2 * DAY, { unit: true }))
  await it.passTo(night(3))
  expect(issue().state).toBe('open')
})

test('an issue that a person reopened stays open until its own clean results close it', async () => {
  await flakyDay()
  await it.passTo(night(1))
  await cleanDay(NEEDED)
  expect(issue().state).toBe('closed')
  Object.assign(issue(), { state: 'open', stateReason: 'reopened', closedAt: null })
  await it.passTo(night(3))
  await it.passTo(night(4))
  expect(issue().state).toBe('open')
  expect(commentsOn(8)).toHaveLength(1)
})

test('no issue is opened by default', async () => {
  it.repository.contents.delete('.github/flake-sla.yml')
  await it.send(pushDelivery({ after: 'f'.repeat(40) }))
  await it.passTo(64)
  await flakyDay()
  await it.passTo(night(1))
  expect(it.issues().filter(({ title }) => title.startsWith('Flaky job'))).toEqual([])
})

test('at most ten are open, and the costliest job goes first', async () => {
  await addOpenIssues(9)
  await flakyDay(['unit', 'e2e'])
  await send(tested(500, 660, { e2e: false, unit: true }))
  await it.passTo(night(1))
  expect(it.issues().map(({ title }) => title)).toEqual(['Flaky job: `unit`'])
})

/** Adds jobs with an open issue each, which people opened. */
async function addOpenIssues(count: number): Promise<void> {
  for (const i of range(count)) {
    const title = `Flaky job: \`other-${i}\``
    const { number } = addIssue(it.fakeGitHub.state, it.repository, {
      ...{ title, user: 'octocat', at: at(60), number: 900 + i },
    })
    await db()
      .insertInto('job')
      .values({ ...{ repository_id: REPOSITORY_ID, job_id: 900 + i, name: `other-${i}` }, ...JOB })
      .execute()
    await writeJobIssue(db(), {
      ...{ repository_id: REPOSITORY_ID, job_id: 900 + i, issue: number, full_name: 'acme/widgets' },
      ...{ url: `https://github.com/acme/widgets/issues/${number}`, opened_at: at(60), written_at: at(60) },
      ...{ closed_at: null, counts_from: null },
    })
  }
}

const JOB = { source: 'check_run', app: 'github-actions', workflow: null, event: null } as const
