import { expect, test } from 'vitest'
import { translate } from '../../../src/intake/events/translate.ts'

const received = { guid: 'g', event: 'workflow_job', at: '2026-02-02T09:00:00.000Z' }

function factsOf(job: object, action = 'completed') {
  const workflow_job = {
    id: 42,
    run_id: 7,
    run_attempt: 2,
    name: 'unit',
    head_sha: 'a'.repeat(40),
    conclusion: 'success',
    runner_id: 3,
    runner_name: 'GitHub Actions 3',
    runner_group_name: 'GitHub Actions',
    started_at: '2026-02-02T08:50:00Z',
    completed_at: '2026-02-02T08:59:00Z',
    steps: [{ conclusion: 'success' }],
    ...job,
  }
  const result = translate({ action, repository: { id: 1, full_name: 'acme/web' }, workflow_job }, received)
  return result.outcome === 'facts' ? result.facts.workflow_job : result.outcome
}

test('a job on a self-hosted runner has the name of that runner', () => {
  expect(factsOf({ runner_name: 'rack-7', runner_group_name: 'Default' })).toEqual([
    {
      repository_id: 1,
      head_sha: 'a'.repeat(40),
      check_run_id: 42,
      run_id: 7,
      attempt: 2,
      name: 'unit',
      conclusion: 'success',
      runner: 'rack-7',
      had_runner: true,
      steps: 1,
      failed_steps: 0,
      cancelled_steps: 0,
      started_at: '2026-02-02T08:50:00.000Z',
      completed_at: '2026-02-02T08:59:00.000Z',
    },
  ])
})

test('a job that failed or was cancelled says what became of its steps', () => {
  const steps = ['success', 'failure', 'cancelled', 'cancelled', null].map((conclusion) => ({ conclusion }))
  for (const conclusion of ['failure', 'cancelled', 'timed_out'])
    expect(factsOf({ conclusion, steps })).toMatchObject([
      { conclusion, runner: null, had_runner: true, steps: 5, failed_steps: 1, cancelled_steps: 2 },
    ])
})

test('a job that no machine took has neither runner nor steps', () => {
  const nothing = { conclusion: 'failure', runner_id: 0, runner_name: '', runner_group_name: '', steps: [] }
  expect(factsOf(nothing)).toMatchObject([{ had_runner: false, steps: 0 }])
})

test('a payload without runner and steps says nothing about them', () => {
  const silent = { conclusion: 'failure', runner_id: undefined, runner_name: undefined, steps: undefined }
  expect(factsOf(silent)).toMatchObject([{ had_runner: true, steps: null }])
})

test.each([
  ['has not ended', { conclusion: null }, 'in_progress'],
  ['succeeded on one of GitHub’s machines', {}, 'completed'],
  ['succeeded on a machine whose group is not named', { runner_group_name: null }, 'completed'],
  ['succeeded without a runner', { runner_id: null, runner_name: null }, 'completed'],
])('a job that %s has no facts', (_what, job, action) => {
  expect(factsOf(job, action)).toBe('ignored')
})
