/** When to stop: as soon as the target is decided, and, where failures seem to have a shape, once that is known too. */

import type { HuntEnding, HuntRun } from './run.ts'
import { shapeOf } from './shape.ts'
import { decide, type Goal } from './statistics/sequential-test.ts'

export interface StopRule {
  goal: Goal
  parallel: number
  untilFailure: boolean
  /** All runs that were asked for, even when the answer is known. */
  allRuns: boolean
}

export interface Watch {
  passed: number
  failed: number
  missed: boolean
  /** Counts a finished run. @returns why to stop now, or null to go on */
  add(run: HuntRun): HuntEnding | null
}

/** A target is mostly missed at two or three failures; whether these have a shape takes a few more to say. */
const FAILURES_FOR_SHAPE = 6
const SUGGESTIVE = 0.2
/** Where six failures still seem to have one, twelve must do. */
const FAILURES_AT_MOST = 12
const STILL_SUGGESTIVE = 0.05
/** Far below what a finding needs, since this is looked at after every failure. */
const TELLING = 0.002
/** Going on for the shape costs at most this many times the runs that the decision took, and a hundred. */
const MAX_TIMES = 3

export function watch(rule: StopRule): Watch {
  const runs: HuntRun[] = []
  let missedAt = 0

  const knowsShape = (outcome: HuntRun['outcome']): boolean => {
    if (missedAt > 0 && outcome === 'passed') return runs.length >= MAX_TIMES * missedAt + 100
    const ordered = [...runs].sort((a, b) => a.number - b.number)
    const { most_telling } = shapeOf({
      runs: ordered,
      ended_by: null,
      parallel: rule.parallel,
      ordered: true,
    })
    if (missedAt > 0) {
      const enough = most_telling < STILL_SUGGESTIVE ? FAILURES_AT_MOST : FAILURES_FOR_SHAPE
      return self.failed >= enough || most_telling <= TELLING
    }
    missedAt = runs.length
    return most_telling >= SUGGESTIVE || most_telling <= TELLING
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
