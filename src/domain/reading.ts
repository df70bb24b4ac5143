/** What a report about a job says of its run. */

export type Outcome = 'pass' | 'fail' | 'aborted' | 'infra' | 'skipped'

export interface Reading {
  outcome: Outcome
  /** Why there is no verdict, in a few words for people; null for pass and fail. */
  reason: string | null
  /** False for a label that was put on the job (an override, a retired context): nothing was executed. */
  isRun: boolean
}

/** Says something about a run. @param reason null for pass and fail */
export function run(outcome: Outcome, reason: string | null): Reading {
  return { outcome, reason, isRun: true }
}

/** Was put on the job by hand or by another tool. Nothing was executed. */
export function label(reason: string): Reading {
  return { outcome: 'skipped', reason, isRun: false }
}
