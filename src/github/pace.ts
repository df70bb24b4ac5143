/** What is known of the budgets, and how fast may be asked: what those who stand in line go by. */
import { type Answer, type RateLeft, readLeft } from './limits.ts'

/** Two words about one hour may differ by the seconds that lie between them. */
const SAME_HOUR_MS = 2500

/** What is left of each budget, as the answers told. */
export function createLedger(now: () => number) {
  const left = new Map<string, RateLeft>()
  const note = (asked: string, headers: Answer['headers']): void => {
    const told = readLeft(headers, asked, now())
    if (!told) return
    const known = left.get(told.resource)
    const isSameHour = known && Math.abs(known.resetAt - told.left.resetAt) < SAME_HOUR_MS
    // Answers overtake each other; within an hour what is left only shrinks.
    const remaining = isSameHour ? Math.min(known.remaining, told.left.remaining) : told.left.remaining
    left.set(told.resource, { ...told.left, remaining })
  }
  return { left, note }
}

const MINUTE = 60_000
/**
 * Below the 900 points a minute of REST and the 2,000 of GraphQL, where reading costs 1 each; no header tells of these.
 * Source: docs.github.com, "Rate limits for the REST API", secondary rate limits.
 */
const MOST_A_MINUTE = 840

/** Keeps to so many requests within any minute. */
export function createPace(now: () => number) {
  const times = new Map<string, number[]>()
  return {
    note(resource: string): void {
      const recent = times.get(resource) ?? []
      recent.push(now())
      if (recent.length > MOST_A_MINUTE) recent.shift()
      times.set(resource, recent)
    },
    /** Milliseconds until one more may be asked. */
    waitFor(resource: string): number {
      const recent = times.get(resource)
      if (!recent || recent.length < MOST_A_MINUTE) return 0
      return Math.max(0, (recent[0] ?? 0) + MINUTE - now())
    },
  }
}
