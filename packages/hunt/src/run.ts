/** What a hunt is made of: runs of one command, as plain data, whatever machine they ran on. */
import type { Goal } from './statistics/sequential-test.ts'

/** A run stopped by us says nothing about the command, and is no failure. */
export type HuntOutcome = 'passed' | 'failed' | 'stopped'

/** One test in a run's JUnit report; `flaked` when it failed and passed within the run. */
export interface HuntTest {
  name: string
  outcome: 'passed' | 'failed' | 'flaked' | 'skipped'
  message: string | null
}

export interface HuntRun {
  /** 1, 2, 3… in the order of starting. */
  number: number
  outcome: HuntOutcome
  /** As a shell tells it: 128 and the signal for a run that a signal ended; null where it is not known. */
  exit_code: number | null
  timed_out: boolean
  /** ISO 8601, UTC. */
  started_at: string
  duration_ms: number
  /** Its place in the order of ending: 1, 2, 3… */
  ended: number
  worker: string | null
  node: string | null
  seed: number | null
  /** What a failed run says in one line. */
  message: string | null
  /** What it wrote, for the first failure of its kind; long output without its middle. */
  output: string | null
  /** What else is known of the end of a killed run: `memory` when the machine had run out of it. */
  killed_for: 'memory' | null
  /** The most memory that its processes were seen to hold; null where nobody looked in time. */
  peak_memory_bytes: number | null
}

/** Why no further run was started; `used_up`: GitHub lets none of the workflow runs be run again. */
export type HuntEnding = 'runs' | 'decided' | 'until_failure' | 'interrupted' | 'minutes' | 'used_up'

/** How often a single test passed and failed, over all runs that left a report. */
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
  /** The run whose failure ended the hunt, where one did. */
  ended_by: number | null
  /** The sequential test said so on the way: passes since then do not take back what made us stop. */
  missed: boolean
  /** How many ran at a time. */
  parallel: number
  /** False where only counts are known, and not which run failed. */
  ordered: boolean
  runs: HuntRun[]
  tests: TestTally[]
  reports: Reports
}

/** The JUnit reports that the runs left. */
export interface Reports {
  read: number
  /** Could not be read to their end; what came before counts. */
  broken: number
  /** What was wrong with the first few. */
  problems: string[]
}

export const NO_REPORTS: Reports = { read: 0, broken: 0, problems: [] }
