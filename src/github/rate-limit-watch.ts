/** Watches how much of GitHub's rate limit is left, from the headers of its answers: a request for it would use it up too. */
import { iso } from '../domain/time.ts'
import type { Octokit } from './client.ts'
import { type Answer, parseRateLimit } from './rate-limit.ts'

export interface RateLimit {
  remaining: number
  limit: number
  /** RFC 3339. */
  resetAt: string
}

export interface RateLimitWatch {
  /** An Octokit plugin that reads the headers of every answer. */
  plugin(octokit: Pick<Octokit, 'hook'>): void
  /** The installation with the least left, among the hours that are not over. @param now epoch ms */
  latest(now: number): RateLimit | null
}

/**
 * Each installation has its own hour, so hours are distinguished by their end.
 * Source: docs.github.com, "Rate limits for the REST API".
 */
export function watchRateLimit(): RateLimitWatch {
  const hours = new Map<number, { remaining: number; limit: number }>()
  return {
    plugin({ hook }) {
      hook.after('request', ({ headers }) => {
        const { resource, remaining, limit, resetAt } = parseRateLimit(headers as Answer['headers'])
        if (resource !== 'core' || remaining === null || limit === null || resetAt === null) return
        const hour = hours.get(resetAt)
        // Answers overtake each other, and within an hour the remaining requests only decrease.
        hours.set(resetAt, { remaining: Math.min(remaining, hour?.remaining ?? remaining), limit })
      })
    },
    latest(now) {
      for (const end of hours.keys()) if (end <= now) hours.delete(end)
      const [least] = [...hours].sort(([, a], [, b]) => a.remaining - b.remaining)
      return least ? { ...least[1], resetAt: iso(least[0]) } : null
    },
  }
}
