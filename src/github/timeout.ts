/** How long an answer of GitHub is waited for: never without end, whatever it sends, and hardly while the program stops. */

/** GitHub itself gives up after ten seconds; the rest is for the logs of jobs, which are long. */
export const GITHUB_TIMEOUT_MS = 60_000

/**
 * A `fetch` whose answers are whole within `ms`, or fail. Without it an answer that trickles, a byte now and then, is
 * read for ever: Node only counts the time between two bytes.
 * @param stop fails at once whatever is under way, and whatever is asked for afterwards
 */
export function fetchWithTimeout(ms: number = GITHUB_TIMEOUT_MS, stop?: AbortSignal): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(ms), stop, init?.signal].filter((one) => one != null)
    return fetch(input, { ...init, signal: AbortSignal.any(signals) })
  }
}
