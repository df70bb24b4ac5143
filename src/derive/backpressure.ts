/**
 * Deriving figures gives way to recording deliveries. GitHub waits 10 seconds for an answer and does not redeliver by itself, whereas
 * a figure may be some seconds late. Under load, deriving takes a small share of the time, which grows while the load lasts.
 */

export interface Backpressure {
  /** Reports that `count` deliveries were committed in one transaction. */
  recorded(count: number): void
  /** How many heads to classify in one transaction. Deliveries wait for the CPU meanwhile. */
  headsAtOnce(): number
  /** Lets deliveries through after work that took `tookMs`. Under load it waits longer. */
  giveWay(tookMs: number): Promise<void>
}

/** How long after a large commit the process still counts as under load. */
const LOAD_MEMORY_MS = 100
/** A commit of so many deliveries is a sign of load: that many arrived during the commit before it. */
const MIN_LOAD = 3
/** The share of the time for deriving under load: when the load begins, and at most. */
const MIN_SHARE = 0.02
const MAX_SHARE = 0.5
/** How long the load lasts until the share is at its maximum. */
const RAMP_MS = 120_000
const MAX_WAIT_MS = 5_000
const HEADS_UNDER_LOAD = 20
const HEADS_WITHOUT_LOAD = 40
const HEADS_WITHOUT_DELIVERIES = 400

/** The backpressure of a process that receives deliveries. @param clock monotonic ms, such as `performance.now` */
export function createBackpressure(clock: () => number): Backpressure {
  let loadedAt = Number.NEGATIVE_INFINITY
  let loadedSince = 0
  const isLoaded = () => clock() - loadedAt < LOAD_MEMORY_MS
  const share = () => Math.min(MAX_SHARE, MIN_SHARE + (MAX_SHARE * (clock() - loadedSince)) / RAMP_MS)
  return {
    recorded(count) {
      if (count < MIN_LOAD) return
      if (!isLoaded()) loadedSince = clock()
      loadedAt = clock()
    },
    headsAtOnce: () => (isLoaded() ? HEADS_UNDER_LOAD : HEADS_WITHOUT_LOAD),
    async giveWay(tookMs) {
      const until = clock() + Math.min(MAX_WAIT_MS, tookMs / share() - tookMs)
      // At least one turn of the event loop, because the embedded database answers a query within the same turn.
      do await new Promise((resolve) => setTimeout(resolve, isLoaded() ? LOAD_MEMORY_MS / 4 : 0))
      while (isLoaded() && clock() < until)
    },
  }
}

/** For processes that derive and receive no deliveries. */
export const NO_BACKPRESSURE: Backpressure = {
  recorded: () => {},
  headsAtOnce: () => HEADS_WITHOUT_DELIVERIES,
  giveWay: async () => {},
}
