/**
 * Conclusions give way to deliveries: GitHub waits 10 seconds for an answer and never asks again, while a figure may come
 * some seconds later. While deliveries crowd, concluding takes a small share of the time; the longer they do, the more.
 */

export interface Backpressure {
  /** Tells of a commit of so many deliveries. */
  recorded(count: number): void
  /** Commits to judge in one transaction, while which deliveries wait for the processor. */
  headsAtOnce(): number
  /** Lets deliveries through after a piece of work that took `tookMs`; waits while they crowd. */
  giveWay(tookMs: number): Promise<void>
}

const SPAN_MS = 100
/** Deliveries in one commit: so many came while the commit before it was under way. */
const CROWD = 3
/** Of the time, for concluding beside a crowd: at its beginning, at most, and how long it takes from one to the other. */
const MIN_SHARE = 0.02
const MAX_SHARE = 0.5
const GITHUB_TIMEOUT_MS = 120_000
const MAX_WAIT_MS = 5_000
const HEADS_IN_CROWD = 20
const HEADS_BESIDE = 40
const HEADS_UNHURRIED = 400

/** The backpressure of a process that takes deliveries. @param clock ms that never go back, such as `performance.now` */
export function createBackpressure(clock: () => number): Backpressure {
  let crowdAt = Number.NEGATIVE_INFINITY
  let crowdSince = 0
  const isCrowded = () => clock() - crowdAt < SPAN_MS
  const share = () =>
    Math.min(MAX_SHARE, MIN_SHARE + (MAX_SHARE * (clock() - crowdSince)) / GITHUB_TIMEOUT_MS)
  return {
    recorded(count) {
      if (count < CROWD) return
      if (!isCrowded()) crowdSince = clock()
      crowdAt = clock()
    },
    headsAtOnce: () => (isCrowded() ? HEADS_IN_CROWD : HEADS_BESIDE),
    async giveWay(tookMs) {
      const until = clock() + Math.min(MAX_WAIT_MS, tookMs / share() - tookMs)
      // At least one turn of the event loop: the embedded database answers within the turn in which it is asked.
      do await new Promise((resolve) => setTimeout(resolve, isCrowded() ? SPAN_MS / 4 : 0))
      while (isCrowded() && clock() < until)
    },
  }
}

/** For those who derive and take no deliveries. */
export const NO_BACKPRESSURE: Backpressure = {
  recorded: () => {},
  headsAtOnce: () => HEADS_UNHURRIED,
  giveWay: async () => {},
}
