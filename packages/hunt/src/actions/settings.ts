/** The settings of a hunt on GitHub Actions, its changes of state, and the state that resumes it. */
import type { HuntRun } from '../run.ts'
import type { StopRule } from '../stop.ts'
import type { HuntMark, Lane } from './lanes.ts'

export interface ActionsSettings extends StopRule {
  repository: string
  job: string
  /** A branch, tag or SHA; for `workflow` a branch or tag. */
  ref: string
  /** The file name of a workflow to dispatch; null re-runs the job in existing workflow runs. */
  workflow: string | null
  runs: number
  /** The budget in minutes, each job rounded up as GitHub bills it. */
  minutes: number
}

/** A change of state, to be stored in one transaction. */
export interface HuntChange {
  lanes: readonly Lane[]
  /** Minutes spent so far. */
  spent: number
  /** A run that has completed. */
  run: HuntRun | null
  /** An attempt that was planned, withdrawn or completed. */
  mark: HuntMark | null
  /** The environment, with the first run. */
  environment: Record<string, string> | null
}

export interface ActionsHooks {
  /** Ends the hunt at once. Attempts in progress on GitHub are found by a later session. */
  signal: AbortSignal
  /** Called before each start and after each completion. */
  onChange(change: HuntChange): Promise<void> | void
}

/** The state that an earlier session stored. */
export interface EarlierSession {
  runs: readonly HuntRun[]
  lanes: readonly Lane[]
  spent: number
}
