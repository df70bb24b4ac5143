/**
 * What GitHub Actions' workflow runs and jobs add to the check runs of one commit: which attempt a run belongs to, whether anything
 * was executed, and whether a failure only repeats that the attempt was cancelled.
 */
import type { WorkflowJobFact, WorkflowRunFact } from './facts.ts'
import { compareText } from './order.ts'
import type { Run } from './run.ts'
import { MINUTE_MS } from './time.ts'

/** One attempt of the workflow run behind a check suite. Times are epoch ms. */
interface Attempt {
  number: number
  startedAt: number
  conclusion: string | null
}

/** A number of minutes after which several runs of one job were cancelled, so it is the job's `timeout-minutes`. */
export interface TimeLimit {
  name: string
  workflow: string
  minutes: number
}

/** A run of Actions with what decides how its result is read. */
export interface ActionsRun {
  run: Run
  /** GitHub's conclusion. */
  conclusion: string
  checkRunId: number
}

/** The attempts of one check suite, in their order, and whether their times are those of their starts. */
interface Suite {
  attempts: readonly Attempt[]
  isDated: boolean
}

function suitesOf(workflowRuns: readonly WorkflowRunFact[], runs: readonly ActionsRun[]): Map<number, Suite> {
  const ofSuite = Map.groupBy(
    workflowRuns.filter(({ suite_id }) => suite_id !== null),
    ({ suite_id }) => suite_id as number,
  )
  return new Map([...ofSuite].map(([suiteId, facts]) => [suiteId, suiteOf(facts, suiteId, runs)]))
}

function suiteOf(facts: readonly WorkflowRunFact[], suiteId: number, runs: readonly ActionsRun[]): Suite {
  const attempts = [...Map.groupBy(facts, (fact) => fact.attempt)]
    .map(([number, reports]) => ({
      number,
      startedAt: Math.min(...reports.map((report) => Date.parse(report.started_at))),
      conclusion: reports.find(({ action }) => action === 'completed')?.conclusion ?? null,
    }))
    .sort((a, b) => a.number - b.number)
  const first = attempts[0]
  const isEarlier = ({ run }: ActionsRun) => run.suiteId === suiteId && startOf(run) < (first?.startedAt ?? 0)
  // No job starts before the first attempt. Where one seems to, the only report of the attempt is dated by its end.
  return { attempts, isDated: first?.number !== 1 || !runs.some(isEarlier) }
}

function startOf({ startedAt, completedAt }: Run): number {
  return startedAt ?? completedAt
}

/**
 * The attempt in which a run started. A partial re-run reports the jobs that it carries over with its own number, so only the start
 * tells. Before the first known attempt, that attempt.
 */
function attemptOf(suite: Suite | undefined, run: Run): Attempt | null {
  if (!suite) return null
  const { attempts, isDated } = suite
  const start = startOf(run)
  const attempt = isDated
    ? (attempts.findLast(({ startedAt }) => startedAt <= start) ?? attempts[0])
    : (attempts.find(({ startedAt }) => startedAt >= start) ?? attempts.at(-1))
  return attempt ?? null
}

/**
 * Reads the results of Actions again in the light of attempts and jobs, and drops copies. Changes the outcome, reason and attempt
 * of the runs.
 */
export function readActions(
  runs: readonly ActionsRun[],
  facts: {
    workflowRuns: readonly WorkflowRunFact[]
    workflowJobs: readonly WorkflowJobFact[]
    timeLimits: readonly TimeLimit[]
  },
): Run[] {
  const suites = suitesOf(facts.workflowRuns, runs)
  const jobs = new Map(facts.workflowJobs.map((job) => [job.check_run_id, job]))
  const originals = withoutCopies(runs)
  for (const item of originals) {
    const suite = suites.get(item.run.suiteId ?? -1)
    const attempt = attemptOf(suite, item.run)
    item.run.attempt = suite && attempt && isClosed(suite, attempt) ? attempt.number : null
    const job = jobs.get(item.checkRunId)
    if (job) readJob(item, job, attempt, facts.timeLimits)
  }
  markEchoes(originals, suites)
  return originals.map(({ run }) => run)
}

/** Whether the attempt after it is known too: only then does a run that started in between certainly belong to it. */
function isClosed({ attempts, isDated }: Suite, { number }: Attempt): boolean {
  return isDated && attempts.some((other) => other.number === number + 1)
}

/** A partial re-run reports the jobs that it does not run again once more, under new ids with the old times. */
function withoutCopies(runs: readonly ActionsRun[]): ActionsRun[] {
  const groups = Map.groupBy(runs, ({ run, conclusion }) =>
    run.suiteId === null
      ? run.key
      : JSON.stringify([run.suiteId, run.job.name, run.startedAt, run.completedAt, conclusion]),
  )
  return [...groups.values()].map((group) => group.reduce((a, b) => (b.checkRunId < a.checkRunId ? b : a)))
}

/** Reads the result in the light of its steps and its runner. */
function readJob(
  { run, conclusion }: ActionsRun,
  job: WorkflowJobFact,
  attempt: Attempt | null,
  timeLimits: readonly TimeLimit[],
): void {
  if (run.outcome === 'fail' && conclusion === 'failure') {
    if (!job.had_runner && job.steps === 0) setOutcome(run, 'infra', 'no runner')
    else if (job.steps !== null && job.failed_steps === 0 && job.cancelled_steps > 0)
      setOutcome(run, 'infra', 'runner lost')
  }
  if (run.outcome === 'aborted' && conclusion === 'cancelled' && isTimeout(run, job, attempt, timeLimits))
    setOutcome(run, 'fail', 'timed out')
}

function setOutcome(run: Run, outcome: Run['outcome'], reason: string): void {
  run.outcome = outcome
  run.reason = reason
}

/** GitHub reports a job that reached its `timeout-minutes` as cancelled. */
function isTimeout(
  { job: { workflow } }: Run,
  { name, started_at, completed_at, run_id, cancelled_steps }: WorkflowJobFact,
  attempt: Attempt | null,
  timeLimits: readonly TimeLimit[],
): boolean {
  if (cancelled_steps !== 1 || started_at === null) return false
  // An attempt that ended as cancelled may have been cancelled by a person or a newer run; one whose end is unknown too.
  if (attempt === null || attempt.conclusion === null || attempt.conclusion === 'cancelled') return false
  const cancelled = { name, workflow: workflow ?? '', run_id, started_at, completed_at }
  return hasTimeLimit(timeLimits, timeLimitOf(cancelled))
}

/**
 * In an attempt that was cancelled, a job that starts after another was cancelled only reports the cancellation: it is a gate that
 * runs with `if: always()`. A job that failed before did so on its own.
 */
function markEchoes(runs: readonly ActionsRun[], suites: ReadonlyMap<number, Suite>): void {
  const byAttempt = Map.groupBy(runs, ({ run }) => {
    const attempt = attemptOf(suites.get(run.suiteId ?? -1), run)
    return attempt?.conclusion === 'cancelled' ? `${run.suiteId}/${attempt.number}` : ''
  })
  byAttempt.delete('')
  for (const ofAttempt of byAttempt.values()) {
    const cancelled = ofAttempt.filter(({ conclusion }) => conclusion === 'cancelled')
    const first = Math.min(...cancelled.map(({ run }) => run.completedAt))
    for (const { run } of ofAttempt)
      if (run.outcome === 'fail' && run.startedAt !== null && run.startedAt >= first)
        setOutcome(run, 'aborted', 'cancelled with its workflow run')
  }
}

/** A cancelled job of one attempt, as stored for many commits. */
export interface CancelledJob {
  name: string
  workflow: string
  run_id: number
  started_at: string
  completed_at: string
}

/** The time limit that a job would have reached when it was cancelled. */
export function timeLimitOf({ name, workflow, started_at, completed_at }: CancelledJob): TimeLimit {
  const minutes = Math.floor((Date.parse(completed_at) - Date.parse(started_at)) / MINUTE_MS)
  return { name, workflow, minutes }
}

/** The time limits that these cancelled jobs share: two different runs of one job ended after equally many minutes. */
export function timeLimitsOf(jobs: readonly CancelledJob[]): TimeLimit[] {
  const groups = Map.groupBy(jobs, (job) => JSON.stringify(timeLimitOf(job)))
  return [...groups.values()]
    .filter((group) => new Set(group.map((job) => `${job.run_id}/${job.started_at}`)).size >= 2)
    .flatMap(([job]) => (job ? [timeLimitOf(job)] : []))
    .filter(({ minutes }) => minutes >= 1)
    .sort((a, b) => compareText(a.name, b.name) || a.minutes - b.minutes)
}

/** Whether a time limit is one of these. */
export function hasTimeLimit(limits: readonly TimeLimit[], { name, workflow, minutes }: TimeLimit): boolean {
  return limits.some(
    (limit) => limit.name === name && limit.workflow === workflow && limit.minutes === minutes,
  )
}
