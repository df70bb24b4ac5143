/** Runs that a hunt requested are part of no verdict, flake or retest. */
import { describe, expect, test } from 'vitest'
import { deriveHead, type HeadFacts } from '../../src/domain/head.ts'
import { aCheckRun, aHuntedAttempt, at, aWorkflowRun, factsOf } from '../support/facts.ts'

const failed = aCheckRun({ id: 1, state: 'failure', minute: 10 })
const hunted = [20, 30].map((minute, i) => aCheckRun({ id: 10 + i, state: 'success', minute }))
const MARKS = [
  aHuntedAttempt({ attempt: 2, after_at: at(10), until_at: at(20) }),
  aHuntedAttempt({ attempt: 3, after_at: at(20), until_at: at(30) }),
]

const flaky = (more: Partial<HeadFacts>) =>
  deriveHead(factsOf(more)).verdicts.map(({ verdict }) => verdict.flaky)

describe('the runs of a hunt', () => {
  test('leave everything derived as if they had never happened', () => {
    const without = deriveHead(factsOf({ observations: [failed], hunted: MARKS }))
    expect(deriveHead(factsOf({ observations: [failed, ...hunted], hunted: MARKS }))).toEqual(without)
    // Without the hunt's attempts it would be a flake.
    expect(flaky({ observations: [failed, ...hunted] })).toEqual([true])
  })

  test('do not count while its last attempt is still running', () => {
    const open = [MARKS[0] as (typeof MARKS)[0], aHuntedAttempt({ attempt: 3, after_at: at(20) })]
    expect(flaky({ observations: [failed, ...hunted], hunted: open })).toEqual([])
  })

  test('do not hide what people re-run after it', () => {
    const later = aCheckRun({ id: 20, state: 'success', minute: 40 })
    expect(flaky({ observations: [failed, ...hunted, later], hunted: MARKS })).toEqual([true])
  })

  test('do not hide what people re-run after a hunt that was broken off', () => {
    const open = [aHuntedAttempt({ attempt: 2, after_at: at(10) })]
    const later = aCheckRun({ id: 20, state: 'success', minute: 40, started_at: at(36) })
    const workflowRuns = [aWorkflowRun(), aWorkflowRun({ attempt: 3, started_at: at(35) })]
    expect(flaky({ observations: [failed, later], workflowRuns, hunted: open })).toEqual([true])
    expect(flaky({ observations: [failed, later], workflowRuns: [aWorkflowRun()], hunted: open })).toEqual([])
  })

  test('do not hide runs of other workflows and other apps', () => {
    const other = aCheckRun({ id: 20, state: 'success', minute: 20, suite_id: 501 })
    expect(flaky({ observations: [failed, other], hunted: MARKS })).toEqual([true])
  })

  test('are not a retest', () => {
    const later = aCheckRun({ id: 20, state: 'success', minute: 40 })
    const attempts = [1, 2, 3].map((attempt) => aWorkflowRun({ attempt, started_at: at(attempt * 10 - 5) }))
    const [verdict] = deriveHead(
      factsOf({ observations: [failed, ...hunted, later], workflowRuns: attempts, hunted: MARKS }),
    ).verdicts
    expect(verdict).toMatchObject({ retested: false })
  })
})
