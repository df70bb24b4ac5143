/** Runs from the reports about them: one or many, in any order, which may disagree. */
import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/domain/facts.ts'
import { readRuns } from '../../src/domain/read-runs.ts'
import { byCompletion, jobKey } from '../../src/domain/run.ts'
import { aCheckRun, aRun, aStatus, at, aWorkflowRun, BASE, ms, OTHER_BASE } from '../support/facts.ts'

const outcomes = (...observations: Observation[]) => readRuns(observations, []).map((run) => run.outcome)

describe('one run', () => {
  test('reported twice with the same outcome is one run', () => {
    expect(outcomes(aCheckRun(), aCheckRun())).toEqual(['pass'])
  })

  test('of an app that runs again under the same check run id is another run', () => {
    const first = aCheckRun({ app: 'jenkins', state: 'failure', minute: 10 })
    const again = aCheckRun({ app: 'jenkins', state: 'success', minute: 20 })
    expect(outcomes(again, first)).toEqual(['fail', 'pass'])
  })

  test('with two outcomes has the one reported last by GitHub’s clock, whichever arrived first', () => {
    const first = aCheckRun({ state: 'success', reported_at: at(10) })
    const last = aCheckRun({ state: 'failure', reported_at: at(12) })
    expect(outcomes(first, last)).toEqual(['fail'])
    expect(outcomes(last, first)).toEqual(['fail'])
  })

  test('keeps its completion time when a later report changes the outcome', () => {
    const first = aCheckRun({ state: 'success', reported_at: at(10) })
    const last = aCheckRun({ state: 'failure', reported_at: at(12) })
    expect(readRuns([first, last], [])[0]?.completedAt).toBe(ms(10))
  })

  test('of a status posted green again with the same target_url is dated by the first time', () => {
    const green = aStatus({ minute: 10 })
    const again = aStatus({ minute: 40, description: `Job succeeded. BaseSHA:${OTHER_BASE}` })
    const [run, another] = readRuns([again, green], [])
    expect(run).toMatchObject({ outcome: 'pass', completedAt: ms(10) })
    expect(another).toBeUndefined()
  })

  test('of a status that turned from red to green at the same target_url is the green, dated by the green', () => {
    const red = aStatus({ state: 'failure', description: 'Job failed.', minute: 10 })
    const green = aStatus({ minute: 11 })
    expect(readRuns([green, red], [])).toMatchObject([{ outcome: 'pass', completedAt: ms(11) }])
  })

  test('of two statuses of the same second has the outcome of the one with the higher id', () => {
    const red = aStatus({ state: 'failure', description: 'Job failed.', id: 2 })
    const green = aStatus({ state: 'success', id: 1 })
    expect(outcomes(red, green)).toEqual(['fail'])
    expect(outcomes(green, red)).toEqual(['fail'])
  })

  test('started when its status was first pending', () => {
    const pending = aStatus({ state: 'pending', description: 'Job triggered.', minute: 3 })
    const stillPending = aStatus({ state: 'pending', description: 'Job triggered.', minute: 5 })
    const [run] = readRuns([stillPending, aStatus(), pending], [])
    expect(run?.startedAt).toBe(ms(3))
  })

  test('that is only pending is not a run yet', () => {
    expect(outcomes(aStatus({ state: 'pending' }))).toEqual([])
  })
})

describe('a label on a job', () => {
  const failed = aStatus({ state: 'failure', description: 'Job failed.', minute: 10 })
  const override = aStatus({ description: 'Overridden by octocat', minute: 20 })

  test('does not change the run under the same target_url: the failure stays', () => {
    expect(outcomes(failed, override)).toEqual(['fail', 'skipped'])
  })

  test('does not hide a pass that comes later', () => {
    const later = aStatus({ build: 2, minute: 30 })
    expect(outcomes(later, override, failed)).toEqual(['fail', 'skipped', 'pass'])
  })

  test('that was cancelled again is not a failure', () => {
    const cancelled = aStatus({ state: 'failure', description: 'Override cancelled by octocat', minute: 25 })
    expect(outcomes(override, cancelled).sort()).toEqual(['skipped', 'skipped'])
  })
})

describe('runs of one second', () => {
  const one = aCheckRun({ id: 1, state: 'failure' })
  const two = aCheckRun({ id: 2, state: 'success' })

  test('have the same order whichever arrived first', () => {
    expect(readRuns([one, two], [])).toEqual(readRuns([two, one], []))
  })

  test('are ordered by their start where that is known', () => {
    const late = aRun({ key: 'a', startedAt: ms(2) })
    const early = aRun({ key: 'b', startedAt: ms(1) })
    expect([late, early].sort(byCompletion)).toEqual([early, late])
  })
})

describe('the job of an Actions run', () => {
  const pullRequest = aWorkflowRun()
  const push = aWorkflowRun({ run_id: 501, suite_id: 501, event: 'push' })

  test('takes workflow and event from the workflow run of its suite', () => {
    const [run] = readRuns([aCheckRun()], [pullRequest])
    expect(run?.job).toMatchObject({ workflow: '.github/workflows/ci.yml', event: 'pull_request' })
  })

  test('takes the known path when another event of the suite carried an empty one, in any order', () => {
    const events = [aWorkflowRun({ path: '' }), aWorkflowRun(), aWorkflowRun({ attempt: 2, path: '' })]
    for (const workflowRuns of [events, events.toReversed()]) {
      expect(readRuns([aCheckRun()], workflowRuns)[0]?.job.workflow).toBe('.github/workflows/ci.yml')
    }
  })

  test('differs between push and pull_request, which test different code', () => {
    const runs = readRuns([aCheckRun(), aCheckRun({ id: 2, suite_id: 501 })], [push, pullRequest])
    expect(new Set(runs.map((run) => jobKey(run.job))).size).toBe(2)
  })

  test('is assumed from runs of the same name when its own workflow is unknown and they agree', () => {
    const runs = readRuns([aCheckRun(), aCheckRun({ id: 2, suite_id: 999 })], [pullRequest])
    expect(new Set(runs.map((run) => jobKey(run.job))).size).toBe(1)
  })

  test('stays without a workflow when those of its name disagree', () => {
    const unknown = aCheckRun({ id: 3, suite_id: 999, minute: 30 })
    const runs = readRuns([aCheckRun(), aCheckRun({ id: 2, suite_id: 501 }), unknown], [pullRequest, push])
    expect(runs.find((run) => run.suiteId === 999)?.job).toMatchObject({ workflow: null, event: null })
  })

  test('is not named after a workflow when another app made it', () => {
    const [run] = readRuns([aCheckRun({ app: 'jenkins' })], [pullRequest])
    expect(run?.job).toMatchObject({ app: 'jenkins', workflow: null })
  })
})

describe('the base of a run', () => {
  const mention = (number: number, base_sha: string | null) => ({ number, base_ref: 'main', base_sha })

  test.each([
    ['the one in its status’s description', aStatus({ description: `Job failed. BaseSHA:${BASE}` }), BASE],
    [
      'not that of the pull request that it mentions, which is the base of its last push',
      aCheckRun({ mentions: [mention(7, BASE)] }),
      null,
    ],
    ['unknown when nothing names it', aCheckRun(), null],
  ])('is %s', (_name, seen, base) => {
    expect(readRuns([seen], [])[0]?.baseSha).toBe(base)
  })
})
