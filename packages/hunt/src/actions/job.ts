/** Reads a completed job of GitHub Actions as a run. */
import { failureDescriber } from '../failure.ts'
import type { HuntRun } from '../run.ts'
import type { ActionsApi, ActionsJob } from './api.ts'
import { environmentIn, exitCodeIn, readableLog } from './log.ts'

/** Other conclusions (cancelled, skipped, never started) say nothing about the job: the run counts as stopped. */
const OUTCOMES: Record<string, HuntRun['outcome']> = {
  success: 'passed',
  failure: 'failed',
  timed_out: 'failed',
}
const NO_FAILURE = { message: null, output: null, killed_for: null }

/** Reads jobs as runs, with the logs of failed ones. `number` counts runs in order of completion. */
export function runReader(
  api: Pick<ActionsApi, 'readLog'>,
): (job: ActionsJob, number: number) => Promise<HuntRun> {
  const describeFailure = failureDescriber()
  return async (job, number) => {
    const outcome = OUTCOMES[job.conclusion ?? ''] ?? 'stopped'
    const timed_out = job.conclusion === 'timed_out'
    const log = outcome === 'failed' ? await api.readLog(job.id) : null
    const output = log === null ? '' : readableLog(log)
    const exit_code = outcome === 'passed' ? 0 : exitCodeIn(output)
    const failure = { output, exit_code, timed_out, killed_for: null, test: null }
    return {
      number,
      outcome,
      exit_code,
      timed_out,
      started_at: job.started_at,
      duration_ms: tookMs(job),
      ended: number,
      worker: null,
      node: job.runner || null,
      seed: null,
      peak_memory_bytes: null,
      ...(outcome === 'failed' ? describeFailure(failure) : NO_FAILURE),
    }
  }
}

/** The runner and image of a job, for the table of a series. */
export async function environmentOf(
  api: Pick<ActionsApi, 'readLog'>,
  job: ActionsJob,
): Promise<Record<string, string>> {
  const log = (await api.readLog(job.id)) ?? ''
  return { ...(job.labels.length > 0 && { 'runs on': job.labels.join(', ') }), ...environmentIn(log) }
}

const MINUTE_MS = 60_000

/** Milliseconds in whole minutes, rounded up, as GitHub bills them. */
export function minutesOf(ms: number): number {
  return Math.ceil(ms / MINUTE_MS)
}

/** The duration of a job in milliseconds; 0 when it has not completed. */
export function tookMs({ started_at, completed_at }: ActionsJob): number {
  return Math.max(0, Date.parse(completed_at ?? started_at) - Date.parse(started_at))
}
