/** What CI systems write in descriptions when a run was stopped, and texts that look alike but report a failure. */
import { describe, expect, test } from 'vitest'
import { readOutcome } from '../../src/domain/outcome.ts'
import { aStatus } from '../support/facts.ts'

/** A status of a CI other than Prow. */
function read(state: string, description: string | null, outcomes: Parameters<typeof readOutcome>[1] = []) {
  return readOutcome(aStatus({ state, description, url: 'https://ci.example.org/7' }), outcomes)
}

describe('a run that was stopped', () => {
  test.each([
    'Aborted by trigger plugin.',
    'octocat successfully aborted pull-unit.',
    'Successfully aborted pull-unit.',
    'Jenkins job aborted.',
    'Aborted as the newer version of this job is running.',
    'PipelineRun "unit-x7" was cancelled',
    'TaskRun "unit-x7" was cancelled',
    'Tasks Completed: 3 (Failed: 0, Cancelled 1), Skipped: 2',
    'Your CircleCI tests were canceled',
    'The build of this commit was aborted',
    'The Travis CI build was canceled',
    'Build #12 canceled (5 minutes, 1 second)',
    'Build 12 canceled',
    'Build (#12) was aborted',
    'Pipeline canceled on GitLab',
    'Canceled',
    'Canceled: newer commit pushed',
    'Cancelled by octocat',
    'Superseded by #12',
    'Job was cancelled because a newer one was queued',
    'Build stopped by octocat',
    'aborted',
    'Job triggered.',
    'Jenkins job running.',
    'Pipeline running stage(s): unit',
  ])('says so: %s', (description) => {
    expect(read('failure', description)).toEqual({ outcome: 'aborted', reason: 'aborted', isRun: true })
  })
})

describe('a run that failed', () => {
  test.each([
    null,
    '',
    '3 tests failed, 2 cancelled',
    '2 tests were cancelled',
    '12 passed, 1 aborted',
    'Cancelled tests: 4',
    'tests cancelled 3',
    'Pod running timeout.',
    'Aborted (core dumped)',
    'Test aborted after 3 failures',
    'tests: connection aborted',
    'unit: job cancelled event not received',
    'e2e: cancelled order stays in the cart',
    'Container stopped',
    'The build was not cancelled',
    'PipelineRun "unit-x7" failed to finish within "1h0m0s"',
    'Tasks Completed: 3 (Failed: 1, Cancelled 1), Skipped: 2',
    'This commit failed tests or other validations',
    'There was a failure building this commit',
  ])('is a failure: %j', (description) => {
    expect(read('failure', description)).toEqual({ outcome: 'fail', reason: null, isRun: true })
  })
})

test.each([
  ['Permission denied', 'skipped', 'not permitted to run'],
  ['pipelinerun start failure', 'infra', 'could not be started'],
])('a failure "%s" executed nothing', (description, outcome, reason) => {
  expect(read('failure', description)).toEqual({ outcome, reason, isRun: true })
})

describe('an error', () => {
  test.each([
    ['This commit cannot be built', 'fail'],
    ['The build of this commit was aborted', 'aborted'],
    ['Something is wrong with the build of this commit', 'infra'],
    ['Your CircleCI tests were canceled', 'aborted'],
    ['Pod scheduling timeout.', 'infra'],
    ['Anything else', 'infra'],
    [null, 'infra'],
  ])('%j is %s', (description, outcome) => {
    expect(read('error', description)).toMatchObject({ outcome, isRun: true })
  })

  test('means what the settings say about the job, unless the run was stopped', () => {
    const outcomes = [
      { job: 'other', error: 'skipped' as const },
      { job: '*', error: 'fail' as const },
    ]
    expect(read('error', 'Anything else', outcomes)).toEqual({ outcome: 'fail', reason: null, isRun: true })
    expect(read('error', 'Build was aborted', outcomes)).toMatchObject({ outcome: 'aborted' })
    expect(read('failure', 'Anything else', outcomes)).toMatchObject({ outcome: 'fail' })
    expect(read('error', null, [{ job: '*', error: 'infra' }])).toMatchObject({
      reason: 'infrastructure error',
    })
  })
})
