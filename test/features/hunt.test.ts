/** Hunts that people ask for on a pull request: from the command to the answer, and that none of it counts. */
import { beforeEach, describe, expect, test } from 'vitest'
import { addWorkflowRun } from '../../fake-github/seed-ci.ts'
import { newestAttempt } from '../../fake-github/shapes/actions.ts'
import type { Conclusion, WorkflowJob, WorkflowRun } from '../../fake-github/state.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import {
  type CommentOptions,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  pushDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, HEAD } from '../support/facts.ts'

const db = useDatabase()
const ON = 'hunt: { enabled: true, max_runs: 5, max_minutes: 60 }\nrequired: [unit, lint]'

let it: TestApp
let run: WorkflowRun
let minute: number

async function start(options: TestAppOptions & { settings?: string } = {}): Promise<void> {
  const database = { name: 'memory' as const, embedded: true, db: db(), close: async () => {} }
  it = await startTestApp({ ...options, database })
  it.repository.contents.set('.github/flake-sla.yml', options.settings ?? ON)
  await it.send(pullRequestDelivery(), pushDelivery())
  run = ci({ unit: 'failure', lint: 'success' })
  await tell(30)
  minute = 62
  await it.passTo(minute)
}

/** A workflow run at the head with the results of its jobs. */
function ci(jobs: Record<string, Conclusion>): WorkflowRun {
  const seeds = Object.entries(jobs).map(([name, conclusion]) => ({
    ...{ name, conclusion, startedAt: at(5), completedAt: at(30) },
  }))
  const { state } = it.fakeGitHub
  return addWorkflowRun(state, it.repository, { name: 'CI', sha: HEAD, at: at(5), attempts: [seeds] })
}

/** GitHub tells the app of the newest attempt, job by job. */
async function tell(ended: number): Promise<void> {
  const attempt = newestAttempt(run)
  const about = workflowRunDelivery({
    suite: run.suiteId,
    attempt: attempt.attempt,
    minute: ended - 2,
    actor: 'flake-sla[bot]',
    actorType: 'Bot',
  })
  Object.assign(about.payload.workflow_run as object, { id: run.id })
  const results = attempt.jobs
    .filter((job) => job.completedAt === at(ended))
    .map((job) =>
      checkRunDelivery({
        id: job.id,
        name: job.name,
        suite: run.suiteId,
        conclusion: job.conclusion,
        minute: ended,
      }),
    )
  // The results come before the word about their attempt, as they may.
  await it.send(...results, about)
}

/** A runner takes the queued jobs and ends them two minutes later; then the app looks. */
async function runOnce(conclusion: Conclusion, log?: string): Promise<void> {
  const attempt = newestAttempt(run)
  expect(attempt.status).toBe('queued')
  minute += 4
  for (const job of attempt.jobs) {
    if (job.conclusion !== null) continue
    const ended = { status: 'completed', conclusion, startedAt: at(minute - 2), completedAt: at(minute) }
    Object.assign(job, ended, log !== undefined && { log })
    Object.assign(it.repository.checkRuns.get(job.id) ?? {}, ended)
  }
  Object.assign(attempt, { status: 'completed', conclusion, updatedAt: at(minute) })
  await tell(minute)
  minute += 2
  await it.passTo(minute)
}

async function say(body: string, options: CommentOptions = {}): Promise<void> {
  minute += 1
  await it.send(commentDelivery({ id: 4000 + minute, ...options, body, minute }))
  minute += 1
  await it.passTo(minute)
}

const conclusions = async () => ({
  runs: await db()
    .selectFrom('run')
    .select(['run_key', 'outcome', 'number'])
    .orderBy('run_key')
    .orderBy('number')
    .execute(),
  verdicts: await db().selectFrom('verdict').select(['job_id', 'flaky']).orderBy('job_id').execute(),
  flakes: await db().selectFrom('flake').selectAll().execute(),
  windows: await db()
    .selectFrom('sla_window')
    .select(['kind', 'start', 'prs', 'flakes'])
    .orderBy('kind')
    .orderBy('start')
    .execute(),
})
const hunts = () => db().selectFrom('hunt').selectAll().orderBy('hunt_id').execute()
const results = async () =>
  (await db().selectFrom('outbox').select('result').where('kind', '=', 'hunt').execute()).map(
    (row) => row.result,
  )
const reruns = () => it.fakeGitHub.requests.filter((one) => one.route.endsWith('/rerun')).length

describe('/hunt', () => {
  beforeEach(() => start())

  test('runs the job again and again, says so at once, and answers in the same comment', async () => {
    await say('/hunt unit 3')
    expect(it.answers()).toHaveLength(1)
    expect(it.answers()[0]).toMatch(/^Hunting `unit` at aaaaaaa for `octocat`: re-running it up to 3 times,/)
    await runOnce('success', `${at(66)} Current runner version: '2.328.0'\n`)
    await runOnce('failure', `${at(70)} AssertionError: lost 3\n`)
    await runOnce('success')
    expect(reruns()).toBe(3)
    expect(it.answers()).toHaveLength(1)
    const [answer = ''] = it.answers()
    await expect(answer).toMatchFileSnapshot('../stories/hunt-answer.md')
    const [hunt] = await hunts()
    expect(hunt).toMatchObject({
      name: 'unit-#7',
      place: 'actions',
      repository: 'acme/widgets',
      job: 'unit',
      ending: 'runs',
      notes: 'requested by octocat on #7',
      environment: {
        commit: HEAD,
        'pull request': '#7',
        'runs on': 'ubuntu-latest',
        'runner version': '2.328.0',
      },
    })
    expect(await results()).toEqual([expect.stringMatching(/^hunted: Undecided: 1 of 3 runs failed/)])
    await it.passTo(minute + 120)
    expect(reruns()).toBe(3)
  })

  test('leaves every conclusion as it was, while it runs and afterwards', async () => {
    const before = await conclusions()
    expect(before.runs).toHaveLength(2)
    await say('/hunt unit 2')
    await runOnce('success')
    expect(await conclusions()).toEqual(before)
    await runOnce('success')
    expect(await conclusions()).toEqual(before)
    // What people run again afterwards does count: the failure before the hunt was a flake after all.
    const [job] = newestAttempt(run).jobs
    minute += 10
    run.attempts.push({ ...newestAttempt(run), attempt: run.attempts.length + 1 })
    Object.assign(newestAttempt(run), {
      jobs: [{ ...job, id: 99_001, startedAt: at(minute - 2), completedAt: at(minute) }],
    })
    await tell(minute)
    await it.passTo(minute + 5)
    expect((await conclusions()).flakes).toHaveLength(1)
  })

  test('ends early when the answer is known', async () => {
    await say('/hunt unit')
    for (let i = 0; i < 5 && newestAttempt(run).status === 'queued'; i++) await runOnce('failure')
    const [hunt] = await hunts()
    expect(hunt).toMatchObject({ missed: true, ended_at: expect.any(String) })
    expect(it.answers()[0]).toMatch(/^\*\*Missed: \d of \d runs failed/)
    expect(it.answers()[0]).toContain('GitHub shows the job as failed until it is re-run')
  })

  test('told twice, or tried again after a stop at any place, is one hunt', async () => {
    await say('/hunt unit 2')
    await it.send(commentDelivery({ id: 4063, body: '/hunt unit 2', minute: 63 }))
    await it.passTo(minute)
    // As after a kill between GitHub's word and its record: the plan stands, the request was taken.
    const [hunt] = await hunts()
    const settings = hunt?.settings as { lanes: { requested: boolean }[] }
    for (const lane of settings.lanes) lane.requested = false
    await db()
      .updateTable('hunt')
      .set({ settings: JSON.stringify(settings) })
      .execute()
    await it.passTo(minute + 2)
    expect(reruns()).toBe(1)
    await runOnce('success')
    await runOnce('success')
    expect(reruns()).toBe(2)
    // As after a kill between the answer and its record.
    await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'hunt').execute()
    await db().updateTable('hunt').set({ ended_at: null, answer: null }).execute()
    await it.passTo(minute + 10)
    expect([reruns(), (await hunts()).length, it.answers().length]).toEqual([2, 1, 1])
    expect((await hunts())[0]).toMatchObject({ ending: 'runs' })
  })

  test('goes on when GitHub was away for some steps', async () => {
    await say('/hunt unit 2')
    it.fakeGitHub.failNext({ path: /\/actions\/runs\/\d+$/, status: 502, times: 3 })
    await runOnce('success')
    for (let i = 0; i < 3; i++) {
      minute += 10
      await it.passTo(minute)
    }
    await runOnce('success')
    expect(reruns()).toBe(2)
    expect(it.answers()[0]).toContain('no failure in 2 runs')
  })

  test('goes on in its comment where GitHub’s lists of comments are older than that', async () => {
    const yesterday = structuredClone(it.fakeGitHub.state)
    await say('/hunt unit 2')
    it.fakeGitHub.failNext({ method: 'GET', path: /comments/, asOf: yesterday, times: 100 })
    await runOnce('success')
    await runOnce('success')
    it.fakeGitHub.clearFaults()
    expect(it.answers()).toEqual([expect.stringContaining('no failure in 2 runs')])
  })

  test('given up when GitHub fails on and on says so, keeps what is known, and lets the next one run', async () => {
    await say('/hunt unit 3')
    await runOnce('success')
    it.fakeGitHub.failNext({ path: /\/actions\/runs\/\d+$/, status: 502, times: 10 })
    for (let i = 0; i < 10; i++) {
      minute += 61
      await it.passTo(minute)
    }
    expect(await results()).toEqual([expect.stringMatching(/^given up: /)])
    expect(await hunts()).toMatchObject([{ ending: 'interrupted', ended_at: at(minute), missed: false }])
    expect(it.answers()).toEqual([
      expect.stringContaining(
        'The hunt stopped early: it could not continue after 10 attempts; GitHub’s last answer was `Server Error`.',
      ),
    ])
    expect(it.answers()[0]).toContain('no failure in 1 run')
    // What was under way at GitHub ends there, and still does not count.
    const before = await conclusions()
    await runOnce('failure')
    expect(await conclusions()).toEqual(before)
    await say('/hunt lint 1')
    expect(reruns()).toBe(3)
    await runOnce('success')
    expect(it.answers()).toHaveLength(2)
  })

  test('given up before GitHub took the request leaves no mark on what people run again', async () => {
    it.fakeGitHub.failNext({ path: /\/rerun$/, status: 502, times: 10 })
    it.fakeGitHub.failNext({ method: 'PATCH', path: /\/issues\/comments\//, status: 403 })
    await say('/hunt unit 1')
    for (let i = 0; i < 9; i++) {
      minute += 61
      await it.passTo(minute)
    }
    expect(await results()).toEqual([expect.stringMatching(/^given up: /)])
    expect(await hunts()).toMatchObject([{ ending: 'interrupted', ended_at: at(minute) }])
    expect(await db().selectFrom('hunted_attempt').selectAll().execute()).toEqual([])
  })

  test('ends where the app was taken off the repository', async () => {
    await say('/hunt unit 3')
    await db()
      .updateTable('repository')
      .set({ removed_at: at(minute) })
      .execute()
    minute += 5
    await it.passTo(minute)
    expect(await results()).toEqual(['the app is not installed there'])
    expect(await hunts()).toMatchObject([{ ending: 'interrupted', ended_at: at(minute) }])
  })

  test('waits for what a person has run again meanwhile, which counts', async () => {
    // The workflow runs again on somebody's word when the hunt is asked for.
    const [unit, lint] = newestAttempt(run).jobs
    const again = { status: 'in_progress', conclusion: null, startedAt: at(62), completedAt: null } as const
    const jobs = [{ ...unit, ...again, id: 88_001 }, { ...lint }] as WorkflowJob[]
    run.attempts.push({ ...newestAttempt(run), ...again, attempt: 2, jobs, updatedAt: at(62) })
    const check = it.repository.checkRuns.get(unit?.id ?? 0)
    if (check) it.repository.checkRuns.set(88_001, { ...check, ...again, id: 88_001 })
    await say('/hunt unit 1')
    expect(reruns()).toBe(0)
    const ended = { status: 'completed', conclusion: 'success', completedAt: at(68) } as const
    Object.assign(jobs[0] ?? {}, ended)
    Object.assign(newestAttempt(run), ended)
    minute = 68
    await tell(minute)
    minute = 75
    await it.passTo(minute)
    expect(reruns()).toBe(1)
    expect((await conclusions()).flakes).toHaveLength(1)
    await runOnce('failure')
    expect(it.answers()[0]).toContain('1 of 1 run failed')
    expect((await conclusions()).runs).toHaveLength(3)
  })

  test('one after the other in a repository', async () => {
    await say('/hunt unit 1')
    await say('/hunt lint 1')
    expect(reruns()).toBe(1)
    await runOnce('success')
    expect(reruns()).toBe(2)
    await runOnce('success')
    expect((await hunts()).map((one) => [one.name, one.ended_at !== null])).toEqual([
      ['unit-#7', true],
      ['lint-#7', true],
    ])
  })

  test('is broken off by a new commit, with what is known', async () => {
    await say('/hunt unit 4')
    await runOnce('success')
    const pull = it.repository.issues.get(7)?.pull
    if (pull) pull.head.sha = 'b'.repeat(40)
    await runOnce('success')
    expect(reruns()).toBe(2)
    expect(it.answers()[0]).toContain('no failure in 2 runs')
    expect(it.answers()[0]).toContain('The hunt stopped early: the pull request has a newer commit.')
  })
})

describe('is refused in a sentence', () => {
  beforeEach(() => start())

  test.each<[string, () => void, string, CommentOptions, RegExp]>([
    [
      'to people who may not write',
      () => it.repository.permissions.set('octocat', 'read'),
      '/hunt unit',
      {},
      /only people with write permission/,
    ],
    ['without a job', () => {}, '/hunt', {}, /^Name a job: `\/hunt JOB`/],
    [
      'for a job that is not there',
      () => {},
      '/hunt e2e @acme/all',
      {},
      /no job `e2e @acme\/all` at aaaaaaa\. Its jobs are `lint`, `unit`\./,
    ],
    [
      'without the permission',
      () => {
        for (const one of it.fakeGitHub.state.installations.values()) one.permissions.actions = 'read'
      },
      '/hunt unit',
      {},
      /the app needs the permission \*\*Actions: write\*\*/,
    ],
  ])('%s', async (_name, prepare, body, options, sentence) => {
    prepare()
    await say(body, options)
    expect(it.answers()).toEqual([expect.stringMatching(sentence)])
    expect(run.attempts).toHaveLength(1)
    expect(await db().selectFrom('hunted_attempt').selectAll().execute()).toEqual([])
  })
})

test('is refused when the minutes of the day are used up', async () => {
  await start({ settings: 'hunt: { enabled: true, max_minutes: 2 }' })
  await say('/hunt unit')
  await runOnce('success')
  expect(it.answers()[0]).toContain('its minutes are used up')
  await say('/hunt unit')
  expect(reruns()).toBe(1)
  minute += 24 * 60
  await say('/hunt unit')
  expect(reruns()).toBe(2)
})

test('is only recorded where the settings do not switch it on', async () => {
  await start({ settings: 'required: [unit]' })
  await say('/hunt unit')
  expect([it.answers(), reruns(), await results()]).toEqual([[], 0, ['only recorded: hunt.enabled is off']])
})
