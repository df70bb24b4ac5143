/** Issues about single jobs: how many are opened, and when they are updated, closed and reopened. */
import { expect, test } from 'vitest'
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
import { at, ms, REPOSITORY_ID } from '../support/facts.ts'

const DAY = 24 * 60
/** Ten minutes after midnight at the end of the n-th day of the test; the first day begins at 9:00. */
const night = (n: number) => (n - 1) * DAY + 15 * 60 + 10
const SETTINGS = 'job_issues: { enabled: true }\nbreach_issue: { mode: off }'
/** The first issue that is opened; the pull request of the repository is number 7. */
const FIRST_ISSUE = 8
/** Clean results that close the issue: after 3 flakes in 11 results, (8/11)^15 < 0.01. The first day ends with one. */
const MIN_CLEAN_RESULTS = 15

const JOB = { source: 'check_run', app: 'github-actions', workflow: null, event: null } as const

const db = useDatabase()
const range = (length: number) => Array.from({ length }, (_, i) => i)
const shaOf = (number: number) => number.toString(16).padStart(40, '0')

/** The app in a repository that allows issues about jobs. */
async function startJobIssuesApp(settings: string | null = SETTINGS) {
  const app = await startTestApp({
    database: { name: 'memory', embedded: true, db: db(), close: async () => {} },
  })
  if (settings !== null) app.repository.contents.set('.github/flake-sla.yml', settings)
  await app.send(pushDelivery())
  await app.passTo(62)
  const issue = () => app.repository.issues.get(FIRST_ISSUE) as Issue

  /** Sends webhooks all at once: their order of arrival changes nothing. */
  async function sendAll(deliveries: readonly TestDelivery[]): Promise<void> {
    await Promise.all(deliveries.map((delivery) => app.send(delivery)))
  }

  return {
    ...app,
    sendAll,
    issue,
    /** The first line of each comment of the app on the issue. */
    issueComments: () => app.answers(FIRST_ISSUE).map((body) => body.split('\n')[0]),
    closeIssue: (stateReason: string, minute: number) =>
      Object.assign(issue(), { state: 'closed', stateReason, closedAt: at(minute) }),
    /** Nine pull requests on which the jobs pass and three on which they flake, hours apart: not an incident. */
    async sendFlakyDay(jobs: readonly string[] = ['unit']): Promise<void> {
      const all = (isFlaky: boolean) => Object.fromEntries(jobs.map((name) => [name, isFlaky]))
      await sendAll(
        range(12).flatMap((i) => {
          const isFlaky = i % 4 === 2
          return pullRequestRuns((isFlaky ? 200 : 100) + i, 2 + i * 50, all(isFlaky))
        }),
      )
    },
    /** Sends this many clean results on the second day and lets the night after it pass. */
    async passCleanDay(results: number): Promise<void> {
      await sendAll(range(results).flatMap((i) => pullRequestRuns(300 + i, DAY + i, { unit: false })))
      await app.passTo(night(2))
    },
  }
}

/** Webhooks of a pull request. Of its jobs, by name, those marked true flake and the others pass. */
function pullRequestRuns(
  number: number,
  minute: number,
  jobs: Record<string, boolean>,
  pushedMinute = minute,
) {
  const headSha = shaOf(number)
  const results = Object.entries(jobs).flatMap(([name, isFlaky], i) => {
    const run = { name, headSha, suite: number, headBranch: `topic-${number}` }
    const id = number * 100 + 2 * i
    const failed = checkRunDelivery({ ...run, id, conclusion: 'failure', minute: minute + 1, minutes: 0.6 })
    return [
      ...(isFlaky ? [failed] : []),
      checkRunDelivery({ ...run, id: id + 1, minute: minute + 2, minutes: 0.6 }),
    ]
  })
  return [
    pullRequestDelivery({ number, headSha, minute: pushedMinute, openedMinute: pushedMinute }),
    workflowRunDelivery({ headSha, suite: number, minute }),
    ...results,
  ]
}

test('the job that costs most of the budget gets one issue, and the report links it', async () => {
  const { sendFlakyDay, issue, passTo, send, issues, answers, repository, fakeGitHub } =
    await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(600)
  expect(issues()).toEqual([])
  await passTo(night(1))
  await passTo(night(1) + 300)
  expect(issues()).toHaveLength(1)
  expect(issue().labels).toEqual(['kind/flake'])
  await expect(`# ${issue().title}\n\n${issue().body}`).toMatchFileSnapshot('../end-to-end/job-issue.md')
  expect([...(await readOpenJobIssues(db(), REPOSITORY_ID)).values()]).toMatchObject([{ issue: 8 }])
  const pull = { number: 210, title: 'Change 210', user: 'octocat', at: at(60), sha: shaOf(210) }
  addPull(fakeGitHub.state, repository, pull)
  await send(commentDelivery({ number: 210, body: '/flake-report', minute: night(1) + 310 }))
  await passTo(night(1) + 320)
  expect(answers(210)[0]).toMatch(/#8/)
})

test('at most two issues are opened a day, and no second one for a job whose record was lost', async () => {
  const { sendFlakyDay, passTo, issues } = await startJobIssuesApp()
  await sendFlakyDay(['unit', 'e2e', '| @everyone `x`'])
  await passTo(night(1))
  expect(issues()).toHaveLength(2)
  await db().deleteFrom('job_issue').execute()
  await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'job-issues').execute()
  await passTo(night(1) + 60)
  expect(issues()).toHaveLength(2)
  await passTo(night(2))
  expect(
    issues()
      .map(({ title }) => title)
      .sort(),
  ).toEqual(['Flaky job: `` | @everyone `x` ``', 'Flaky job: `e2e`', 'Flaky job: `unit`'])
})

test('an issue that was deleted on GitHub is forgotten, and a new one is opened', async () => {
  const { sendFlakyDay, sendAll, passTo, issues, repository } = await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(night(1))
  repository.issues.delete(FIRST_ISSUE)
  await sendAll(pullRequestRuns(400, DAY + 5, { unit: true }))
  await passTo(night(2))
  expect(issues()).toMatchObject([{ title: 'Flaky job: `unit`', state: 'open' }])
  const [row] = (await readOpenJobIssues(db(), REPOSITORY_ID)).values()
  expect(Date.parse(row?.opened_at ?? '')).toBe(ms(night(2)))
})

test('the issue is updated without a comment', async () => {
  const { sendFlakyDay, sendAll, issue, issueComments, passTo } = await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(night(1))
  const before = issue().body
  await sendAll(pullRequestRuns(400, DAY + 5, { unit: true }))
  await passTo(night(2))
  expect(issue().body).not.toBe(before)
  expect(issue().body).toContain('4 flakes not caused by the pull request in 4 pull requests')
  expect(issueComments()).toEqual([])
})

test('enough clean results close the issue, and only a flake on a newer base reopens it', async () => {
  const { sendFlakyDay, passCleanDay, sendAll, issue, issueComments, passTo } = await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(night(1))
  await passCleanDay(MIN_CLEAN_RESULTS - 2)
  expect(issue().state).toBe('open')
  await sendAll(pullRequestRuns(399, 2 * DAY, { unit: false }))
  await passTo(night(3))
  expect([issue().state, issue().stateReason]).toEqual(['closed', 'completed'])
  expect(issueComments()).toEqual([
    'Closing: `unit` has not flaked in its last 15 results. A job as flaky as it was would do that by chance less than 1% of the time (15 results needed).',
  ])
  // This pull request was pushed before the issue was closed and run afterwards, so its flake is on the old base.
  await sendAll(pullRequestRuns(401, 3 * DAY + 5, { unit: true }, 2 * DAY))
  await passTo(night(4))
  expect(issue().state).toBe('closed')
  await sendAll(pullRequestRuns(402, 4 * DAY, { unit: true }))
  await passTo(night(5))
  await passTo(night(5) + 60)
  expect(issue().state).toBe('open')
  expect(issueComments()).toHaveLength(2)
  expect(issueComments()[1]).toMatch(/^Reopening: `unit` flaked again on #402 \(\[failing run at 0000000\]/)
})

test.each(['not_planned', 'duplicate'] as const)(
  'an issue closed as %s stays closed',
  async (stateReason) => {
    const { sendFlakyDay, sendAll, issue, closeIssue, passTo, issues } = await startJobIssuesApp()
    await sendFlakyDay()
    await passTo(night(1))
    closeIssue(stateReason, night(1) + 60)
    await passTo(night(2))
    await sendAll(pullRequestRuns(402, 2 * DAY, { unit: true }))
    await passTo(night(3))
    await passTo(night(4))
    expect(issue().state).toBe('closed')
    expect(issues()).toHaveLength(1)
  },
)

test('an issue that a person closed as completed counts from zero and is reopened by a flake on a newer base', async () => {
  const { sendFlakyDay, sendAll, issue, closeIssue, passTo } = await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(night(1))
  closeIssue('completed', night(1) + 60)
  await sendAll(pullRequestRuns(401, night(1) + 90, { unit: true }, 500))
  await passTo(night(2))
  expect(issue().state).toBe('closed')
  const [row] = await db().selectFrom('job_issue').selectAll().execute()
  expect(row).toMatchObject({ counts_from: at(night(1) + 60), closed_by_app: false })
  await sendAll(pullRequestRuns(402, 2 * DAY, { unit: true }))
  await passTo(night(3))
  expect(issue().state).toBe('open')
})

test('an issue that a person reopened stays open until its own clean results close it', async () => {
  const { sendFlakyDay, passCleanDay, issue, issueComments, passTo } = await startJobIssuesApp()
  await sendFlakyDay()
  await passTo(night(1))
  await passCleanDay(MIN_CLEAN_RESULTS)
  expect(issue().state).toBe('closed')
  Object.assign(issue(), { state: 'open', stateReason: 'reopened', closedAt: null })
  await passTo(night(3))
  await passTo(night(4))
  expect(issue().state).toBe('open')
  expect(issueComments()).toHaveLength(1)
})

test('no issue is opened by default', async () => {
  const { sendFlakyDay, passTo, issues } = await startJobIssuesApp(null)
  await sendFlakyDay()
  await passTo(night(1))
  expect(issues().filter(({ title }) => title.startsWith('Flaky job'))).toEqual([])
})

test('at most ten issues are open; the job that costs most gets the last one', async () => {
  const { sendFlakyDay, sendAll, passTo, issues, repository, fakeGitHub } = await startJobIssuesApp()
  await addOpenIssues({ fakeGitHub, repository }, 9)
  await sendFlakyDay(['unit', 'e2e'])
  await sendAll(pullRequestRuns(500, 660, { e2e: false, unit: true }))
  await passTo(night(1))
  expect(issues().map(({ title }) => title)).toEqual(['Flaky job: `unit`'])
})

/** Adds jobs, each with an open issue that a person opened. */
async function addOpenIssues(
  { fakeGitHub, repository }: Pick<TestApp, 'fakeGitHub' | 'repository'>,
  count: number,
): Promise<void> {
  for (const i of range(count)) {
    const title = `Flaky job: \`other-${i}\``
    const { number } = addIssue(fakeGitHub.state, repository, {
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
