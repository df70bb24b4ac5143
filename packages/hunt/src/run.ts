/** A hunt and its runs as plain data, wherever they ran. */
import type { Goal } from './statistics/sequential-test.ts'

/** `stopped`: ended by the hunt or the cluster. Such a run says nothing about the command and is not a failure. */
export type HuntOutcome = 'passed' | 'failed' | 'stopped'

/** One test in a run's JUnit report; `flaked` when it failed and passed within the run. */
export interface HuntTest {
  name: string
  outcome: 'passed' | 'failed' | 'flaked' | 'skipped'
  message: string | null
}

export interface HuntRun {
  /** 1, 2, 3… in order of start. */
  number: number
  outcome: HuntOutcome
  /** As in a shell: 128 plus the signal for a run that a signal ended; null where unknown. */
  exit_code: number | null
  timed_out: boolean
  /** ISO 8601, UTC. */
  started_at: string
  duration_ms: number
  /** The position in order of completion: 1, 2, 3… */
  ended: number
  worker: string | null
  node: string | null
  seed: number | null
  /** A failed run in one line. */
  message: string | null
  /** The output of the first failure of its kind; the middle of long output is left out. */
  output: string | null
  /** Why a run was killed, where known: `memory` when the machine ran out of it. */
  killed_for: 'memory' | null
  /** Peak memory of its processes in bytes, as sampled; null where no sample was taken in time. */
  peak_memory_bytes: number | null
}

/** Why no further run was started. `used_up`: GitHub allows no more re-runs of any of the workflow runs. */
export type HuntEnding = 'runs' | 'decided' | 'until_failure' | 'interrupted' | 'minutes' | 'used_up'

/** How often a single test passed and failed over all runs with a report. */
export interface TestTally {
  name: string
  passed: number
  failed: number
  /** Failed and passed within one run. */
  flaked: number
  skipped: number
  message: string | null
}

export interface Hunt {
  goal: Goal
  ending: HuntEnding
  /** The number of the run whose failure ended the hunt; null if none did. */
  ended_by: number | null
  /** Whether the sequential test reported the target as missed at any time. Later passes do not revoke that. */
  missed: boolean
  /** How many ran at the same time. */
  parallel: number
  /** False where only counts are known, and not which run failed. */
  ordered: boolean
  runs: HuntRun[]
  tests: TestTally[]
  reports: Reports
}

/** Counts of the JUnit reports that the runs wrote. */
export interface Reports {
  read: number
  /** Reports that could not be read completely. The part before the error counts. */
  broken: number
  /** The errors of the first few. */
  problems: string[]
}

export const NO_REPORTS: Reports = { read: 0, broken: 0, problems: [] }
