/** Retest by the app: who may, what runs again, what is said, and that nothing is asked for twice. */
import { beforeEach, expect, test } from 'vitest'
import { addApp, addCheckRun, addCheckSuite, addStatus, addWorkflowRun } from '../../fake-github/seed-ci.ts'
import { newestAttempt } from '../../fake-github/shapes/actions.ts'
import { startTestApp as startWith, type TestApp, type TestAppOptions } from '../support/app.ts'
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
const ON = 'retest: { execute: true }\nrequired: [unit, lint]'
const OTHER_APP = 4711

let it: TestApp

async function start(options: TestAppOptions & { settings?: string } = {}): Promise<void> {
  const database = { name: 'memory' as const, embedded: true, db: db(), close: async () => {} }
  it = await startWith({ ...options, database })
  it.repository.contents.set('.github/flake-sla.yml', options.settings ?? ON)
  await it.send(pullRequestDelivery(), pushDelivery())
  await it.passTo(62)
}

/** A workflow run at the head with the results of its jobs. */
function ci(jobs: Record<string, 'success' | 'failure'>, completedMinute = 30) {
  const seeds = Object.entries(jobs).map(([name, conclusion]) => ({
    ...{ name, conclusion, startedAt: at(5), completedAt: at(completedMinute) },
  }))
  const { state } = it.fakeGitHub
  return addWorkflowRun(state, it.repository, { name: 'CI', sha: HEAD, at: at(5), attempts: [seeds] })
}

async function say(body: string, options: CommentOptions & { minute?: number } = {}): Promise<void> {
  const minute = options.minute ?? 65
  await it.send(commentDelivery({ id: 4000 + minute, ...options, body, minute }))
  await it.passTo(minute + 1)
}

/** Jobs of the newest attempt that run again. */
const queued = (run: Parameters<typeof newestAttempt>[0]) =>
  newestAttempt(run)
    .jobs.filter((job) => job.status === 'queued')
    .map((job) => job.name)

const results = async () =>
  (await db().selectFrom('outbox').selectAll().where('kind', '=', 'retest').execute()).map(
    (row) => row.result,
  )

beforeEach(() => start())

test('/retest runs what failed again, and is answered with 👀 alone', async () => {
  const run = ci({ unit: 'failure', lint: 'success', e2e: 'failure' })
  await say('/retest')
  expect(run.attempts).toHaveLength(2)
  expect(queued(run)).toEqual(['unit', 'e2e'])
  expect(it.answers()).toEqual([])
  expect(it.repository.comments.get(4065)?.reactions.map((one) => one.content)).toEqual(['eyes'])
})

test('/retest-required and /test run one job of several again', async () => {
  const run = ci({ unit: 'failure', e2e: 'failure' })
  await say('/retest-required')
  expect(queued(run)).toEqual(['unit'])
})

test('a command that is told twice, or whose record was lost, asks once', async () => {
  const run = ci({ unit: 'failure' })
  await say('/retest')
  await say('/retest')
  // As after a kill between the request and its record.
  await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'retest').execute()
  await it.passTo(90)
  expect(run.attempts).toHaveLength(2)
  // The new attempt fails as well, and the old command is tried once more: it never asked for that one.
  const [job] = newestAttempt(run).jobs
  const check = it.repository.checkRuns.get(job?.id ?? 0)
  const failed = { status: 'completed', conclusion: 'failure', completedAt: at(95) } as const
  Object.assign(job ?? {}, failed)
  Object.assign(check ?? {}, failed)
  Object.assign(newestAttempt(run), { status: 'completed', conclusion: 'failure' })
  await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'retest').execute()
  await it.passTo(120)
  expect(run.attempts).toHaveLength(2)
  await say('/retest', { minute: 130 })
  expect(run.attempts).toHaveLength(3)
})

test('jobs of a workflow run that is not finished wait for it', async () => {
  const run = ci({ unit: 'failure', lint: 'success' })
  Object.assign(newestAttempt(run), { status: 'in_progress', conclusion: null })
  await say('/retest')
  expect(run.attempts).toHaveLength(1)
  Object.assign(newestAttempt(run), { status: 'completed', conclusion: 'failure' })
  await it.passTo(90)
  expect(queued(run)).toEqual(['unit'])
})

test('only the author and people with write permission may, and others are told so once', async () => {
  const run = ci({ unit: 'failure' })
  it.fakeGitHub.state.accounts.set('mallory', { id: 99, login: 'mallory', type: 'User', name: null })
  await say('/retest', { author: 'mallory' })
  await say('/retest', { author: 'nobody-knows', minute: 68 })
  expect(run.attempts).toHaveLength(1)
  expect(it.answers().map((body) => body.split('\n')[0])).toEqual([
    'Nothing was re-run: only people with write permission and the author of this pull request can ask for it.',
    'Nothing was re-run: only people with write permission and the author of this pull request can ask for it.',
  ])
  it.repository.permissions.set('octocat', 'read')
  await say('/retest', { minute: 72 })
  expect(run.attempts).toHaveLength(2)
  it.repository.permissions.set('mallory', 'maintain')
  Object.assign(newestAttempt(run), { status: 'completed', conclusion: 'failure' })
  for (const job of newestAttempt(run).jobs) {
    const check = it.repository.checkRuns.get(job.id)
    Object.assign(check ?? {}, { status: 'completed', conclusion: 'failure', completedAt: at(75) })
    Object.assign(job, { status: 'completed', conclusion: 'failure', completedAt: at(75) })
  }
  await say('/retest', { author: 'mallory', minute: 80 })
  expect(run.attempts).toHaveLength(3)
})

test('what cannot be done is said in one comment', async () => {
  ci({ unit: 'failure', lint: 'success' })
  await say('/test lint @everyone')
  await say('/retest-required', { minute: 70 })
  await say('/retest', { minute: 75 })
  const said = it.answers().map((body) => body.split('\n')[0])
  expect(said).toEqual([
    'No result of `@everyone` at aaaaaaa. `lint` has not failed at aaaaaaa, so nothing was re-run.',
    'Nothing was re-run: none of the jobs in question has failed at aaaaaaa.',
  ])
})

test('a check run of another app is asked for where the app allows it, and a status never', async () => {
  const { state } = it.fakeGitHub
  addApp(state, OTHER_APP, 'other-ci', 'Other CI')
  const suite = addCheckSuite(state, it.repository, HEAD, at(5), { appId: OTHER_APP })
  const seed = { conclusion: 'failure', startedAt: at(5), completedAt: at(20) } as const
  const open = addCheckRun(state, it.repository, suite, { name: 'open', rerequestable: true, ...seed })
  addCheckRun(state, it.repository, suite, { name: 'closed', ...seed })
  addStatus(state, it.repository, { sha: HEAD, context: 'jenkins', state: 'failure', at: at(20) })
  await say('/test open')
  expect(open.status).toBe('queued')
  await say('/retest', { minute: 70 })
  expect(it.answers().map((body) => body.split('\n')[0])).toEqual([
    '`closed`, `jenkins` can only be re-run by the CI that reported them.',
  ])
})

test('without the permission the app says which one it lacks', async () => {
  for (const token of it.fakeGitHub.state.tokens.values()) token.permissions.actions = 'read'
  const run = ci({ unit: 'failure' })
  await say('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(it.answers()[0]?.split('\n')[0]).toBe(
    '`unit` was not re-run: the app needs the permission **Actions: write**, which an owner can grant.',
  )
})

test('bots, edits, closed and locked conversations bring nothing about', async () => {
  const run = ci({ unit: 'failure' })
  await say('/retest', { author: 'helper[bot]', authorType: 'Bot' })
  await say('/retest', { action: 'edited', minute: 70 })
  await say('/retest', { state: 'closed', minute: 75 })
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual([])
})

test('off by default: the command is only recorded', async () => {
  it.repository.contents.delete('.github/flake-sla.yml')
  await it.send(pushDelivery({ after: 'f'.repeat(40) }))
  await it.passTo(64)
  const run = ci({ unit: 'failure' })
  await say('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(it.answers()).toEqual([])
  expect(await results()).toEqual(['only recorded: retest.execute is off'])
})

test('where Prow answers these commands, this app keeps out of it', async () => {
  const run = ci({ unit: 'failure' })
  await it.send(statusDelivery({ description: `Job failed.${'\u2001'.repeat(5)} BaseSHA:${'b'.repeat(40)}` }))
  await say('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual(['only recorded: Prow answers these commands here'])
})

test('so it does where another bot has run workflows again after a command', async () => {
  const run = ci({ unit: 'failure' })
  await say('/retest', { minute: 63, author: 'octocat', state: 'open' })
  expect(run.attempts).toHaveLength(2)
  const retester = { actor: 'retester[bot]', actorType: 'Bot', attempt: 2 }
  await it.send(workflowRunDelivery({ ...retester, minute: 64 }))
  await say('/retest', { minute: 90 })
  expect((await results())[1]).toBe('only recorded: retester[bot] answers these commands here')
})

test('an eleventh command within an hour is refused in a sentence, a twelfth in silence', async () => {
  const run = ci({ unit: 'success' })
  for (let i = 0; i < 12; i++) await say('/retest', { minute: 70 + i * 2 })
  expect(run.attempts).toHaveLength(1)
  expect(it.answers()).toHaveLength(11)
  expect(it.answers()[10]?.split('\n')[0]).toBe(
    'Nothing was re-run: the limit is 10 retest commands per person and hour. Please try again later.',
  )
})

test('a dry run writes nothing', async () => {
  await start({ config: { dryRun: true } })
  const run = ci({ unit: 'failure' })
  await say('/retest')
  expect(run.attempts).toHaveLength(1)
  expect(await results()).toEqual([expect.stringMatching(/^dry run: would POST/)])
})
