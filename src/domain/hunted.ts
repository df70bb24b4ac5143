/**
 * Which runs a hunt caused: people asked for them to learn how often a job fails, so they are no answer to anybody's
 * change. They are left out of everything that is derived about their commit.
 */
import type { WorkflowRunFact } from './facts.ts'
import type { Run } from './run.ts'

/** One attempt of a workflow run that a hunt asked for. */
export interface HuntedAttempt {
  repository_id: number
  head_sha: string
  run_id: number
  attempt: number
  suite_id: number
  /** When the last result before it came: GitHub starts no attempt before the one before has ended. */
  after_at: string
  /** When its own last result came; null while it is under way, as far as anybody has looked. */
  until_at: string | null
}

/** Takes away the runs of hunted attempts, told by their suite and when they completed, whatever order facts came in. */
export function withoutHunted(
  runs: readonly Run[],
  hunted: readonly HuntedAttempt[],
  workflowRuns: readonly WorkflowRunFact[],
): Run[] {
  if (hunted.length === 0) return [...runs]
  return runs.filter((run) => !hunted.some((one) => isOf(run, one, workflowRuns)))
}

function isOf(run: Run, hunted: HuntedAttempt, workflowRuns: readonly WorkflowRunFact[]): boolean {
  if (run.suiteId !== hunted.suite_id || run.completedAt <= Date.parse(hunted.after_at)) return false
  if (hunted.until_at !== null) return run.completedAt <= Date.parse(hunted.until_at)
  // A hunt that was broken off must not swallow what people ran after it.
  return !workflowRuns.some(
    (told) =>
      told.run_id === hunted.run_id &&
      told.attempt > hunted.attempt &&
      Date.parse(told.started_at) <= (run.startedAt ?? run.completedAt),
  )
}

/** The attempts that somebody else asked for: only those speak of a belief that a failure was a flake. */
export function notHunted(
  workflowRuns: readonly WorkflowRunFact[],
  hunted: readonly HuntedAttempt[],
): WorkflowRunFact[] {
  return workflowRuns.filter(
    (told) => !hunted.some((one) => one.run_id === told.run_id && one.attempt === told.attempt),
  )
}
