/** Which jobs a retest command is about, given the jobs at the pull request's head. */
import type { RetestCommand } from './command.ts'
import { testedNames } from './job-names.ts'

/** The newest result of one job at a head. */
export interface HeadJob {
  /** The check run's id; null for a commit status, which only its own CI can run again. */
  id: number | null
  name: string
  /** Slug of the app that made the check run; empty for a status. */
  app: string
  suiteId: number | null
  /** GitHub's conclusion, or a status's state; null while it is running. */
  conclusion: string | null
  /** Epoch ms; null while it is running. */
  completedAt: number | null
}

export interface RetestPlan {
  /** Failed before the command was written, so it is re-run. */
  again: HeadJob[]
  /** Named in the command, but not a job of the head. */
  unknown: string[]
  /** Named in the command, but passing or running. */
  notFailed: HeadJob[]
}

const FAILED = new Set(['failure', 'timed_out', 'cancelled', 'error'])

/**
 * Picks the jobs to re-run. A run that completed after `askedAt` (epoch ms) is never picked: it may be a result of this
 * very command, so executing the command twice re-runs nothing twice.
 * @param options.lines the text after `/test ` of each such line: a job's name may contain spaces
 */
export function planRetest(
  commands: readonly RetestCommand['command'][],
  jobs: readonly HeadJob[],
  options: { lines: readonly string[]; required: (job: HeadJob) => boolean; askedAt: number },
): RetestPlan {
  const all = commands.includes('retest') || commands.includes('test_all')
  const required = commands.includes('retest_required')
  const jobNames = new Set(jobs.map((job) => job.name))
  const names = new Set(options.lines.flatMap((line) => testedNames(line, jobNames)))
  const isMeant = (job: HeadJob) => all || (required && options.required(job)) || names.has(job.name)
  const isRed = ({ conclusion, completedAt }: HeadJob) =>
    conclusion !== null && FAILED.has(conclusion) && completedAt !== null && completedAt <= options.askedAt
  return {
    again: jobs.filter((job) => isMeant(job) && isRed(job)),
    // Words after "/test all" are a remark, not job names.
    unknown: all ? [] : [...names].filter((name) => !jobs.some((job) => job.name === name)),
    notFailed: all ? [] : jobs.filter((job) => names.has(job.name) && !isRed(job)),
  }
}
