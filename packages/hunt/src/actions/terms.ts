/** What a hunt on GitHub Actions is told, what it tells on its way, and what it needs to go on after a stop. */
import type { HuntRun } from '../run.ts'
import type { StopRule } from '../stop.ts'
import type { HuntMark, Lane } from './lanes.ts'

export interface ActionsSettings extends StopRule {
  repository: string
  job: string
  /** A branch, tag or SHA; for `workflow` a branch or tag. */
  ref: string
  /** The file name of a workflow to dispatch; null runs the job again in the runs that there are. */
  workflow: string | null
  runs: number
  /** What the runs may take in all, each counted in full minutes as GitHub bills them. */
  minutes: number
}

/** What a later session must know, kept as a whole or not at all. */
export interface HuntChange {
  lanes: readonly Lane[]
  /** Minutes so far, each job's rounded up, as GitHub bills them. */
  spent: number
  /** A run that has ended. */
  run: HuntRun | null
  /** The attempt that was planned, taken back, or has ended. */
  mark: HuntMark | null
  /** Where the first run ran, with that run. */
  environment: Record<string, string> | null
}

export interface ActionsHooks {
  /** Ends the hunt at once; what goes on at GitHub is found by a later session. */
  signal: AbortSignal
  /** Before anything is started, and after everything that ends. */
  onChange(change: HuntChange): Promise<void> | void
}

/** What an earlier session left. */
export interface Before {
  runs: readonly HuntRun[]
  lanes: readonly Lane[]
  spent: number
}
