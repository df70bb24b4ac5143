/** Which CI reports are a pass, a fail or neither. */
import { describe, expect, test } from 'vitest'
import { baseShaOf, readOutcome, statusText } from '../../src/domain/outcome.ts'
import { aCheckRun, aStatus, BASE } from '../support/facts.ts'

const PADDING = '\u2001'.repeat(20)

describe('a check run', () => {
  test.each([
    ['success', 'pass', null],
    ['failure', 'fail', null],
    ['timed_out', 'fail', null],
    ['cancelled', 'aborted', 'cancelled'],
    ['startup_failure', 'infra', 'startup failure'],
    ['skipped', 'skipped', 'skipped'],
    ['neutral', 'skipped', 'neutral'],
    ['stale', 'skipped', 'stale'],
    ['action_required', 'skipped', 'waiting for approval'],
    ['something_new', 'skipped', 'unknown conclusion'],
    ['constructor', 'skipped', 'unknown conclusion'],
  ])('with the conclusion %s is %s', (state, outcome, reason) => {
    expect(readOutcome(aCheckRun({ state }))).toEqual({ outcome, reason, isRun: true })
  })

  test('with any other title is a run', () => {
    const reading = readOutcome(aCheckRun({ description: '12 tests passed' }))
    expect(reading).toEqual({ outcome: 'pass', reason: null, isRun: true })
  })

  test('made by an override is a label on the job, not a run', () => {
    const reading = readOutcome(aCheckRun({ description: 'Prow override - unit' }))
    expect(reading).toEqual({ outcome: 'skipped', reason: 'overridden', isRun: false })
  })
})

describe('a status', () => {
  test.each([
    ['success', 'Job succeeded.', 'pass'],
    ['success', null, 'pass'],
    ['success', 'Build #12 succeeded in 3 min', 'pass'],
    ['success', `Job succeeded.${PADDING} BaseSHA:${BASE}`, 'pass'],
    ['failure', 'Job failed.', 'fail'],
    ['failure', 'Pod running timeout.', 'fail'],
    ['failure', 'Aborted by trigger plugin.', 'aborted'],
    ['failure', `Aborted by trigger plugin.${PADDING} BaseSHA:${BASE}`, 'aborted'],
    ['failure', 'octocat successfully aborted pull-unit.', 'aborted'],
    ['failure', null, 'aborted'],
    ['failure', PADDING, 'aborted'],
    ['failure', 'The test of what to do when aborted failed.', 'fail'],
    ['error', 'Pod got deleted unexpectedly', 'infra'],
    ['error', null, 'infra'],
    ['surprising', null, 'skipped'],
  ])('%s with %j is %s', (state, description, outcome) => {
    expect(readOutcome(aStatus({ state, description }))).toMatchObject({ outcome, isRun: true })
  })

  test.each([
    ['success', 'Overridden by octocat', 'overridden'],
    ['success', 'Overridden by octocat [prow:skip-retest]', 'overridden'],
    ['success', 'Skipped', 'skipped'],
    ['success', 'Skipped.', 'skipped'],
    ['success', 'Context retired without replacement.', 'context retired'],
    ['success', 'Context retired. Status moved to "pull-new".', 'context retired'],
    ['failure', 'Override cancelled by octocat', 'override cancelled'],
  ])('%s with %j is a label on the job, not a run', (state, description, reason) => {
    expect(readOutcome(aStatus({ state, description }))).toEqual({ outcome: 'skipped', reason, isRun: false })
  })

  test('that is pending is not a run yet', () => {
    expect(readOutcome(aStatus({ state: 'pending', description: 'Job triggered.' }))).toBeNull()
  })

  test('that Tide overwrote with the result of a batch does not pass for this pull request', () => {
    const url = 'https://prow.example.org/view/pr-logs/pull/batch/pull-unit/99'
    expect(readOutcome(aStatus({ url }))).toMatchObject({ outcome: 'skipped' })
  })

  test('that is green without a target_url passes', () => {
    expect(readOutcome(aStatus({ url: null }))).toEqual({ outcome: 'pass', reason: null, isRun: true })
  })

  test('of a batch that failed is still a failure', () => {
    const url = 'https://prow.example.org/view/pr-logs/pull/batch/pull-unit/99'
    expect(readOutcome(aStatus({ state: 'failure', description: 'Job failed.', url }))?.outcome).toBe('fail')
  })

  test.each(['success', 'failure', 'error'])('of the tide context is not a test when it is %s', (state) => {
    expect(readOutcome(aStatus({ name: 'tide', state, description: 'In merge pool.' }))).toMatchObject({
      outcome: 'skipped',
      isRun: false,
    })
  })
})

describe('a Prow description', () => {
  test.each([
    ['without a base', 'Job succeeded.', null],
    ['with the base after the padding', `Job succeeded.${PADDING} BaseSHA:${BASE}`, BASE],
    ['in the older spelling', `Job succeeded.${PADDING} Basesha:${BASE}`, BASE],
    ['in capitals', `Job failed. BaseSHA:${BASE.toUpperCase()}`, BASE],
    ['with 39 digits', `Job failed. BaseSHA:${BASE.slice(1)}`, null],
    ['with 41 digits', `Job failed. BaseSHA:${BASE}b`, null],
    ['with two bases', `Job failed. BaseSHA:${BASE} BaseSHA:${BASE}`, null],
    ['without a space before the key', `Job failed.BaseSHA:${BASE}`, null],
    ['that is absent', null, null],
  ])('%s', (_name, description, base) => {
    expect(baseShaOf(description)).toBe(base)
  })

  test('is shown without padding and base', () => {
    expect(statusText(`Job failed.${PADDING} BaseSHA:${BASE}`)).toBe('Job failed.')
  })
})
