/** What workflow runs and workflow jobs add to the check runs of Actions. */
import { describe, expect, test } from 'vitest'
import { timeLimitsOf } from '../../src/domain/actions.ts'
import type { Observation, WorkflowJobFact, WorkflowRunFact } from '../../src/domain/facts.ts'
import { readRuns } from '../../src/domain/read-runs.ts'
import { aCheckRun, at, aWorkflowJob, aWorkflowRun } from '../support/facts.ts'

/** A check run from one minute to another. */
function ran(id: number, name: string, [from, to]: [number, number], state: string): Observation {
  return aCheckRun({ id, name, state, minute: to, started_at: at(from) })
}

/** `name outcome (reason)` of each run. */
function read(
  observations: Observation[],
  workflowRuns: WorkflowRunFact[] = [aWorkflowRun()],
  more: Parameters<typeof readRuns>[2] = {},
): string[] {
  return readRuns(observations, workflowRuns, more).map(
    ({ job, outcome, reason }) => `${job.name} ${outcome}${reason ? ` (${reason})` : ''}`,
  )
}

describe('a failure', () => {
  const failed = [ran(1, 'unit', [5, 10], 'failure')]
  const readWith = (job: Partial<WorkflowJobFact>) =>
    read(failed, undefined, { workflowJobs: [aWorkflowJob(job)] })

  test('without a runner and a step executed nothing', () => {
    expect(readWith({ had_runner: false, steps: 0, failed_steps: 0 })).toEqual(['unit infra (no runner)'])
  })

  test('in which no step failed and some were cancelled lost its runner', () => {
    expect(readWith({ failed_steps: 0, cancelled_steps: 1 })).toEqual(['unit infra (runner lost)'])
  })

  test.each<[string, Partial<WorkflowJobFact>]>([
    ['a step failed', {}],
    ['a step failed and others were cancelled', { cancelled_steps: 2 }],
    ['no step is said to have failed', { failed_steps: 0 }],
    ['it had a runner and its steps are not listed', { steps: null, failed_steps: 0, cancelled_steps: 0 }],
    ['it had a runner and no steps', { steps: 0, failed_steps: 0 }],
    ['the facts are about another job', { check_run_id: 2, had_runner: false, steps: 0, failed_steps: 0 }],
  ])('stays a failure when %s', (_rule, job) => {
    expect(readWith(job)).toEqual(['unit fail'])
  })

  test('of GitHub’s own timeout stays a failure', () => {
    const observations = [ran(1, 'unit', [5, 10], 'timed_out')]
    const workflowJobs = [aWorkflowJob({ conclusion: 'timed_out', failed_steps: 0, cancelled_steps: 1 })]
    expect(read(observations, undefined, { workflowJobs })).toEqual(['unit fail'])
  })
})

describe('in an attempt that was cancelled', () => {
  const cancelled = aWorkflowRun({ conclusion: 'cancelled' })
  const build = ran(1, 'build', [1, 5], 'cancelled')

  test('a failure that started after a cancelled job only repeats the cancellation', () => {
    expect(read([build, ran(2, 'gate', [6, 7], 'failure')], [cancelled])).toEqual([
      'build aborted (cancelled)',
      'gate aborted (cancelled with its workflow run)',
    ])
  })

  test.each<[string, Observation, WorkflowRunFact]>([
    ['started before', ran(2, 'unit', [2, 3], 'failure'), cancelled],
    ['ran while the other was cancelled', ran(2, 'unit', [2, 8], 'failure'), cancelled],
    ['belongs to another suite', { ...ran(2, 'unit', [6, 7], 'failure'), suite_id: 501 }, cancelled],
    ['belongs to another app', { ...ran(2, 'unit', [6, 7], 'failure'), app: 'jenkins' }, cancelled],
    [
      'is in an attempt that failed',
      ran(2, 'unit', [6, 7], 'failure'),
      aWorkflowRun({ conclusion: 'failure' }),
    ],
  ])('a failure that %s is its own', (_rule, failure, workflowRun) => {
    expect(read([build, failure], [workflowRun])).toContain('unit fail')
  })

  test('only the failures of that attempt are read so', () => {
    const again = aWorkflowRun({ attempt: 2, started_at: at(20), conclusion: 'failure' })
    expect(read([build, ran(2, 'unit', [21, 25], 'failure')], [cancelled, again])).toContain('unit fail')
  })
})

describe('a job that reached its time limit', () => {
  const observations = [ran(1, 'unit', [0, 30], 'cancelled')]
  const job = aWorkflowJob({
    conclusion: 'cancelled',
    started: 0,
    minute: 30,
    failed_steps: 0,
    cancelled_steps: 1,
  })
  const timeLimits = [{ name: 'unit', workflow: '.github/workflows/ci.yml', minutes: 30 }]
  const failed = aWorkflowRun({ conclusion: 'failure' })

  test('failed, although GitHub reports it as cancelled', () => {
    expect(read(observations, [failed], { workflowJobs: [job], timeLimits })).toEqual([
      'unit fail (timed out)',
    ])
  })

  test.each<[string, WorkflowRunFact[], Partial<WorkflowJobFact>, typeof timeLimits]>([
    ['somebody cancelled its workflow run', [aWorkflowRun({ conclusion: 'cancelled' })], {}, timeLimits],
    [
      'the end of its workflow run is unknown',
      [aWorkflowRun({ action: 'requested', conclusion: null })],
      {},
      timeLimits,
    ],
    ['two steps were cancelled', [failed], { cancelled_steps: 2 }, timeLimits],
    ['no other run was cancelled after as many minutes', [failed], {}, []],
    [
      'runs of another job were',
      [failed],
      {},
      [{ name: 'e2e', workflow: '.github/workflows/ci.yml', minutes: 30 }],
    ],
    ['runs of another workflow were', [failed], {}, [{ name: 'unit', workflow: 'other.yml', minutes: 30 }]],
    ['its start is unknown', [failed], { started_at: null }, timeLimits],
  ])('was aborted when %s', (_rule, workflowRuns, more, limits) => {
    const workflowJobs = [{ ...job, ...more }]
    expect(read(observations, workflowRuns, { workflowJobs, timeLimits: limits })).toEqual([
      'unit aborted (cancelled)',
    ])
  })

  const stopped = (run_id: number, seconds: number, more: object = {}) => ({
    ...{ name: 'unit', workflow: 'ci.yml', run_id, started_at: at(0), completed_at: at(seconds / 60) },
    ...more,
  })

  test('shows in two runs that ended within the same minute', () => {
    expect(timeLimitsOf([stopped(1, 1800), stopped(2, 1859)])).toEqual([
      { name: 'unit', workflow: 'ci.yml', minutes: 30 },
    ])
  })

  test.each([
    ['one run', [stopped(1, 1800)]],
    ['one run that was reported twice', [stopped(1, 1800), stopped(1, 1800)]],
    ['runs of different lengths', [stopped(1, 1799), stopped(2, 1800)]],
    ['runs of two jobs', [stopped(1, 1800), stopped(2, 1800, { name: 'e2e' })]],
    ['runs of two workflows', [stopped(1, 1800), stopped(2, 1800, { workflow: 'other.yml' })]],
    ['runs of less than a minute', [stopped(1, 40), stopped(2, 50)]],
  ])('does not show in %s', (_what, jobs) => {
    expect(timeLimitsOf(jobs)).toEqual([])
  })
})

describe('a copy made by a partial re-run', () => {
  const original = ran(1, 'unit', [5, 10], 'failure')

  test('is the same run', () => {
    expect(read([original, { ...original, run_key: original.run_key.replace(':1:', ':9:') }])).toEqual([
      'unit fail',
    ])
  })

  test('has the identity of the first report', () => {
    const copy = { ...original, run_key: original.run_key.replace(':1:', ':9:') }
    for (const observations of [
      [original, copy],
      [copy, original],
    ])
      expect(readRuns(observations, [])[0]?.key).toBe(original.run_key)
  })

  test.each<[string, Observation]>([
    ['another name', ran(9, 'lint', [5, 10], 'failure')],
    ['another start', ran(9, 'unit', [6, 10], 'failure')],
    ['another conclusion', ran(9, 'unit', [5, 10], 'success')],
    ['another suite', { ...ran(9, 'unit', [5, 10], 'failure'), suite_id: 501 }],
  ])('has nothing different: with %s it is a run of its own', (_what, other) => {
    expect(read([original, other])).toHaveLength(2)
  })
})

describe('attempts that are only reported when they end', () => {
  const first = aWorkflowRun({ started_at: at(10), conclusion: 'cancelled' })
  const second = aWorkflowRun({ attempt: 2, started_at: at(30), conclusion: 'failure' })

  test('are recognised by a job that started before the first of them', () => {
    const observations = [
      ran(1, 'build', [1, 5], 'cancelled'),
      ran(2, 'gate', [6, 7], 'failure'),
      ran(3, 'unit', [20, 25], 'failure'),
    ]
    expect(read(observations, [first, second])).toEqual([
      'build aborted (cancelled)',
      'gate aborted (cancelled with its workflow run)',
      'unit fail',
    ])
  })

  test('do not tell which runs belong to one attempt', () => {
    const runs = readRuns(
      [ran(1, 'unit', [1, 5], 'failure'), ran(2, 'unit', [20, 25], 'success')],
      [first, second],
    )
    expect(runs.map(({ attempt }) => attempt)).toEqual([null, null])
  })
})

test('a run belongs to an attempt for certain when the next attempt is known too', () => {
  const attempts = [aWorkflowRun(), aWorkflowRun({ attempt: 2, started_at: at(15) })]
  const observations = [ran(1, 'unit', [1, 5], 'failure'), ran(2, 'unit', [20, 25], 'success')]
  expect(readRuns(observations, attempts).map(({ attempt }) => attempt)).toEqual([1, null])
  expect(readRuns(observations, [aWorkflowRun()]).map(({ attempt }) => attempt)).toEqual([null, null])
})
