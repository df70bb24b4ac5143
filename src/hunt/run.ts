/** What a hunt is made of: runs of one command, as plain data, whatever machine they ran on. */
import type { Goal } from '../domain/sequential-test.ts'

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
  worker: string | null
  node: string | null
  seed: number | null
  /** The end of what the run wrote; empty for a run that passed. */
  output: string
  /** What else is known of the end of a killed run: `memory` when the machine had run out of it. */
  killed_for: 'memory' | null
  tests: HuntTest[]
}

/** How a hunt ended; the last run of one that stopped at a failure is a failure by that, and proves no streak. */
export type HuntEnding = 'runs' | 'decided' | 'until_failure' | 'interrupted'

export interface Hunt {
  goal: Goal
  ending: HuntEnding
  runs: HuntRun[]
}
