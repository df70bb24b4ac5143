/** Runs and jobs: one completed execution, and the named CI result that it belongs to. */
import type { Mention } from './facts.ts'
import { compareText } from './order.ts'
import type { Outcome } from './reading.ts'

/** One named CI result, whatever reports it. Jobs of one name are distinguished by app, workflow and event. */
export interface Job {
  source: 'check_run' | 'status'
  app: string
  name: string
  /** Path of the Actions workflow and the event that triggered it; null where unknown. */
  workflow: string | null
  event: string | null
}

/** One completed execution of one job at one commit. Times are epoch ms. */
export interface Run {
  key: string
  job: Job
  outcome: Outcome
  /** Why the run has no verdict, or why it failed where its result does not say so; for people. */
  reason: string | null
  startedAt: number | null
  completedAt: number
  /** The base commit that was merged in, where the run itself names it. */
  baseSha: string | null
  suiteId: number | null
  /** The attempt of its workflow run; null where it is not certain. */
  attempt: number | null
  url: string | null
  mentions: readonly Mention[]
  /** Ran on the default branch or in a merge queue, according to its branch or event. */
  trunk: boolean
  headBranch: string | null
}

export const ACTIONS_APP = 'github-actions'

/** The identity of a job as text: runs with equal keys are runs of one job. */
export function jobKey(job: Job): string {
  return JSON.stringify([job.source, job.app, job.name, job.workflow, job.event])
}

/** Oldest first. The key orders runs of the same second, so that the order of arrival never decides. */
export function byCompletion(a: Run, b: Run): number {
  return a.completedAt - b.completedAt || (a.startedAt ?? 0) - (b.startedAt ?? 0) || compareText(a.key, b.key)
}
