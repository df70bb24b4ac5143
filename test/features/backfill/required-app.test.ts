/** `scan` asks which app a required check belongs to before anything is derived. */
import { expect, test } from 'vitest'
import { addPull, shaOf } from '../../../fake-github/seed.ts'
import { ACTIONS_APP_ID, addCheckRun, addCheckSuite, addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { DAY, job, OTHER_CI, startScans, type TestScans, time } from '../../support/scan.ts'

/** A job of Actions and one of another app, both named `unit` and both flaky; a ruleset requires that of Actions. */
async function startWithTwoApps(): Promise<TestScans> {
  const on = await startScans(DAY)
  const { state } = on.fakeGitHub
  const sha = shaOf('two apps')
  addPull(state, on.repository, { number: 1, title: 'Change', user: 'octocat', at: time(5), sha })
  addWorkflowRun(state, on.repository, {
    ...{ name: 'CI', sha, at: time(6), branch: 'change-1' },
    attempts: [[job('unit', 'success', 20)]],
  })
  const suite = addCheckSuite(state, on.repository, sha, time(6), { appId: OTHER_CI })
  addCheckRun(state, on.repository, suite, job('unit', 'failure', 15))
  addCheckRun(state, on.repository, suite, job('unit', 'success', 25))
  const checks = [{ context: 'unit', integrationId: ACTIONS_APP_ID }]
  const ruleset = { id: 5, name: 'tests', source: 'Repository', enforcement: 'active' } as const
  on.repository.rulesets.push({ ...ruleset, branches: ['~DEFAULT_BRANCH'], checks })
  return on
}

test('the first scan does not count a job of another app that is named like a required check', async () => {
  const on = await startWithTwoApps()
  const first = await on.scan()
  expect(first.flakes).toEqual([])
  expect(first.windows.week.map((week) => [week.prs, week.flakes])).toEqual([[1, 0]])
  on.clock.minute += 60
  expect((await on.scan()).flakes).toEqual([])
})

test('a list that was stored without the name of the app is corrected, and no list is added', async () => {
  const on = await startWithTwoApps()
  await on.scan()
  const { db } = on.database
  const required = await db.selectFrom('required_jobs').selectAll().execute()
  const nameless = JSON.stringify([{ name: 'unit', app: null, integration_id: ACTIONS_APP_ID }])
  await db.updateTable('required_jobs').set({ jobs: nameless }).execute()
  on.clock.minute += 60
  expect((await on.scan()).flakes).toEqual([])
  expect(await db.selectFrom('required_jobs').selectAll().execute()).toEqual(required)
})
