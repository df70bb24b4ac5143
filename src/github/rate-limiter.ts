/** Decides when a request may be sent: by what is left of the rate limits, by open requests, and by requests per minute. */
import { MINUTE_MS } from '../domain/time.ts'
import { type Answer, type RateLeft, readRateLimit } from './rate-limit.ts'

/** Two answers within one hour can name resets that differ by seconds. */
const SAME_HOUR_MS = 2500

/** Remembers what is left of each rate limit. */
function createLedger(now: () => number) {
  const left = new Map<string, RateLeft>()
  const note = (requested: string, headers: Answer['headers']): void => {
    const answer = readRateLimit(headers, requested, now())
    if (!answer) return
    const before = left.get(answer.resource)
    const isSameHour = before && Math.abs(before.resetAt - answer.left.resetAt) < SAME_HOUR_MS
    // Answers overtake each other, and within an hour the remaining requests only decrease.
    const remaining = isSameHour ? Math.min(before.remaining, answer.left.remaining) : answer.left.remaining
    left.set(answer.resource, { ...answer.left, remaining })
  }
  return { left, note }
}

/**
 * Requests per minute. The secondary rate limits are 900 points a minute for REST and 2,000 for GraphQL, and a read costs one.
 * No header reports them. Source: docs.github.com, "Rate limits for the REST API", secondary rate limits.
 */
const MAX_A_MINUTE = 840

/** Limits the requests within any minute. */
function createMinuteLimit(now: () => number) {
  const times = new Map<string, number[]>()
  return {
    note(resource: string): void {
      const recent = times.get(resource) ?? []
      recent.push(now())
      if (recent.length > MAX_A_MINUTE) recent.shift()
      times.set(resource, recent)
    },
    /** Milliseconds until the next request may be sent. */
    waitFor(resource: string): number {
      const recent = times.get(resource)
      if (!recent || recent.length < MAX_A_MINUTE) return 0
      return Math.max(0, (recent[0] ?? 0) + MINUTE_MS - now())
    },
  }
}

interface LimiterOptions {
  now: () => number
  /** Milliseconds. */
  wait: (ms: number) => Promise<void>
  /** What is left of each rate limit for other users of it. */
  reserve: number
}

/**
 * Creates the limiter. No request is sent during a pause, nor while the open requests may use up all that is left.
 */
export function createRateLimiter({ now, wait, reserve }: LimiterOptions) {
  const { left, note } = createLedger(now)
  const minuteLimit = createMinuteLimit(now)
  const open = new Map<string, Set<Promise<void>>>()
  /** Ends of pauses by resource, or for `all`: epoch ms. */
  const pauses = new Map<string, number>()
  const prolong = (resource: string, end: number) =>
    pauses.set(resource, Math.max(pauses.get(resource) ?? 0, end))
  const pauseOf = (resource: string) => Math.max(pauses.get(resource) ?? 0, pauses.get('all') ?? 0) - now()

  /** Whether the open requests may use up all that is left. Starts a pause when nothing is left. */
  const mustWait = (resource: string, others: ReadonlySet<Promise<void>>): boolean => {
    const budget = left.get(resource)
    if (!budget) return false
    if (budget.resetAt <= now()) left.delete(resource)
    else if (budget.remaining <= reserve) prolong(resource, budget.resetAt)
    else return others.size > 0 && budget.remaining - others.size <= reserve
    return false
  }
  /** Waits until a request may be sent, and counts it as open. @returns the function that closes it */
  const take = async (resource: string): Promise<() => void> => {
    const others = open.get(resource) ?? new Set()
    open.set(resource, others)
    for (;;) {
      if (mustWait(resource, others)) {
        await Promise.race(others)
        continue
      }
      // Other requests can prolong the pause while it lasts.
      const ms = Math.max(pauseOf(resource), minuteLimit.waitFor(resource))
      if (ms <= 0) break
      await wait(ms)
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    others.add(promise)
    minuteLimit.note(resource)
    return () => {
      others.delete(promise)
      resolve()
    }
  }
  const waitsUntil = () => {
    const latest = Math.max(0, ...pauses.values())
    return latest > now() ? latest : 0
  }
  return { left, note, prolong, take, waitsUntil }
}
