/** What an ended job of GitHub Actions says of its run. */
import { failureTeller } from '../failure.ts'
import type { HuntRun } from '../run.ts'
import type { ActionsApi, ActionsJob } from './api.ts'
import { environmentIn, exitCodeIn, readableLog } from './log.ts'

/** What GitHub did to a job (cancelled, skipped, never begun) says nothing of it. */
const OUTCOMES: Record<string, HuntRun['outcome']> = {
  success: 'passed',
  failure: 'failed',
  timed_out: 'failed',
}
const NOTHING = { message: null, output: null, killed_for: null }

/** Reads jobs as runs, and the logs of those that failed; `number` is the run's, in the order of ending. */
export function runReader(
  api: Pick<ActionsApi, 'readLog'>,
): (job: ActionsJob, number: number) => Promise<HuntRun> {
  const tellFailure = failureTeller()
  return async (job, number) => {
    const outcome = OUTCOMES[job.conclusion ?? ''] ?? 'stopped'
    const timed_out = job.conclusion === 'timed_out'
    const log = outcome === 'failed' ? await api.readLog(job.id) : null
    const output = log === null ? '' : readableLog(log)
    const exit_code = outcome === 'passed' ? 0 : exitCodeIn(output)
    const told = { output, exit_code, timed_out, killed_for: null, test: null }
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
      ...(outcome === 'failed' ? tellFailure(told) : NOTHING),
    }
  }
}

/** What is known of where a job ran, for the table of a series. */
export async function environmentOf(
  api: Pick<ActionsApi, 'readLog'>,
  job: ActionsJob,
): Promise<Record<string, string>> {
  const log = (await api.readLog(job.id)) ?? ''
  return { ...(job.labels.length > 0 && { 'runs on': job.labels.join(', ') }), ...environmentIn(log) }
}

const MINUTE = 60_000

/** As GitHub bills them: each begun minute in full. */
export function minutesOf(ms: number): number {
  return Math.ceil(ms / MINUTE)
}

export function tookMs({ started_at, completed_at }: ActionsJob): number {
  return Math.max(0, Date.parse(completed_at ?? started_at) - Date.parse(started_at))
}
