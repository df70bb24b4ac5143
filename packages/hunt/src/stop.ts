/** Decides when to stop: once the target is decided and, where failures seem to cluster or concentrate, once that is tested. */

import type { HuntEnding, HuntRun } from './run.ts'
import { shapeOf } from './shape.ts'
import { decide, type Goal } from './statistics/sequential-test.ts'

export interface StopRule {
  goal: Goal
  parallel: number
  untilFailure: boolean
  /** Do all runs even when the answer is known. */
  allRuns: boolean
}

export interface Watch {
  passed: number
  failed: number
  missed: boolean
  /** Counts a finished run. @returns why to stop now, or null to continue */
  add(run: HuntRun): HuntEnding | null
}

/** A target is usually missed at two or three failures. Whether failures cluster takes a few more. */
const FAILURES_FOR_SHAPE = 6
const SUGGESTIVE = 0.2
/** The limit where six failures still suggest a pattern. */
const MAX_FAILURES_FOR_SHAPE = 12
const STILL_SUGGESTIVE = 0.05
/** Far below the significance level, because this is tested after every failure. */
const CONCLUSIVE = 0.002
/** Continuing for the shape costs at most this many times the runs of the decision, plus 100. */
const MAX_TIMES = 3

/** Counts the runs of a hunt and decides when it stops. */
export function watch(rule: StopRule): Watch {
  const runs: HuntRun[] = []
  let missedAt = 0

  const knowsShape = (outcome: HuntRun['outcome']): boolean => {
    if (missedAt > 0 && outcome === 'passed') return runs.length >= MAX_TIMES * missedAt + 100
    const ordered = [...runs].sort((a, b) => a.number - b.number)
    const { min_p_value } = shapeOf({
      runs: ordered,
      ended_by: null,
      parallel: rule.parallel,
      ordered: true,
    })
    if (missedAt > 0) {
      const enough = min_p_value < STILL_SUGGESTIVE ? MAX_FAILURES_FOR_SHAPE : FAILURES_FOR_SHAPE
      return self.failed >= enough || min_p_value <= CONCLUSIVE
    }
    missedAt = runs.length
    return min_p_value >= SUGGESTIVE || min_p_value <= CONCLUSIVE
  }

  const self: Watch = {
    passed: 0,
    failed: 0,
    missed: false,
    add(run) {
      if (run.outcome === 'stopped') return null
      runs.push(run)
      if (run.outcome === 'failed') self.failed++
      else self.passed++
      const decision = decide(self.failed, runs.length, rule.goal)
      self.missed ||= decision === 'missed'
      if (rule.untilFailure) return run.outcome === 'failed' ? 'until_failure' : null
      if (rule.allRuns) return null
      if (self.missed) return knowsShape(run.outcome) ? 'decided' : null
      return decision === 'met' ? 'decided' : null
    },
  }
  return self
}
