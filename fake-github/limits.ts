/** GitHub's rate limits: the headers of every response, and the primary and secondary limit. */
import { Refusal } from './route.ts'
import type { Budget, State } from './state.ts'

const WINDOW_MS = 60 * 60_000
export type Resource = 'core' | 'graphql'

/** Charges `cost` points. `now` is epoch ms. @throws {Refusal} 403 when the primary rate limit is exceeded */
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

/** Refunds points, as for a 304 response. */
export function refund(state: State, resource: Resource, cost: number): void {
  state.rateLimit[resource].used = Math.max(0, state.rateLimit[resource].used - cost)
}

/** The response when the primary rate limit is exceeded. GraphQL sends it with status 200. */
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

/** The response when the secondary rate limit is exceeded, with `retry-after: seconds`. */
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
