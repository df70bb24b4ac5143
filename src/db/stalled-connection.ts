/**
 * Closes stalled connections to a PostgreSQL server: connections that the operating system still reports as open but that carry no
 * data, as after the loss of a machine, a cut cable or a firewall that dropped its state. Without this a query, and everything
 * behind it, would wait for a quarter of an hour or indefinitely.
 */

export interface StallLimits {
  /** How long a query may go unanswered before the server is probed, in ms. */
  timeoutMs: number
  /** How long the server may take to answer the probe, in ms. */
  probeMs: number
}

export const DEFAULT_STALL_LIMITS: StallLimits = { timeoutMs: 10_000, probeMs: 5000 }

/**
 * Watches the queries to one server. Queries that wait at the same time share one probe.
 * @param probe whether the server answers a new connection
 * @returns a function to call for each query, with its answer and a way to close its connection. A slow query is waited for as
 *   long as the server answers probes.
 */
export function createStallWatch(
  probe: () => Promise<boolean>,
  timeoutMs: number,
): (answer: Promise<unknown>, close: (reason: Error) => void) => void {
  let pendingProbe: Promise<boolean> | null = null
  const sharedProbe = () => {
    pendingProbe ??= probe().finally(() => {
      pendingProbe = null
    })
    return pendingProbe
  }
  return (answer, close) => {
    let timer: NodeJS.Timeout | null = null
    let isSettled = false
    const check = async () => {
      if (await sharedProbe()) return wait()
      if (!isSettled) close(new Error('the database does not answer: connection terminated'))
    }
    const wait = () => {
      if (!isSettled) timer = setTimeout(() => void check(), timeoutMs).unref()
    }
    const settle = () => {
      isSettled = true
      if (timer) clearTimeout(timer)
    }
    wait()
    answer.then(settle, settle)
  }
}
