/** GitHub's rate limits: the budget headers of every answer and the two kinds of "too much". */
import { Refusal } from './route.ts'
import type { Budget, State } from './state.ts'

const WINDOW_MS = 60 * 60_000
export type Resource = 'core' | 'graphql'

/** Charges `cost` points; throws the 403 of a spent primary limit. `now` is epoch ms. */
export function charge(state: State, resource: Resource, cost: number, now: number): void {
  const budget = state.rateLimit[resource]
  if (budget.resetAt <= now) {
    budget.used = 0
    budget.resetAt = now + WINDOW_MS
  }
  if (budget.used + cost > budget.limit) {
    budget.used = budget.limit
    throw primaryLimit(resource)
  }
  budget.used += cost
}

/** Gives points back, as for an answer of 304. */
export function refund(state: State, resource: Resource, cost: number): void {
  state.rateLimit[resource].used = Math.max(0, state.rateLimit[resource].used - cost)
}

/** The answer to a spent primary limit; GraphQL gives it with 200. */
export function primaryLimit(resource: Resource, headers: Record<string, string> = {}): Refusal {
  const message = 'API rate limit exceeded for installation.'
  if (resource === 'core') return new Refusal(403, message, {}, headers)
  return new Refusal(
    200,
    message,
    { errors: [{ type: 'RATE_LIMIT', code: 'graphql_rate_limit', message }] },
    headers,
  )
}

/** The answer to too many calls at once; `seconds` goes into `retry-after`. */
export function secondaryLimit(seconds: number): Refusal {
  return new Refusal(
    403,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    {},
    { 'retry-after': String(seconds) },
  )
}

/** The `x-ratelimit-*` headers. */
export function limitHeaders(resource: Resource, budget: Budget): Record<string, string> {
  return {
    'x-ratelimit-limit': String(budget.limit),
    'x-ratelimit-remaining': String(Math.max(0, budget.limit - budget.used)),
    'x-ratelimit-used': String(budget.used),
    'x-ratelimit-reset': String(Math.ceil(budget.resetAt / 1000)),
    'x-ratelimit-resource': resource,
  }
}
