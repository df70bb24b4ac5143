/** When a job deserves an issue of its own, and when its silence is enough to close it. */

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
const IMPROBABLE = 0.01

/**
 * Whether the job burns most of the budget: at least a quarter of what the target allows, and often enough, on different
 * pull requests, that it is no accident. @param allowed flakes that the target allows over the same days
 */
export function deservesIssue({ flakes, pullRequests }: JobBurn, allowed: number): boolean {
  return flakes >= MIN_FLAKES && pullRequests >= MIN_PULL_REQUESTS && flakes >= MIN_SHARE * allowed
}

/**
 * How many clean verdicts in a row a job that flakes in `flakes` of `verdicts` would show by chance in fewer than one case
 * of a hundred: the least n with (1 - q)^n < 0.01. Null where it never flaked, because then no silence says anything.
 */
export function silenceNeeded(flakes: number, verdicts: number): number | null {
  if (flakes <= 0) return null
  const q = Math.min(1, flakes / Math.max(verdicts, flakes))
  if (q === 1) return 1
  const n = Math.log(IMPROBABLE) / Math.log(1 - q)
  // Strictly below: a whole number is not yet enough.
  return Math.floor(n) + 1
}
