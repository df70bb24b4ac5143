/** What the runs of one job at one head say together. */
import { describe, expect, test } from 'vitest'
import { judge } from '../../src/domain/flake.ts'
import type { Outcome } from '../../src/domain/reading.ts'
import type { Job, Run } from '../../src/domain/run.ts'
import { aRun, BASE, ms, OTHER_BASE, UNIT } from '../support/facts.ts'

/** Runs ten minutes apart, in the order given. */
function runsOf(...outcomes: Outcome[]): Run[] {
  return outcomes.map((outcome, i) => aRun({ outcome, minute: 10 * (i + 1) }))
}

describe('judge', () => {
  test.each<[string, Outcome[], 'none' | 'clean' | 'pass_after_fail' | 'fail_after_pass']>([
    ['nothing ran', [], 'none'],
    ['it only failed', ['fail', 'fail'], 'none'],
    ['it only passed', ['pass', 'pass'], 'clean'],
    ['it failed, then passed', ['fail', 'pass'], 'pass_after_fail'],
    ['it passed, then failed', ['pass', 'fail'], 'fail_after_pass'],
    ['it passed, failed and passed', ['pass', 'fail', 'pass'], 'pass_after_fail'],
    ['it failed, passed and failed', ['fail', 'pass', 'fail'], 'pass_after_fail'],
    ['it was aborted, then passed', ['aborted', 'pass'], 'clean'],
    ['it waited for approval, then passed', ['skipped', 'pass'], 'clean'],
    ['the machine broke, then it passed', ['infra', 'pass'], 'clean'],
    ['it passed, then was aborted', ['pass', 'aborted'], 'clean'],
    ['it failed, then was skipped', ['fail', 'skipped'], 'none'],
    ['it failed, was aborted, and passed', ['fail', 'aborted', 'pass'], 'pass_after_fail'],
    ['nothing gave a verdict', ['aborted', 'infra', 'skipped'], 'none'],
  ])('when %s', (_name, outcomes, expected) => {
    const verdict = judge(runsOf(...outcomes))
    expect(verdict === null ? 'none' : (verdict.flake?.order ?? 'clean')).toBe(expected)
  })

  test('does not care in which order the runs are given', () => {
    const runs = runsOf('fail', 'pass', 'fail')
    expect(judge([...runs].reverse())).toEqual(judge(runs))
  })

  test('dates a flake by the first run that differs from an earlier one', () => {
    expect(judge(runsOf('fail', 'fail', 'pass', 'fail', 'pass'))?.flake).toMatchObject({
      firstFailedAt: ms(10),
      flakedAt: ms(30),
      runs: 5,
    })
  })

  test('dates a clean verdict by its first pass', () => {
    expect(judge(runsOf('aborted', 'pass', 'pass'))).toEqual({ flaky: false, judgedAt: ms(20), flake: null })
  })

  test('counts only passes and failures among the runs of a flake', () => {
    expect(judge(runsOf('fail', 'aborted', 'infra', 'pass'))?.flake?.runs).toBe(2)
  })

  test('takes runs of one second as a flake that did not recover', () => {
    const runs = [aRun({ outcome: 'fail' }), aRun({ outcome: 'pass' })]
    expect(judge(runs)?.flake?.order).toBe('fail_after_pass')
    expect(judge([...runs].reverse())?.flake?.order).toBe('fail_after_pass')
  })
})

describe('the grade of a flake', () => {
  const jenkins = { ...UNIT, app: 'jenkins' }
  const pair = (fail: Partial<Run>, pass: Partial<Run>) => [
    aRun({ outcome: 'fail', minute: 10, ...fail }),
    aRun({ outcome: 'pass', minute: 20, ...pass }),
  ]

  test.each([
    ['strong', 'both ran in one Actions workflow run', pair({ suiteId: 5 }, { suiteId: 5 })],
    ['weak', 'they ran in two', pair({ suiteId: 5 }, { suiteId: 6 })],
    ['strong', 'both name the same base', pair({ baseSha: BASE }, { baseSha: BASE })],
    ['weak', 'the base moved', pair({ baseSha: BASE }, { baseSha: OTHER_BASE })],
    ['weak', 'no base is known', pair({}, {})],
    ['weak', 'only one base is known', pair({ baseSha: BASE }, {})],
    [
      'weak',
      'another app has them in one suite, as it has all of a commit',
      pair({ suiteId: 5, job: jenkins }, { suiteId: 5, job: jenkins }),
    ],
    [
      'strong',
      'some failure and some pass had one base, though others moved',
      [...pair({ baseSha: BASE }, { baseSha: OTHER_BASE }), aRun({ minute: 30, baseSha: BASE })],
    ],
  ])('is %s when %s', (grade, _name, runs) => {
    expect(judge(runs)?.flake?.grade).toBe(grade)
  })
})

describe('runs of one name in one check suite of Actions', () => {
  /** A run from one minute to another. */
  const ran = (outcome: Outcome, from: number, to: number, more: Partial<Run> = {}) =>
    aRun({ outcome, minute: to, startedAt: ms(from), suiteId: 500, ...more })
  const sideBySide = [ran('pass', 0, 5), ran('pass', 0, 6), ran('fail', 0, 7)]

  test('that overlap are different jobs', () => {
    expect(judge([ran('fail', 0, 5), ran('pass', 1, 6)])).toBeNull()
    expect(judge([ran('pass', 0, 5), ran('pass', 1, 6)])?.flaky).toBe(false)
  })

  test('of one attempt are different jobs, even one after the other', () => {
    expect(judge([ran('fail', 0, 5, { attempt: 1 }), ran('pass', 6, 9, { attempt: 1 })])).toBeNull()
  })

  test('of two attempts are the same job', () => {
    expect(judge([ran('fail', 0, 5, { attempt: 1 }), ran('pass', 6, 9)])?.flake?.grade).toBe('strong')
  })

  test('of another app are the same job, because it has one suite for each commit', () => {
    const jenkins = { job: { ...UNIT, app: 'jenkins' } }
    expect(judge([ran('fail', 0, 5, jenkins), ran('pass', 1, 6, jenkins)])?.flaky).toBe(true)
  })

  test.each<[string, Run[], boolean | null]>([
    ['only the red one ran again and passed', [ran('pass', 10, 15)], true],
    ['only the red one ran again and failed', [ran('fail', 10, 15)], null],
    ['all ran again and passed', [ran('pass', 10, 15), ran('pass', 10, 16), ran('pass', 10, 17)], true],
    ['all ran again and one failed', [ran('pass', 10, 15), ran('fail', 10, 16), ran('pass', 10, 17)], null],
    ['all ran again and two failed', [ran('pass', 10, 15), ran('fail', 10, 16), ran('fail', 10, 17)], true],
    ['nothing ran again', [], null],
  ])('flake when %s', (_what, again, expected) => {
    const verdict = judge([...sideBySide, ...again])
    expect(verdict?.flaky ?? null).toBe(expected)
  })

  test('date the flake by the pass of the attempt that made up for the failure', () => {
    expect(judge([...sideBySide, ran('pass', 10, 15)])?.flake).toMatchObject({
      ...{ order: 'pass_after_fail', grade: 'strong', runs: 4 },
      ...{ firstFailedAt: ms(7), flakedAt: ms(15), retestWindow: [ms(7), ms(15)] },
    })
  })

  test('date the flake by the new failure when all had passed', () => {
    const passed = [ran('pass', 0, 5), ran('pass', 0, 6)]
    expect(judge([...passed, ran('fail', 10, 15), ran('pass', 10, 16)])?.flake).toMatchObject({
      ...{ order: 'fail_after_pass', firstFailedAt: ms(15), flakedAt: ms(15) },
    })
  })
})

describe('runs of one name in several check suites of Actions', () => {
  const unknown = { ...UNIT, workflow: null, event: null }
  const ran = (outcome: Outcome, suiteId: number, from: number, to: number, job: Job = unknown) =>
    aRun({ outcome, minute: to, startedAt: ms(from), suiteId, job })

  test('are different workflows when the suites overlap', () => {
    expect(judge([ran('fail', 1, 0, 5), ran('pass', 2, 1, 6)])).toBeNull()
  })

  test('are one workflow when one suite follows the other', () => {
    expect(judge([ran('fail', 1, 0, 5), ran('pass', 2, 6, 9)])?.flake?.grade).toBe('weak')
  })

  test('are one workflow when both are known to be, although it ran twice at once', () => {
    expect(judge([ran('fail', 1, 0, 5, UNIT), ran('pass', 2, 1, 6, UNIT)])?.flaky).toBe(true)
  })

  test('flake within their own suite', () => {
    expect(judge([ran('fail', 1, 0, 5), ran('pass', 2, 1, 6), ran('pass', 1, 8, 9)])?.flake).toMatchObject({
      ...{ grade: 'strong', runs: 2, flakedAt: ms(9) },
    })
  })
})
