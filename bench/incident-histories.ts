/**
 * Made-up results for measuring how incidents are found: a repository of any size whose jobs flake independently of each
 * other, with or without an outage. Results come at day and at night in different numbers.
 */
import type { TimedResult } from '../src/domain/attribution/incident.ts'
import { DAY_MS, HOUR_MS } from '../src/domain/time.ts'
import { createRandom, type Random } from '../src/simulate/random.ts'

export interface RepositorySize {
  jobs: number
  pullRequestsADay: number
  /** Each job's probability that a verdict is flaky, between `low` and `high`, evenly on the log scale. */
  rates: { low: number; high: number }
}

/** An outage makes runs fail with a probability: those of every job, or of the first one alone. */
export interface Outage {
  /** Epoch ms. */
  from: number
  hours: number
  share: number
  allJobs: boolean
}

const MEAN_MORE_HEADS = 2.5
/** Mean time (ms) between two pushes to a pull request: some authors fix a typo at once, others answer a review. */
const PUSHED_AGAIN_AFTER = [HOUR_MS, 6 * HOUR_MS, 36 * HOUR_MS]
/** Hours that a job takes. */
const JOB_HOURS = { low: 0.1, high: 1.5 }
/** Share of pull requests that are opened at night and on weekends, compared with a working hour. */
const QUIET_SHARE = 0.15
const WORKING_HOURS = { from: 8, to: 20 }
const WORKING_DAYS = 5

/** The results of `days` days from 0 (a Monday); a failure is that of a flaky verdict. The same seed gives the same results. */
export function historyOf(
  { jobs, pullRequestsADay, rates }: RepositorySize,
  { days, seed, outage }: { days: number; seed: string; outage?: Outage },
): TimedResult[] {
  const random = createRandom(seed)
  const all = Array.from({ length: jobs }, (_, job) => ({
    job,
    rate: rates.low * (rates.high / rates.low) ** random.next(),
    hours: random.between(JOB_HOURS.low, JOB_HOURS.high),
  }))
  const results: TimedResult[] = []
  for (let number = 1; number <= days * pullRequestsADay; number++) {
    for (const pushedAt of headsOf(random, days)) {
      for (const { job, rate, hours } of all) {
        const at = Math.round(pushedAt + hours * HOUR_MS * random.between(0.9, 1.1))
        const hit = outage !== undefined && isHit(outage, at, job) && random.chance(outage.share)
        results.push({ at, job, number, failed: random.chance(rate) || hit })
      }
    }
  }
  return results
}

/** The times (ms) at which the heads of one pull request are pushed. */
function headsOf(random: Random, days: number): number[] {
  const heads = [workingTime(random, days)]
  for (let more = random.count(MEAN_MORE_HEADS); more > 0; more--)
    heads.push((heads.at(-1) ?? 0) + random.after(random.pick(PUSHED_AGAIN_AFTER)))
  return heads
}

/** A time in the first `days` days, most often in a working hour. */
function workingTime(random: Random, days: number): number {
  for (;;) {
    const at = random.between(0, days * DAY_MS)
    if (isWorkingTime(at) || random.chance(QUIET_SHARE)) return at
  }
}

/** Whether a time (ms from a Monday, 00:00) is in a working hour. */
export function isWorkingTime(at: number): boolean {
  const hour = (at % DAY_MS) / HOUR_MS
  const isWorkingDay = Math.floor(at / DAY_MS) % 7 < WORKING_DAYS
  return isWorkingDay && hour >= WORKING_HOURS.from && hour < WORKING_HOURS.to
}

function isHit({ from, hours, allJobs }: Outage, at: number, job: number): boolean {
  return at >= from && at < from + hours * HOUR_MS && (allJobs || job === 0)
}
