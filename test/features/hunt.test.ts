/** Hunts that people request on a pull request, from the command to the answer. None of their runs counts. */
import { describe, expect, test } from 'vitest'
import { addWorkflowRun } from '../../fake-github/seed-ci.ts'
import { newestAttempt } from '../../fake-github/shapes/actions.ts'
import type { Conclusion, WorkflowJob, WorkflowRun } from '../../fake-github/state.ts'
import { iso } from '../../src/domain/time.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
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
const SETTINGS = 'hunt: { enabled: true, max_runs: 5, max_minutes: 60 }\nrequired: [unit, lint]'

/** The app in a repository that allows hunts. `unit` has failed on pull request 7, and `lint` has passed. */
async function startHuntApp(settings = SETTINGS) {
  const database = { name: 'memory' as const, embedded: true, db: db(), close: async () => {} }
  const app = await startTestApp({ database })
  app.repository.contents.set('.github/flake-sla.yml', settings)
  await app.send(pullRequestDelivery(), pushDelivery())
  const run = addRun(app, { unit: 'failure', lint: 'success' })
  await sendAttempt(app, run, 30)
  let minute = 62
  await app.passTo(minute)

  /** Lets minutes pass; the app then does what is due. @returns the minute */
  async function pass(minutes: number): Promise<number> {
    minute += minutes
    await app.passTo(minute)
    return minute
  }

  return {
    ...app,
    run,
    pass,
    /** Comments on the pull request and lets the app answer. */
    async comment(body: string, more: CommentOptions = {}): Promise<void> {
      minute += 1
      await app.send(commentDelivery({ id: 4000 + minute, ...more, body, minute }))
      await pass(1)
    },
    /** Completes the queued jobs of the newest attempt, two minutes after a runner took them. */
    async completeRun(conclusion: Conclusion, log?: string): Promise<void> {
      minute += 4
      completeJobs(app, run, { conclusion, minute, log })
      await sendAttempt(app, run, minute)
      await pass(2)
    },
    /** Sends the results of the newest attempt. */
    sendAttempt: (completedMinute: number) => sendAttempt(app, run, completedMinute),
    countReruns: () => app.fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun')).length,
  }
}

/** A workflow run at the head with the results of its jobs. */
function addRun({ fakeGitHub, repository }: TestApp, jobs: Record<string, Conclusion>): WorkflowRun {
  const seeds = Object.entries(jobs).map(([name, conclusion]) => ({
    ...{ name, conclusion, startedAt: at(5), completedAt: at(30) },
  }))
  return addWorkflowRun(fakeGitHub.state, repository, {
    ...{ name: 'CI', sha: HEAD, at: at(5), attempts: [seeds] },
  })
}

/** Sends the webhooks of the newest attempt and of its jobs that completed at a minute. */
async function sendAttempt(app: TestApp, run: WorkflowRun, minute: number): Promise<void> {
  const { attempt, jobs } = newestAttempt(run)
  const attemptDelivery = workflowRunDelivery({
    ...{ suite: run.suiteId, attempt, minute: minute - 2, actor: 'flake-sla[bot]', actorType: 'Bot' },
  })
  Object.assign(attemptDelivery.payload.workflow_run as object, { id: run.id })
  const results = jobs
    .filter((job) => job.completedAt === at(minute))
    .map(({ id, name, conclusion }) => checkRunDelivery({ id, name, conclusion, minute, suite: run.suiteId }))
  // Results may arrive before the webhook of their attempt.
  await app.send(...results, attemptDelivery)
}

function completeJobs(
  { repository }: TestApp,
  run: WorkflowRun,
  { conclusion, minute, log }: { conclusion: Conclusion; minute: number; log: string | undefined },
): void {
  const attempt = newestAttempt(run)
  expect(attempt.status).toBe('queued')
  for (const job of attempt.jobs.filter((job) => job.conclusion === null)) {
    const ended = { status: 'completed', conclusion, startedAt: at(minute - 2), completedAt: at(minute) }
    Object.assign(job, ended, log !== undefined && { log })
    Object.assign(repository.checkRuns.get(job.id) ?? {}, ended)
  }
  Object.assign(attempt, { status: 'completed', conclusion, updatedAt: at(minute) })
}

/** Everything that is derived from the runs of the repository. */
const readDerived = async () => ({
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
const readHunts = () => db().selectFrom('hunt').selectAll().orderBy('hunt_id').execute()

/** The results of the hunt tasks. */
async function results(): Promise<(string | null)[]> {
  const rows = await db().selectFrom('outbox').select('result').where('kind', '=', 'hunt').execute()
  return rows.map(({ result }) => result)
}

describe('/hunt', () => {
  test('answers at once, re-runs the job as often as requested, and puts the result in the same comment', async () => {
    const { comment, completeRun, pass, countReruns, answers } = await startHuntApp()
    await comment('/hunt unit 3')
    expect(answers()).toHaveLength(1)
    expect(answers()[0]).toMatch(/^Hunting `unit` at aaaaaaa for `octocat`: re-running it up to 3 times,/)
    await completeRun('success', `${at(66)} Current runner version: '2.328.0'\n`)
    await completeRun('failure', `${at(70)} AssertionError: lost 3\n`)
    await completeRun('success')
    expect(countReruns()).toBe(3)
    expect(answers()).toHaveLength(1)
    const [answer = ''] = answers()
    await expect(answer).toMatchFileSnapshot('../end-to-end/hunt-answer.md')
    const [hunt] = await readHunts()
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
    await pass(120)
    expect(countReruns()).toBe(3)
  })

  test('changes nothing that is derived, neither during the hunt nor after it', async () => {
    const { run, comment, completeRun, sendAttempt, pass } = await startHuntApp()
    const before = await readDerived()
    expect(before.runs).toHaveLength(2)
    await comment('/hunt unit 2')
    await completeRun('success')
    expect(await readDerived()).toEqual(before)
    await completeRun('success')
    expect(await readDerived()).toEqual(before)
    // A re-run by a person after the hunt does count: the failure before the hunt was a flake.
    const [job] = newestAttempt(run).jobs
    const minute = await pass(10)
    run.attempts.push({ ...newestAttempt(run), attempt: run.attempts.length + 1 })
    Object.assign(newestAttempt(run), {
      jobs: [{ ...job, id: 99_001, startedAt: at(minute - 2), completedAt: at(minute) }],
    })
    await sendAttempt(minute)
    await pass(5)
    expect((await readDerived()).flakes).toHaveLength(1)
  })

  test('ends early once the result is certain', async () => {
    const { run, comment, completeRun, answers } = await startHuntApp()
    await comment('/hunt unit')
    for (let i = 0; i < 5 && newestAttempt(run).status === 'queued'; i++) await completeRun('failure')
    const [hunt] = await readHunts()
    expect(hunt).toMatchObject({ missed: true, ended_at: expect.any(String) })
    expect(answers()[0]).toMatch(/^\*\*Missed: \d of \d runs failed/)
    expect(answers()[0]).toContain('GitHub shows the job as failed until it is re-run')
  })

  test('is carried out once, though it is delivered twice or the app is killed between any two steps', async () => {
    const { comment, completeRun, pass, countReruns, answers, send } = await startHuntApp()
    await comment('/hunt unit 2')
    await send(commentDelivery({ id: 4063, body: '/hunt unit 2', minute: 63 }))
    await pass(0)
    // The app is killed after GitHub accepted a re-run and before that was recorded.
    const [hunt] = await readHunts()
    const settings = hunt?.settings as { lanes: { requested: boolean }[] }
    for (const lane of settings.lanes) lane.requested = false
    await db()
      .updateTable('hunt')
      .set({ settings: JSON.stringify(settings) })
      .execute()
    await pass(2)
    expect(countReruns()).toBe(1)
    await completeRun('success')
    await completeRun('success')
    expect(countReruns()).toBe(2)
    // The app is killed after it answered and before that was recorded.
    await db().updateTable('outbox').set({ done_at: null }).where('kind', '=', 'hunt').execute()
    await db().updateTable('hunt').set({ ended_at: null, answer: null }).execute()
    await pass(10)
    expect([countReruns(), (await readHunts()).length, answers().length]).toEqual([2, 1, 1])
    expect((await readHunts())[0]).toMatchObject({ ending: 'runs' })
  })

  test('continues after GitHub was unavailable for some steps', async () => {
    const { comment, completeRun, pass, countReruns, answers, fakeGitHub } = await startHuntApp()
    await comment('/hunt unit 2')
    fakeGitHub.failNext({ path: /\/actions\/runs\/\d+$/, status: 502, times: 3 })
    await completeRun('success')
    for (let i = 0; i < 3; i++) await pass(10)
    await completeRun('success')
    expect(countReruns()).toBe(2)
    expect(answers()[0]).toContain('no failure in 2 runs')
  })

  test('continues in its own comment when GitHub’s lists do not show that comment yet', async () => {
    const { comment, completeRun, answers, fakeGitHub } = await startHuntApp()
    const yesterday = structuredClone(fakeGitHub.state)
    await comment('/hunt unit 2')
    fakeGitHub.failNext({ method: 'GET', path: /comments/, asOf: yesterday, times: 100 })
    await completeRun('success')
    await completeRun('success')
    fakeGitHub.clearFaults()
    expect(answers()).toEqual([expect.stringContaining('no failure in 2 runs')])
  })

  test('is given up after ten failures of GitHub; the answer says so with the results so far, and the next hunt starts', async () => {
    const { comment, completeRun, pass, countReruns, answers, fakeGitHub, clock } = await startHuntApp()
    await comment('/hunt unit 3')
    await completeRun('success')
    fakeGitHub.failNext({ path: /\/actions\/runs\/\d+$/, status: 502, times: 10 })
    for (let i = 0; i < 10; i++) await pass(61)
    expect(await results()).toEqual([expect.stringMatching(/^given up: /)])
    expect(await readHunts()).toMatchObject([
      { ending: 'interrupted', ended_at: iso(clock.now), missed: false },
    ])
    expect(answers()).toEqual([
      expect.stringContaining(
        'The hunt stopped early: it could not continue after 10 attempts; GitHub’s last answer was `Server Error`.',
      ),
    ])
    expect(answers()[0]).toContain('no failure in 1 run')
    // The re-run that was in progress completes, and still does not count.
    const before = await readDerived()
    await completeRun('failure')
    expect(await readDerived()).toEqual(before)
    await comment('/hunt lint 1')
    expect(countReruns()).toBe(3)
    await completeRun('success')
    expect(answers()).toHaveLength(2)
  })

  test('that is given up before GitHub accepted a re-run marks no attempt as hunted', async () => {
    const { comment, pass, fakeGitHub, clock } = await startHuntApp()
    fakeGitHub.failNext({ path: /\/rerun$/, status: 502, times: 10 })
    fakeGitHub.failNext({ method: 'PATCH', path: /\/issues\/comments\//, status: 403 })
    await comment('/hunt unit 1')
    for (let i = 0; i < 9; i++) await pass(61)
    expect(await results()).toEqual([expect.stringMatching(/^given up: /)])
    expect(await readHunts()).toMatchObject([{ ending: 'interrupted', ended_at: iso(clock.now) }])
    expect(await db().selectFrom('hunted_attempt').selectAll().execute()).toEqual([])
  })

  test('ends when the app is uninstalled from the repository', async () => {
    const { comment, pass, clock } = await startHuntApp()
    await comment('/hunt unit 3')
    await db()
      .updateTable('repository')
      .set({ removed_at: iso(clock.now) })
      .execute()
    await pass(5)
    expect(await results()).toEqual(['the app is not installed there'])
    expect(await readHunts()).toMatchObject([{ ending: 'interrupted', ended_at: iso(clock.now) }])
  })

  test('waits for an attempt that a person started, and that attempt counts', async () => {
    const { run, comment, completeRun, sendAttempt, pass, countReruns, answers, repository } =
      await startHuntApp()
    // A person has re-run the workflow, and the attempt is in progress when the hunt is requested.
    const [unit, lint] = newestAttempt(run).jobs
    const again = { status: 'in_progress', conclusion: null, startedAt: at(62), completedAt: null } as const
    const jobs = [{ ...unit, ...again, id: 88_001 }, { ...lint }] as WorkflowJob[]
    run.attempts.push({ ...newestAttempt(run), ...again, attempt: 2, jobs, updatedAt: at(62) })
    const check = repository.checkRuns.get(unit?.id ?? 0)
    if (check) repository.checkRuns.set(88_001, { ...check, ...again, id: 88_001 })
    await comment('/hunt unit 1')
    expect(countReruns()).toBe(0)
    const ended = { status: 'completed', conclusion: 'success', completedAt: at(68) } as const
    Object.assign(jobs[0] ?? {}, ended)
    Object.assign(newestAttempt(run), ended)
    await sendAttempt(68)
    await pass(11)
    expect(countReruns()).toBe(1)
    expect((await readDerived()).flakes).toHaveLength(1)
    await completeRun('failure')
    expect(answers()[0]).toContain('1 of 1 run failed')
    expect((await readDerived()).runs).toHaveLength(3)
  })

  test('waits until the previous hunt in the repository has ended', async () => {
    const { comment, completeRun, countReruns } = await startHuntApp()
    await comment('/hunt unit 1')
    await comment('/hunt lint 1')
    expect(countReruns()).toBe(1)
    await completeRun('success')
    expect(countReruns()).toBe(2)
    await completeRun('success')
    expect((await readHunts()).map((hunt) => [hunt.name, hunt.ended_at !== null])).toEqual([
      ['unit-#7', true],
      ['lint-#7', true],
    ])
  })

  test('stops when the pull request gets a new commit, and the answer has the results so far', async () => {
    const { comment, completeRun, countReruns, answers, repository } = await startHuntApp()
    await comment('/hunt unit 4')
    await completeRun('success')
    const pull = repository.issues.get(7)?.pull
    if (pull) pull.head.sha = 'b'.repeat(40)
    await completeRun('success')
    expect(countReruns()).toBe(2)
    expect(answers()[0]).toContain('no failure in 2 runs')
    expect(answers()[0]).toContain('The hunt stopped early: the pull request has a newer commit.')
  })
})

describe('/hunt is refused with a sentence', () => {
  test.each<[string, (app: TestApp) => void, string, RegExp]>([
    [
      'to people without write permission',
      ({ repository }) => repository.permissions.set('octocat', 'read'),
      '/hunt unit',
      /only people with write permission/,
    ],
    ['without a job', () => {}, '/hunt', /^Name a job: `\/hunt JOB`/],
    [
      'for a job without a result',
      () => {},
      '/hunt e2e @acme/all',
      /no job `e2e @acme\/all` at aaaaaaa\. Its jobs are `lint`, `unit`\./,
    ],
    [
      'without the permission to re-run workflows',
      ({ fakeGitHub: { state } }) => {
        for (const { permissions } of state.installations.values()) permissions.actions = 'read'
      },
      '/hunt unit',
      /the app needs the permission \*\*Actions: write\*\*/,
    ],
  ])('%s', async (_name, prepare, body, sentence) => {
    const app = await startHuntApp()
    prepare(app)
    await app.comment(body)
    expect(app.answers()).toEqual([expect.stringMatching(sentence)])
    expect(app.run.attempts).toHaveLength(1)
    expect(await db().selectFrom('hunted_attempt').selectAll().execute()).toEqual([])
  })
})

test('/hunt is refused once the minutes of the day are used up', async () => {
  const { comment, completeRun, pass, countReruns, answers } = await startHuntApp(
    'hunt: { enabled: true, max_minutes: 2 }',
  )
  await comment('/hunt unit')
  await completeRun('success')
  expect(answers()[0]).toContain('its minutes are used up')
  await comment('/hunt unit')
  expect(countReruns()).toBe(1)
  await pass(24 * 60)
  await comment('/hunt unit')
  expect(countReruns()).toBe(2)
})

test('/hunt is only recorded unless the settings switch it on', async () => {
  const { comment, countReruns, answers } = await startHuntApp('required: [unit]')
  await comment('/hunt unit')
  expect([answers(), countReruns(), await results()]).toEqual([[], 0, ['only recorded: hunt.enabled is off']])
})
