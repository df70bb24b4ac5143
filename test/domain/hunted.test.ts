/** Runs that a hunt requested are left out of every verdict, flake and retest. */
import { describe, expect, test } from 'vitest'
import { deriveHead as deriveWith } from '../../src/domain/head.ts'
import type { HeadFacts } from '../../src/domain/head-facts.ts'
import { headRulesOf } from '../../src/domain/head-rules.ts'
import { notHunted, withoutHunted } from '../../src/domain/hunted.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { aCheckRun, aHuntedAttempt, aRun, at, aWorkflowRun, factsOf, ms } from '../support/facts.ts'

const RULES = headRulesOf(DEFAULT_SETTINGS)
const deriveHead = (facts: HeadFacts) => deriveWith(facts, RULES)

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

describe('a run of the suite of attempt 2, which a hunt requested', () => {
  const closed = { after_at: at(10), until_at: at(20) }
  const open = { after_at: at(10), until_at: null }
  const attempt3 = aWorkflowRun({ attempt: 3, started_at: at(30) })

  test.each<[string, Parameters<typeof aRun>[0], object, ReturnType<typeof aWorkflowRun>[], boolean]>([
    ['stays when it completed with the result before it', { minute: 10 }, closed, [], true],
    ['is left out when it completed after that', { minute: 11 }, closed, [], false],
    ['is left out when it completed with the last result', { minute: 20 }, closed, [], false],
    ['stays when it completed later', { minute: 21 }, closed, [], true],
    ['stays when it belongs to another suite', { minute: 11, suiteId: 501 }, closed, [], true],
    ['is left out while no other attempt is known', { minute: 40 }, open, [], false],
    ['stays when it started with a later attempt', { minute: 40, startedAt: ms(30) }, open, [attempt3], true],
    [
      'is left out when it started before the later attempt',
      { minute: 40, startedAt: ms(29) },
      open,
      [attempt3],
      false,
    ],
    ['stays when only its completion is known and lies after that', { minute: 30 }, open, [attempt3], true],
    [
      'is left out when a later attempt belongs to another workflow run',
      { minute: 40 },
      open,
      [{ ...attempt3, run_id: 501 }],
      false,
    ],
    [
      'is left out when the only known attempt is its own',
      { minute: 40 },
      open,
      [{ ...attempt3, attempt: 2 }],
      false,
    ],
  ])('%s', (_rule, run, attempt, workflowRuns, stays) => {
    const left = withoutHunted([aRun({ suiteId: 500, ...run })], [aHuntedAttempt(attempt)], workflowRuns)
    expect(left).toHaveLength(stays ? 1 : 0)
  })
})

test('only the attempts of a hunt’s own workflow run are left out of the attempts', () => {
  const attempts = [
    aWorkflowRun({ attempt: 2 }),
    aWorkflowRun({ attempt: 3 }),
    aWorkflowRun({ run_id: 501, attempt: 2 }),
  ]
  expect(notHunted(attempts, [aHuntedAttempt({ attempt: 2 })])).toEqual(attempts.slice(1))
})
