/** GitHub's rate limits as its answers report them: what is left, whether an error means "later", and how long to wait. */

export interface Answer {
  data: unknown
  headers: Record<string, string | number | undefined>
}

/** What is left of one of GitHub's rate limits. */
export interface RateLeft {
  limit: number
  remaining: number
  /** Epoch ms, by this machine's clock. */
  resetAt: number
}

/** The rate limit in an answer's headers; null for each part that is missing. */
export interface RateLimitHeaders {
  /** `core` for REST, `graphql` and others. */
  resource: string | null
  limit: number | null
  remaining: number | null
  /** Epoch ms, by GitHub's clock. */
  resetAt: number | null
}

const SECONDARY_WAIT_MS = 60_000
/** GitHub's clock and this machine's may differ by a second. */
const MARGIN_MS = 1000
/** GitHub's limits are for an hour. An answer that names a later time is wrong. */
const MAX_WAIT_MS = 61 * 60_000
/** A smaller difference of clocks can be the time that the answer took. */
const MIN_CLOCK_DIFFERENCE_MS = 30_000

/** Parses the `x-ratelimit-*` headers. */
export function parseRateLimit(headers: Answer['headers']): RateLimitHeaders {
  const resource = headers['x-ratelimit-resource']
  const reset = numberOf(headers['x-ratelimit-reset'])
  return {
    resource: resource === undefined ? null : String(resource),
    limit: numberOf(headers['x-ratelimit-limit']),
    remaining: numberOf(headers['x-ratelimit-remaining']),
    resetAt: reset === null ? null : reset * 1000,
  }
}

/** What an answer says is left; null when it does not say. @param resource the limit to assume when no header names it */
export function readRateLimit(
  headers: Answer['headers'],
  resource: string,
  now: number,
): { resource: string; left: RateLeft } | null {
  const parsed = parseRateLimit(headers)
  if (parsed.remaining === null) return null
  const { remaining, limit } = parsed
  return {
    resource: parsed.resource ?? resource,
    left: { remaining, limit: limit ?? 0, resetAt: resetOf(headers, now) ?? 0 },
  }
}

/** When the limit is reset, by this machine's clock. The `date` header of the same answer has GitHub's clock. */
function resetOf(headers: Answer['headers'], now: number): number | null {
  const { resetAt } = parseRateLimit(headers)
  if (resetAt === null) return null
  const date = Date.parse(String(headers.date ?? ''))
  const difference = Number.isNaN(date) ? 0 : date - now
  const corrected = resetAt - (Math.abs(difference) > MIN_CLOCK_DIFFERENCE_MS ? difference : 0)
  return Math.min(corrected + MARGIN_MS, now + MAX_WAIT_MS)
}

function numberOf(value: string | number | undefined): number | null {
  if (value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** The headers of the answer that an error was made from. */
export function headersOf(error: unknown): Answer['headers'] {
  return (error as { response?: { headers?: Answer['headers'] } }).response?.headers ?? {}
}

/** Whether the error says that nothing is left of the limit. */
export function isExhausted(error: unknown): boolean {
  return parseRateLimit(headersOf(error)).remaining === 0
}

/** Whether the error is a rate limit. Status 403 also means that something is forbidden. */
export function isRateLimit(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === 429) return true
  if (status !== 403) return false
  return (
    /rate limit|abuse/i.test(message) || headersOf(error)['retry-after'] !== undefined || isExhausted(error)
  )
}

/**
 * Milliseconds to wait after a rate limit: as long as the answer says, or a minute for each attempt when it does not.
 * @param attempts how many there were so far
 */
export function limitWait(error: unknown, now: number, attempts: number): number {
  const headers = headersOf(error)
  const after = numberOf(headers['retry-after'])
  if (after !== null) return Math.min(Math.max(0, after) * 1000, MAX_WAIT_MS)
  const reset = resetOf(headers, now)
  if (isExhausted(error) && reset !== null && reset > now) return reset - now
  return Math.min(SECONDARY_WAIT_MS * attempts, MAX_WAIT_MS)
}

interface GraphqlError {
  type?: string
  message: string
}

/**
 * Throws the error that REST would give when a GraphQL answer reports a rate limit, which it does with status 200. The type
 * was RATE_LIMITED and is now RATE_LIMIT.
 */
export function rejectRateLimit({ data, headers }: Answer): void {
  const errors = (data as { errors?: GraphqlError[] } | null)?.errors ?? []
  const limited = errors.find(
    ({ type, message }) => type?.startsWith('RATE_LIMIT') || /rate limit/i.test(message ?? ''),
  )
  if (!limited) return
  const isPrimary = !/secondary/i.test(limited.message)
  throw Object.assign(new Error(limited.message), {
    status: 403,
    response: { headers: { ...headers, ...(isPrimary && { 'x-ratelimit-remaining': '0' }) } },
  })
}
