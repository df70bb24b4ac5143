/** Which jobs a retest command means, of those that have reported at a head. */
import type { RetestCommand } from './command.ts'

/** The last run of one job at the head. */
export interface LastRun {
  name: string
  outcome: string
  required: boolean
}

export interface Chosen<T> {
  /** Jobs to run again, each once. */
  jobs: T[]
  /** Names that no job has. */
  unknown: string[]
}

const RED = new Set(['fail', 'aborted', 'infra'])

/** Prow's meaning: `/retest` the red ones, `/retest-required` those of them that are required, `/test NAME` by name whatever they said. */
export function chooseJobs<T extends LastRun>(
  commands: readonly RetestCommand[],
  last: readonly T[],
): Chosen<T> {
  const named = new Set(commands.flatMap((one) => one.jobs))
  const kinds = new Set(commands.map((one) => one.command))
  const isMeant = (job: T) =>
    kinds.has('test_all') ||
    named.has(job.name) ||
    (kinds.has('retest') && RED.has(job.outcome)) ||
    (kinds.has('retest_required') && job.required && RED.has(job.outcome))
  return {
    jobs: last.filter(isMeant),
    unknown: [...named].filter((name) => !last.some((job) => job.name === name)),
  }
}
