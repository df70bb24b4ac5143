/**
 * Which runs belong to a hunt: a person repeated a job on purpose to measure how often it fails. Such runs say nothing
 * about a change, so they are left out of everything derived about their commit.
 */
import type { WorkflowRunFact } from './facts.ts'
import type { Run } from './run.ts'

/** One attempt of a workflow run that a hunt requested. */
export interface HuntedAttempt {
  repository_id: number
  head_sha: string
  run_id: number
  attempt: number
  suite_id: number
  /** When the last result before it completed: GitHub starts an attempt only after the previous one has ended. */
  after_at: string
  /** When its own last result completed; null while it is running or was never looked at again. */
  until_at: string | null
}

/** The runs that no hunt requested. Hunted runs are recognized by their suite and their completion. */
export function withoutHunted(
  runs: readonly Run[],
  hunted: readonly HuntedAttempt[],
  workflowRuns: readonly WorkflowRunFact[],
): Run[] {
  return runs.filter((run) => !hunted.some((attempt) => isRunOf(run, attempt, workflowRuns)))
}

function isRunOf(run: Run, hunted: HuntedAttempt, workflowRuns: readonly WorkflowRunFact[]): boolean {
  if (run.suiteId !== hunted.suite_id || run.completedAt <= Date.parse(hunted.after_at)) return false
  if (hunted.until_at !== null) return run.completedAt <= Date.parse(hunted.until_at)
  // A hunt that was broken off must not swallow the attempts that people started after it.
  return !workflowRuns.some(
    ({ run_id, attempt, started_at }) =>
      run_id === hunted.run_id &&
      attempt > hunted.attempt &&
      Date.parse(started_at) <= (run.startedAt ?? run.completedAt),
  )
}

/** The attempts that no hunt requested: only they show that a person took a failure for a flake. */
export function notHunted(
  workflowRuns: readonly WorkflowRunFact[],
  hunted: readonly HuntedAttempt[],
): WorkflowRunFact[] {
  return workflowRuns.filter(
    ({ run_id, attempt }) => !hunted.some((other) => other.run_id === run_id && other.attempt === attempt),
  )
}
