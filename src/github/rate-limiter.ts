/** Whose turn it is to ask: by what is left of the budgets, by what is under way, and by how fast may be asked. */
import { MINUTE_MS } from '../domain/time.ts'
import { type Answer, type RateLeft, readRateLimit } from './rate-limit.ts'

/** Two words about one hour may differ by the seconds that lie between them. */
const SAME_HOUR_MS = 2500

/** What is left of each budget, as the answers told. */
function createLedger(now: () => number) {
  const left = new Map<string, RateLeft>()
  const note = (asked: string, headers: Answer['headers']): void => {
    const told = readRateLimit(headers, asked, now())
    if (!told) return
    const known = left.get(told.resource)
    const isSameHour = known && Math.abs(known.resetAt - told.left.resetAt) < SAME_HOUR_MS
    // Answers overtake each other; within an hour what is left only shrinks.
    const remaining = isSameHour ? Math.min(known.remaining, told.left.remaining) : told.left.remaining
    left.set(told.resource, { ...told.left, remaining })
  }
  return { left, note }
}

/**
 * Below the 900 points a minute of REST and the 2,000 of GraphQL, where reading costs 1 each; no header tells of these.
 * Source: docs.github.com, "Rate limits for the REST API", secondary rate limits.
 */
const MAX_A_MINUTE = 840

/** Keeps to so many requests within any minute. */
function createPace(now: () => number) {
  const times = new Map<string, number[]>()
  return {
    note(resource: string): void {
      const recent = times.get(resource) ?? []
      recent.push(now())
      if (recent.length > MAX_A_MINUTE) recent.shift()
      times.set(resource, recent)
    },
    /** Milliseconds until one more may be asked. */
    waitFor(resource: string): number {
      const recent = times.get(resource)
      if (!recent || recent.length < MAX_A_MINUTE) return 0
      return Math.max(0, (recent[0] ?? 0) + MINUTE_MS - now())
    },
  }
}

interface TurnOptions {
  now: () => number
  /** Milliseconds. */
  wait: (ms: number) => Promise<void>
  /** What is left to others of each budget. */
  reserve: number
}

/** Those who ask stand in line: nobody asks while a limit is waited for, or for what those before him may use up. */
export function createRateLimiter({ now, wait, reserve }: TurnOptions) {
  const { left, note } = createLedger(now)
  const pace = createPace(now)
  const underWay = new Map<string, Set<Promise<void>>>()
  /** By resource, and for all of them: epoch ms. */
  const pauses = new Map<string, number>()
  const prolong = (whose: string, end: number) => pauses.set(whose, Math.max(pauses.get(whose) ?? 0, end))
  const pauseOf = (resource: string) => Math.max(pauses.get(resource) ?? 0, pauses.get('all') ?? 0) - now()

  /** Whether all that is left is being used up; where nothing is left it is waited for. */
  const mustSee = (resource: string, others: ReadonlySet<Promise<void>>): boolean => {
    const budget = left.get(resource)
    if (!budget) return false
    if (budget.resetAt <= now()) left.delete(resource)
    else if (budget.remaining <= reserve) prolong(resource, budget.resetAt)
    else return others.size > 0 && budget.remaining - others.size <= reserve
    return false
  }
  /** Waits for a turn. Those who come after count it as used from then on. @returns what ends it */
  const take = async (resource: string): Promise<() => void> => {
    const others = underWay.get(resource) ?? new Set()
    underWay.set(resource, others)
    for (;;) {
      if (mustSee(resource, others)) {
        await Promise.race(others)
        continue
      }
      // Others may prolong the pause while it lasts.
      const ms = Math.max(pauseOf(resource), pace.waitFor(resource))
      if (ms <= 0) break
      await wait(ms)
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    others.add(promise)
    pace.note(resource)
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
