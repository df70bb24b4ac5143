/** The answer to a hunt as data. `--json` prints it; every text is written from it. */

import { type FailureGroup, groupFailures } from './messages.ts'
import type { Hunt, HuntEnding, HuntRun, Reports, TestTally } from './run.ts'
import { byEnd, type Concentration, type Succession, shapeOf } from './shape.ts'
import { clopperPearson } from './statistics/binomial.ts'
import { type Decision, decide, type Goal, runsToMeet, runsToMiss } from './statistics/sequential-test.ts'

/** In milliseconds; null without runs. */
export interface Durations {
  median: number | null
  p95: number | null
  longest: number | null
}

export interface MemoryFinding {
  /** Failures with exit code 137 (SIGKILL), whose usual cause is memory. */
  killed: number
  /** Failures where the kernel, the container or the program reported that memory ran out. */
  out_of_memory: number
  /** Peak memory of failing and of passing runs, in bytes, as sampled. */
  peak_failed: number | null
  peak_passed: number | null
}

export interface HuntAnswer {
  runs: number
  passed: number
  failed: number
  stopped: number
  pass_rate: number | null
  /** The exact interval of the pass rate at the goal's confidence. */
  low: number
  high: number
  /** The one-sided lower bound of the pass rate at the goal's confidence. The target is compared with it. */
  at_least: number
  target: number
  confidence: number
  decision: Decision
  /** Further runs until the target is met, if none of them fails; 0 once decided. */
  runs_to_decide: number
  /** Further runs until the target is missed, at the present failure rate; null when that rate is within the target. */
  runs_to_miss: number | null
  ending: HuntEnding
  /** False where only counts are known: then clustering and order are not tested. */
  ordered: boolean
  groups: FailureGroup[]
  succession: Succession
  concentration: Concentration[]
  memory: MemoryFinding
  timed_out: number
  durations: { passed: Durations; failed: Durations }
  /** Single tests that did not always pass, the worst first, and how many tests were reported. */
  tests: { reported: number; unsteady: TestTally[]; reports: Reports }
  /** One letter per run in order of start: Passed, Failed, Stopped. */
  sequence: string
  /** The same in order of completion, where that order shows more clustering; else null. */
  sequence_by_end: string | null
}

/** Computes every figure of the answer. */
export function answerOf(hunt: Hunt): HuntAnswer {
  const finished = hunt.runs.filter((run) => run.outcome !== 'stopped')
  const failures = finished.filter((run) => run.outcome === 'failed')
  const passes = finished.filter((run) => run.outcome === 'passed')
  const { low, high } = clopperPearson(failures.length, finished.length, hunt.goal.confidence)
  const decision = hunt.missed ? 'missed' : decide(failures.length, finished.length, hunt.goal)
  const { succession, concentration } = shapeOf(hunt)
  return {
    runs: finished.length,
    passed: passes.length,
    failed: failures.length,
    stopped: hunt.runs.length - finished.length,
    pass_rate: finished.length === 0 ? null : passes.length / finished.length,
    low: 1 - high,
    high: 1 - low,
    at_least: 1 - clopperPearson(failures.length, finished.length, 2 * hunt.goal.confidence - 1).high,
    target: hunt.goal.target,
    confidence: hunt.goal.confidence,
    decision,
    runs_to_decide: decision === 'undecided' ? runsToMeet(failures.length, hunt.goal) - finished.length : 0,
    runs_to_miss: decision === 'undecided' ? moreToMiss(failures.length, finished.length, hunt.goal) : null,
    ending: hunt.ending,
    ordered: hunt.ordered,
    groups: groupFailures(hunt.runs),
    succession,
    concentration,
    memory: memoryOf(failures, passes),
    timed_out: failures.filter((run) => run.timed_out).length,
    durations: { passed: durationsOf(passes), failed: durationsOf(failures) },
    tests: testsOf(hunt),
    sequence: letters(hunt.runs),
    sequence_by_end: succession.order === 'end' ? letters(byEnd(finished)) : null,
  }
}

function moreToMiss(failures: number, runs: number, goal: Goal): number | null {
  const total = runsToMiss(failures, runs, goal)
  return total === null ? null : Math.max(1, total - runs)
}

function letters(runs: readonly HuntRun[]): string {
  return runs.map((run) => LETTERS[run.outcome]).join('')
}

const LETTERS = { passed: 'P', failed: 'F', stopped: 'S' } as const

function memoryOf(failures: readonly HuntRun[], passes: readonly HuntRun[]): MemoryFinding {
  const peak = (runs: readonly HuntRun[]) =>
    runs.reduce<number | null>(
      (max, run) => (run.peak_memory_bytes === null ? max : Math.max(max ?? 0, run.peak_memory_bytes)),
      null,
    )
  return {
    killed: failures.filter((run) => run.exit_code === 137 && !run.timed_out).length,
    out_of_memory: failures.filter((run) => run.killed_for === 'memory').length,
    peak_failed: peak(failures),
    peak_passed: peak(passes),
  }
}

function durationsOf(runs: readonly HuntRun[]): Durations {
  const sorted = runs.map((run) => run.duration_ms).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null
  return { median: at(0.5), p95: at(0.95), longest: sorted[sorted.length - 1] ?? null }
}

function testsOf({ tests, reports }: Hunt): HuntAnswer['tests'] {
  const unsteady = tests.filter((test) => test.failed + test.flaked > 0)
  return {
    reported: tests.length,
    reports,
    unsteady: unsteady.sort((a, b) => b.failed + b.flaked - a.failed - a.flaked),
  }
}
