/** Which jobs a command to test again means, given what GitHub shows at the head. Pure: nothing here asks for anything. */
import type { RetestCommand } from './command.ts'

/** The newest result of one job at a head. */
export interface HeadJob {
  /** The check run's id; null for a commit status, which nobody but its CI can make again. */
  id: number | null
  name: string
  /** Slug of the app that made the check run; empty for a status. */
  app: string
  suiteId: number | null
  /** GitHub's conclusion or a status's state; null while it runs. */
  conclusion: string | null
  /** Epoch ms; null while it runs. */
  completedAt: number | null
}

export interface RetestPlan {
  /** Failed before the command was given, so it is run again. */
  again: HeadJob[]
  /** Named, but there is no such job at the head. */
  unknown: string[]
  /** Named, and passing or running. */
  notFailed: HeadJob[]
}

const FAILED = new Set(['failure', 'timed_out', 'cancelled', 'error'])

/**
 * Picks the jobs to run again. A run that completed after `askedAt` (epoch ms) is never picked: it may be what the command
 * brought about, so doing the same command again finds nothing left to do.
 * @param options.lines what stood after `/test `, a line each: a job's whole name may hold spaces
 */
export function planRetest(
  commands: readonly RetestCommand['command'][],
  jobs: readonly HeadJob[],
  options: { lines: readonly string[]; required: (job: HeadJob) => boolean; askedAt: number },
): RetestPlan {
  const all = commands.includes('retest') || commands.includes('test_all')
  const required = commands.includes('retest_required')
  const names = namedJobs(options.lines, new Set(jobs.map((job) => job.name)))
  const isMeant = (job: HeadJob) => all || (required && options.required(job)) || names.has(job.name)
  const isRed = ({ conclusion, completedAt }: HeadJob) =>
    conclusion !== null && FAILED.has(conclusion) && completedAt !== null && completedAt <= options.askedAt
  return {
    again: jobs.filter((job) => isMeant(job) && isRed(job)),
    // Words after "/test all" are a person's, not jobs'.
    unknown: all ? [] : [...names].filter((name) => !jobs.some((job) => job.name === name)),
    notFailed: all ? [] : jobs.filter((job) => names.has(job.name) && !isRed(job)),
  }
}

/** A line that is one job's whole name means that job; else each of its words is a name, as Prow has it. */
function namedJobs(lines: readonly string[], known: ReadonlySet<string>): Set<string> {
  const words = lines.flatMap((line) => {
    const whole = line.trim()
    return known.has(whole) ? [whole] : whole.split(/[\t\r ]+/).map((word) => word.replace(/,$/, ''))
  })
  return new Set(words.filter((word) => word !== '' && word !== 'all' && word !== '?'))
}
