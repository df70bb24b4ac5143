/** When a job gets an issue of its own, and how many clean verdicts close it. */

/** What a job did to the error budget over 28 days. */
export interface JobBurn {
  /** Counted flakes outside incidents. */
  flakes: number
  /** Different pull requests that they hit. */
  pullRequests: number
}

const MIN_FLAKES = 3
const MIN_PULL_REQUESTS = 2
const MIN_SHARE = 0.25
/** A run of clean verdicts that is less probable than this is taken as a fix. */
const MAX_CHANCE = 0.01

/**
 * Whether the job deserves an issue: it used at least a quarter of what the target allows, with enough flakes on different
 * pull requests that chance does not explain them.
 * @param allowed flakes that the target allows over the same days
 */
export function deservesIssue({ flakes, pullRequests }: JobBurn, allowed: number): boolean {
  return flakes >= MIN_FLAKES && pullRequests >= MIN_PULL_REQUESTS && flakes >= MIN_SHARE * allowed
}

/**
 * How many clean verdicts in a row close the issue of a job with `flakes` of `verdicts` flaky: the smallest n with
 * (1 - q)^n < 0.01 for its rate q. Null for a job that never flaked: clean verdicts then say nothing.
 */
export function cleanVerdictsNeeded(flakes: number, verdicts: number): number | null {
  if (flakes <= 0) return null
  const q = Math.min(1, flakes / Math.max(verdicts, flakes))
  if (q === 1) return 1
  const n = Math.log(MAX_CHANCE) / Math.log(1 - q)
  // Strictly below the limit: a whole n is not enough.
  return Math.floor(n) + 1
}
