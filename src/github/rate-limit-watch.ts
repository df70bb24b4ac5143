/** How much of GitHub's rate limit is left, as the headers of its own answers say: asking for it would need a request. */
import type { Octokit } from './client.ts'

export interface RateLimit {
  remaining: number
  limit: number
  /** RFC 3339. */
  resetAt: string
}

export interface RateLimitWatch {
  /** An Octokit plugin that reads along. */
  plugin(octokit: Pick<Octokit, 'hook'>): void
  /** The installation with the least left, among the hours that are not over. @param now epoch ms */
  latest(now: number): RateLimit | null
}

/** Each installation has an hour of its own, so hours are told apart by their end. Source: docs.github.com, "Rate limits for the REST API". */
export function watchRateLimit(): RateLimitWatch {
  const hours = new Map<number, { remaining: number; limit: number }>()
  return {
    plugin({ hook }) {
      hook.after('request', ({ headers }) => {
        if (headers['x-ratelimit-resource'] !== 'core') return
        const [remaining, limit, reset] = ['remaining', 'limit', 'reset'].map((part) =>
          Number(headers[`x-ratelimit-${part}`]),
        ) as [number, number, number]
        if (![remaining, limit, reset].every(Number.isFinite)) return
        const known = hours.get(reset * 1000)
        // Answers overtake each other; within an hour what is left only shrinks.
        hours.set(reset * 1000, { remaining: Math.min(remaining, known?.remaining ?? remaining), limit })
      })
    },
    latest(now) {
      for (const end of hours.keys()) if (end <= now) hours.delete(end)
      const [least] = [...hours].sort(([, a], [, b]) => a.remaining - b.remaining)
      return least ? { ...least[1], resetAt: new Date(least[0]).toISOString() } : null
    },
  }
}
