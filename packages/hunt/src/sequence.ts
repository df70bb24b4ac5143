/** A hunt that ran elsewhere, from its sequence or its counts. */

import { type Hunt, type HuntRun, NO_REPORTS } from './run.ts'
import type { Goal } from './statistics/sequential-test.ts'
import { watch } from './stop.ts'
import { UserError } from './user-error.ts'

const MAX_RUNS = 1_000_000

/** @param text `PPFP`, or `48P 2F 2P 1F`. @throws UserError when it is neither */
export function huntOfSequence(text: string, goal: Goal): Hunt {
  const letters = text.toUpperCase().replace(/[\s,]+/g, '')
  if (!/^(\d*[PFS])+$/.test(letters))
    throw new UserError(
      'A sequence consists of the letters P (passed), F (failed) and S (stopped), like PPFP or 48P 2F 2P 1F.',
    )
  const outcomes: HuntRun['outcome'][] = []
  for (const [, digits, letter] of letters.matchAll(/(\d*)([PFS])/g)) {
    const times = digits === '' ? 1 : Number(digits)
    if (outcomes.length + times > MAX_RUNS)
      throw new UserError(`A sequence can have at most ${MAX_RUNS} runs.`)
    for (let i = 0; i < times; i++) outcomes.push(OUTCOMES[letter as 'P' | 'F' | 'S'])
  }
  return huntOf(outcomes, goal, true)
}

const OUTCOMES = { P: 'passed', F: 'failed', S: 'stopped' } as const

/** From counts alone. Clustering and order are not tested. @throws UserError when there are too many runs */
export function huntOfCounts(passed: number, failed: number, goal: Goal): Hunt {
  if (passed + failed > MAX_RUNS) throw new UserError(`At most ${MAX_RUNS} runs can be read.`)
  const outcomes = [...Array(passed).fill('passed'), ...Array(failed).fill('failed')] as HuntRun['outcome'][]
  return huntOf(outcomes, goal, false)
}

function huntOf(outcomes: readonly HuntRun['outcome'][], goal: Goal, ordered: boolean): Hunt {
  const watched = watch({ goal, parallel: 1, untilFailure: false, allRuns: true })
  const runs = outcomes.map((outcome, index) => blankRun(index + 1, outcome))
  // The sequential test looks after every run, which needs their order.
  if (ordered) for (const run of runs) watched.add(run)
  return {
    goal,
    ending: 'runs',
    ended_by: null,
    missed: watched.missed,
    parallel: 1,
    ordered,
    runs,
    tests: [],
    reports: NO_REPORTS,
  }
}

function blankRun(number: number, outcome: HuntRun['outcome']): HuntRun {
  return {
    number,
    outcome,
    exit_code: null,
    timed_out: false,
    started_at: '',
    duration_ms: 0,
    ended: number,
    worker: null,
    node: null,
    seed: null,
    message: outcome === 'failed' ? 'failed (no details recorded)' : null,
    output: null,
    killed_for: null,
    peak_memory_bytes: null,
  }
}
