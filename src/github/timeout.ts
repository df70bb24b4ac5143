/** Limits how long an answer of GitHub may take, and ends it when the program stops. */

/** GitHub's own limit is ten seconds. The rest is for downloads of long job logs. */
export const GITHUB_TIMEOUT_MS = 60_000

/**
 * Returns a `fetch` that fails unless the answer is complete within `ms`. Node limits only the time between two bytes, so an
 * answer that arrives a byte at a time could otherwise take any time.
 * @param stop aborts all requests, open and later ones
 */
export function fetchWithTimeout(ms: number = GITHUB_TIMEOUT_MS, stop?: AbortSignal): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(ms), stop, init?.signal].filter((signal) => signal != null)
    return fetch(input, { ...init, signal: AbortSignal.any(signals) })
  }
}
