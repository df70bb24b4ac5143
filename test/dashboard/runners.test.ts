/** A runner on which a job fails more often stands out, from the webhook to the page. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rateRunners } from '../../src/dashboard/pages/runners.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { addFacts } from '../../src/db/facts.ts'
import { startTestApp } from '../support/app.ts'
import { aDelivery, checkRunDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'
import { at, HEAD } from '../support/facts.ts'
import { aJob, app, aRepository, aRun, openFixture } from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db
    .insertInto('job')
    .values([
      aJob({ app: 'github-actions' }),
      aJob({ job_id: 12, app: 'github-actions' }),
      aJob({ job_id: 13 }),
    ])
    .execute()
  const shaOf = (i: number) => i.toString(16).padStart(40, '0')
  await db
    .insertInto('run')
    .values(
      Array.from({ length: 40 }, (_, i) =>
        // The last ten runs are on a runner that fails six times in ten.
        aRun({
          run_key: `check:${i + 1}:1770000000`,
          head_sha: shaOf(i),
          outcome: i >= 34 ? 'fail' : 'pass',
        }),
      ),
    )
    .execute()
  const jobs = Array.from({ length: 40 }, (_, i) => ({
    repository_id: 1,
    head_sha: shaOf(i),
    check_run_id: i + 1,
    run_id: 1,
    attempt: 1,
    name: 'unit',
    conclusion: 'success',
    runner: i >= 30 ? 'rack-7' : 'rack-1',
    had_runner: true,
    steps: null,
    failed_steps: 0,
    cancelled_steps: 0,
    started_at: null,
    completed_at: '2026-02-03T10:00:00Z',
  }))
  // Delivered twice, counted once.
  for (let i = 0; i < 2; i++)
    await db.transaction().execute((trx) => addFacts(trx, [{ workflow_job: jobs }], { tasks: false }))
})
afterAll(() => database.close())

async function text(path: string): Promise<string> {
  const page = await (await app({ db: database.db }).request(path)).text()
  return page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

test('the job’s page names the runner, with its failures and runs', async () => {
  const page = await text('/acme/web/jobs/11')
  expect(page).toContain('rack-7 stands out: the job failed there in 60% of 10 runs')
  expect(page).toMatch(/rack-7 stands out 6 \(60%\) 31\.3% to 83\.2% 10 .* rack-1 0 \(0%\)/)
  expect(page).not.toContain('rack-1 stands out')
})

test('the runner is known from a webhook half a minute before or after the job’s result', async () => {
  const { app: running, send, passTo } = await startTestApp()
  const workflow_job = {
    id: 42,
    head_sha: HEAD,
    runner_name: 'rack-9',
    runner_group_name: 'Default',
    // The check run has another completion time.
    completed_at: at(10.5),
  }
  const statuses = await send(
    pullRequestDelivery(),
    aDelivery('workflow_job', { action: 'completed', repository: REPOSITORY, workflow_job }),
    checkRunDelivery({ id: 42, conclusion: 'failure' }),
  )
  expect(statuses).toEqual([202, 202, 202])
  await passTo(60)
  const { job_id } = await running.deps.db.selectFrom('job').select('job_id').executeTakeFirstOrThrow()
  const path = `/api/v1/repositories/acme/widgets/jobs/${job_id}`
  const answer = (await (await fetch(running.url + path)).json()) as { runners: unknown[] }
  expect(answer.runners).toMatchObject([{ runner: 'rack-9', fails: 1, passes: 0 }])
})

test('the CSV table agrees with the API', async () => {
  const site = app({ db: database.db })
  const csv = await (await site.request('/api/v1/repositories/acme/web/jobs/11/runners.csv')).text()
  expect(csv.trim().split('\r\n').sort()).toEqual([
    'rack-1,0,30,2026-02-03T10:00:00.000Z',
    'rack-7,6,4,2026-02-03T10:00:00.000Z',
    'runner,fails,passes,last_at',
  ])
  const { runners } = JSON.parse(await text('/api/v1/repositories/acme/web/jobs/11'))
  expect(runners).toHaveLength(2)
  expect((await site.request('/api/v1/repositories/acme/web/jobs/99/runners.csv')).status).toBe(404)
})

test('the page says so if no runner is known', async () => {
  expect(await text('/acme/web/jobs/12')).toContain('No self-hosted runners reported')
  expect(await text('/acme/web/jobs/13')).toContain('does not report its runners to GitHub')
})

test('neither a lone runner nor a single unlucky run stands out', () => {
  const record = { last_at: '2026-02-03T10:00:00Z' }
  expect(rateRunners([{ ...record, runner: 'a', fails: 9, passes: 1 }])[0]?.standsOut).toBe(false)
  const two = rateRunners([
    { ...record, runner: 'a', fails: 1, passes: 0 },
    { ...record, runner: 'b', fails: 1, passes: 9 },
  ])
  expect(two.map((one) => one.standsOut)).toEqual([false, false])
})
