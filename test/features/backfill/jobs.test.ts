/** The jobs of attempts that did not succeed are read: they show failures that executed nothing. */
import { expect, test } from 'vitest'
import { addPull, shaOf } from '../../../fake-github/seed.ts'
import { addCheckSuite, addWorkflowRun, type JobSeed } from '../../../fake-github/seed-ci.ts'
import { DAY, job, startScans, type TestScans, time } from '../../support/scan.ts'

/** A pull request with one run of Actions. */
function addRun(on: TestScans, number: number, ...attempts: JobSeed[][]): void {
  const sha = shaOf(`pull ${number}`)
  const seed = { number, title: `Change ${number}`, user: 'octocat', at: time(number * 60), sha }
  addPull(on.fakeGitHub.state, on.repository, seed)
  const run = { name: 'CI', sha, at: time(number * 60 + 1), branch: `change-${number}` }
  addWorkflowRun(on.fakeGitHub.state, on.repository, { ...run, attempts })
}

test('a job that failed without a runner is no failure, and one with a failed step is', async () => {
  const on = await startScans(2 * DAY)
  const never = { ...job('unit', 'failure', 70), runnerName: null, steps: [] }
  addRun(on, 1, [never], [job('unit', 'success', 90)])
  addRun(on, 2, [job('unit', 'failure', 130)], [job('unit', 'success', 150)])
  const { flakes } = await on.scan()
  expect(flakes.map((flake) => flake.pull_request)).toEqual([2])
})

test('jobs are read once for each attempt that did not succeed', async () => {
  const on = await startScans(2 * DAY)
  for (let number = 1; number <= 10; number++) {
    const first = job('unit', number <= 4 ? 'failure' : 'success', number * 60 + 10)
    addRun(on, number, [first], ...(number <= 2 ? [[job('unit', 'success', number * 60 + 20)]] : []))
  }
  await on.scan()
  const jobs = () => on.requests().filter((request) => request.endsWith('/jobs'))
  expect(jobs()).toHaveLength(4)
  on.clock.minute += 60
  await on.scan()
  expect(jobs()).toEqual([])
})

test('a failed check suite without check runs, as after fifty re-runs, is no result', async () => {
  const on = await startScans(2 * DAY)
  addRun(on, 1, [job('unit', 'success', 70)])
  const suite = { conclusion: 'failure' } as const
  addCheckSuite(on.fakeGitHub.state, on.repository, shaOf('pull 1'), time(80), suite)
  const { flakes, windows } = await on.scan()
  expect(flakes).toEqual([])
  expect(windows.day.map((day) => [day.prs, day.flakes])).toEqual([[1, 0]])
  const runs = await on.database.db.selectFrom('run').select('outcome').execute()
  expect(runs).toEqual([{ outcome: 'pass' }])
})
