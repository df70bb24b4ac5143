import { expect, test } from 'vitest'
import { translate } from '../../../src/intake/events/translate.ts'

const received = { guid: 'g', event: 'workflow_job', at: '2026-02-02T09:00:00.000Z' }

function told(job: object, action = 'completed') {
  const workflow_job = {
    id: 42,
    head_sha: 'a'.repeat(40),
    runner_name: 'rack-7',
    runner_group_name: 'Default',
    completed_at: '2026-02-02T08:59:00Z',
    ...job,
  }
  const result = translate({ action, repository: { id: 1, full_name: 'acme/web' }, workflow_job }, received)
  return result.outcome === 'facts' ? result.facts.runner : result.outcome
}

test('a finished job has the self-hosted runner that it ran on', () => {
  expect(told({})).toEqual([
    {
      repository_id: 1,
      head_sha: 'a'.repeat(40),
      check_run_id: 42,
      name: 'rack-7',
      reported_at: '2026-02-02T08:59:00.000Z',
    },
  ])
})

test.each([
  ['has not ended', {}, 'in_progress'],
  ['never got a runner', { runner_name: null }, 'completed'],
  ['ran on a machine of GitHub’s', { runner_group_name: 'GitHub Actions' }, 'completed'],
  [
    'ran on one whose group is not told',
    { runner_name: 'GitHub Actions 4', runner_group_name: null },
    'completed',
  ],
])('a job that %s tells none', (_what, job, action) => {
  expect(told(job, action)).toBe('ignored')
})
