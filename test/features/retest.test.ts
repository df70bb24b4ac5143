/** Retest by the app: who may request it, which jobs are re-run, what the app answers, and that nothing is re-run twice. */
import { expect, test } from 'vitest'
import { addApp, addCheckRun, addCheckSuite, addStatus, addWorkflowRun } from '../../fake-github/seed-ci.ts'
import { newestAttempt } from '../../fake-github/shapes/actions.ts'
import type { WorkflowRun } from '../../fake-github/state.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  type CommentOptions,
  commentDelivery,
  pullRequestDelivery,
  pushDelivery,
  statusDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, HEAD } from '../support/facts.ts'

const db = useDatabase()
const SETTINGS = 'retest: { execute: true }\nrequired: [unit, lint]'
const OTHER_APP = 4711

type Jobs = Record<string, 'success' | 'failure'>

/** The app in a repository that has switched retests on; CI of pull request 7 can be added to it. */
async function startRetestApp(options: TestAppOptions = {}) {
  const database = { name: 'memory' as const, embedded: true, db: db(), close: async () => {} }
  const app = await startTestApp({ ...options, database })
  app.repository.contents.set('.github/flake-sla.yml', SETTINGS)
  await app.send(pullRequestDelivery(), pushDelivery())
  await app.passTo(62)
  return {
    ...app,
    addRun: (jobs: Jobs) => addRun(app, jobs),
    async comment(body: string, more: CommentOptions & { minute?: number } = {}): Promise<void> {
      const minute = more.minute ?? 65
      await app.send(commentDelivery({ id: 4000 + minute, ...more, body, minute }))
      await app.passTo(minute + 1)
    },
    /** The first line of each of the app's answers. */
    firstLines: () => app.answers().map((answer) => answer.split('\n')[0]),
    /** Makes the newest attempt fail, with all its jobs. */
    failRun: (run: WorkflowRun, minute: number) => failRun(app, run, minute),
  }
}

/** A workflow run at the head with the results of its jobs. */
function addRun({ fakeGitHub, repository }: TestApp, jobs: Jobs): WorkflowRun {
  const seeds = Object.entries(jobs).map(([name, conclusion]) => ({
    ...{ name, conclusion, startedAt: at(5), completedAt: at(30) },
  }))
  return addWorkflowRun(fakeGitHub.state, repository, {
    ...{ name: 'CI', sha: HEAD, at: at(5), attempts: [seeds] },
  })
}

function failRun({ repository }: TestApp, run: WorkflowRun, minute: number): void {
  const attempt = newestAttempt(run)
  const failed = { status: 'completed', conclusion: 'failure' } as const
  Object.assign(attempt, failed)
  for (const job of attempt.jobs) {
    Object.assign(job, failed, { completedAt: at(minute) })
    Object.assign(repository.checkRuns.get(job.id) ?? {}, failed, { completedAt: at(minute) })
  }
}

/** Names of the jobs of the newest attempt that are queued. */
const queuedJobs = (run: WorkflowRun) =>
  newestAttempt(run)
    .jobs.filter((job) => job.status === 'queued')
    .map((job) => job.name)

/** The results of the retest tasks. */
async function results(): Promise<(string | null)[]> {
  const rows = await db().selectFrom('outbox').select('result').where('kind', '=', 'retest').execute()
  return rows.map(({ result }) => result)
}

/** Makes the retest tasks due again, as if the app had been killed before it recorded what it did. */
const loseRecords = () =>
  db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'retest').execute()

test('/retest re-runs the failed jobs and is only answered with 👀', async () => {
  const { addRun, comment, answers, repository } = await startRetestApp()
  const run = addRun({ unit: 'failure', lint: 'success', e2e: 'failure' })
  await comment('/retest')
  expect(run.attempts).toHaveLength(2)
  expect(queuedJobs(run)).toEqual(['unit', 'e2e'])
  expect(answers()).toEqual([])
  expect(repository.comments.get(4065)?.reactions.map(({ content }) => content)).toEqual(['eyes'])
})

test('/retest-required only re-runs the failed jobs that are required', async () => {
  const { addRun, comment } = await startRetestApp()
  const run = addRun({ unit: 'failure', e2e: 'failure' })
  await comment('/retest-required')
  expect(queuedJobs(run)).toEqual(['unit'])
})

test('a command re-runs the jobs once, though it is delivered twice or its record is lost', async () => {
  const { addRun, comment, failRun, passTo } = await startRetestApp()
  const run = addRun({ unit: 'failure' })
  await comment('/retest')
  await comment('/retest')
  await loseRecords()
  await passTo(90)
  expect(run.attempts).toHaveLength(2)
  // The new attempt fails as well. The old command did not request a re-run of that attempt.
  failRun(run, 95)
  await loseRecords()
  await passTo(120)
  expect(run.attempts).toHaveLength(2)
  await comment('/retest', { minute: 130 })
  expect(run.attempts).toHaveLength(3)
})

test('jobs of a workflow run in progress are re-run once it has completed', async () => {
  const { addRun, comment, passTo } = await startRetestApp()
  const run = addRun({ unit: 'failure', lint: 'success' })
  Object.assign(newestAttempt(run), { status: 'in_progress', conclusion: null })
  await comment('/retest')
  expect(run.attempts).toHaveLength(1)
  Object.assign(newestAttempt(run), { status: 'completed', conclusion: 'failure' })
  await passTo(90)
  expect(queuedJobs(run)).toEqual(['unit'])
})

test('only the author and people with write permission can request a re-run; others get an answer', async () => {
  const { addRun, comment, failRun, firstLines, repository, fakeGitHub } = await startRetestApp()
  const run = addRun({ unit: 'failure' })
  fakeGitHub.state.accounts.set('mallory', { id: 99, login: 'mallory', type: 'User', name: null })
  await comment('/retest', { author: 'mallory' })
  await comment('/retest', { author: 'nobody-knows', minute: 68 })
  expect(run.attempts).toHaveLength(1)
  expect(firstLines()).toEqual([
    'Nothing was re-run: only people with write permission and the author of this pull request can ask for it.',
    'Nothing was re-run: only people with write permission and the author of this pull request can ask for it.',
  ])
  repository.permissions.set('octocat', 'read')
  await comment('/retest', { minute: 72 })
  expect(run.attempts).toHaveLength(2)
  repository.permissions.set('mallory', 'maintain')
  failRun(run, 75)
  await comment('/retest', { author: 'mallory', minute: 80 })
  expect(run.attempts).toHaveLength(3)
})

test('everything that cannot be re-run is named in one answer', async () => {
  const { addRun, comment, firstLines } = await startRetestApp()
  addRun({ unit: 'failure', lint: 'success' })
  await comment('/test lint @everyone')
  await comment('/retest-required', { minute: 70 })
  await comment('/retest', { minute: 75 })
  expect(firstLines()).toEqual([
    'No result of `@everyone` at aaaaaaa. `lint` has not failed at aaaaaaa, so nothing was re-run.',
    'Nothing was re-run: none of the jobs in question has failed at aaaaaaa.',
  ])
})

test('a check run of another app is re-requested if that app allows it; a status is never re-run', async () => {
  const { comment, firstLines, repository, fakeGitHub } = await startRetestApp()
  const { state } = fakeGitHub
  addApp(state, OTHER_APP, 'other-ci', 'Other CI')
  const suite = addCheckSuite(state, repository, HEAD, at(5), { appId: OTHER_APP })
  const seed = { conclusion: 'failure', startedAt: at(5), completedAt: at(20) } as const
  const open = addCheckRun(state, repository, suite, { name: 'open', rerequestable: true, ...seed })
  addCheckRun(state, repository, suite, { name: 'closed', ...seed })
  addStatus(state, repository, { sha: HEAD, context: 'jenkins', state: 'failure', at: at(20) })
  await comment('/test open')
  expect(open.status).toBe('queued')
  await comment('/retest', { minute: 70 })
  expect(firstLines()).toEqual(['`closed`, `jenkins` can only be re-run by the CI that reported them.'])
})

test('without the permission to re-run workflows, the answer names it', async () => {
  const { addRun, comment, firstLines, fakeGitHub } = await startRetestApp()
  for (const token of fakeGitHub.state.tokens.values()) token.permissions.actions = 'read'
  const run = addRun({ unit: 'failure' })
  await comment('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(firstLines()[0]).toBe(
    '`unit` was not re-run: the app needs the permission **Actions: write**, which an owner can grant.',
  )
})

test('comments by bots, edited comments and comments on closed pull requests are ignored', async () => {
  const { addRun, comment } = await startRetestApp()
  const run = addRun({ unit: 'failure' })
  await comment('/retest', { author: 'helper[bot]', authorType: 'Bot' })
  await comment('/retest', { action: 'edited', minute: 70 })
  await comment('/retest', { state: 'closed', minute: 75 })
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual([])
})

test('the command is only recorded unless the settings switch retests on', async () => {
  const { addRun, comment, answers, repository, passTo, send } = await startRetestApp()
  repository.contents.delete('.github/flake-sla.yml')
  await send(pushDelivery({ after: 'f'.repeat(40) }))
  await passTo(64)
  const run = addRun({ unit: 'failure' })
  await comment('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(answers()).toEqual([])
  expect(await results()).toEqual(['only recorded: retest.execute is off'])
})

test('the command is only recorded in a repository where Prow answers it', async () => {
  const { addRun, comment, send } = await startRetestApp()
  const run = addRun({ unit: 'failure' })
  await send(statusDelivery({ description: `Job failed.${'\u2001'.repeat(5)} BaseSHA:${'b'.repeat(40)}` }))
  await comment('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual(['only recorded: Prow answers these commands here'])
})

test('the command is only recorded in a repository where another bot has answered it', async () => {
  const { addRun, comment, send } = await startRetestApp()
  const run = addRun({ unit: 'failure' })
  await comment('/retest', { minute: 63, author: 'octocat', state: 'open' })
  expect(run.attempts).toHaveLength(2)
  const retester = { actor: 'retester[bot]', actorType: 'Bot', attempt: 2 }
  await send(workflowRunDelivery({ ...retester, minute: 64 }))
  await comment('/retest', { minute: 90 })
  expect((await results())[1]).toBe('only recorded: retester[bot] answers these commands here')
})

test('the eleventh command within an hour is refused with an answer, the twelfth without', async () => {
  const { addRun, comment, firstLines, answers } = await startRetestApp()
  const run = addRun({ unit: 'success' })
  for (let i = 0; i < 12; i++) await comment('/retest', { minute: 70 + i * 2 })
  expect(run.attempts).toHaveLength(1)
  expect(answers()).toHaveLength(11)
  expect(firstLines()[10]).toBe(
    'Nothing was re-run: the limit is 10 retest commands per person and hour. Please try again later.',
  )
})

test('a dry run writes nothing', async () => {
  const { addRun, comment } = await startRetestApp({ config: { dryRun: true } })
  const run = addRun({ unit: 'failure' })
  await comment('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual([expect.stringMatching(/^dry run: would POST/)])
})
