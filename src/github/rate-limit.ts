/** GitHub's limits as its answers tell them: what is left, and how long to wait for more. */

export interface Answer {
  data: unknown
  headers: Record<string, string | number | undefined>
}

/** What is left of one of GitHub's budgets. */
export interface RateLeft {
  limit: number
  remaining: number
  /** Epoch ms, by this machine's clock. */
  resetAt: number
}

const SECONDARY_WAIT_MS = 60_000
/** GitHub's clock and ours need not agree to the second. */
const SPARE_MS = 1000
/** No hour of GitHub's is longer: an answer that says so is mistaken. */
const MAX_WAIT_MS = 61 * 60_000

/** What the headers say is left; null where they do not say. @param resource whose budget it is, if they do not tell */
export function readRateLimit(
  headers: Answer['headers'],
  resource: string,
  now: number,
): { resource: string; left: RateLeft } | null {
  const remaining = numberOf(headers['x-ratelimit-remaining'])
  if (remaining === null) return null
  const limit = numberOf(headers['x-ratelimit-limit']) ?? 0
  return {
    resource: String(headers['x-ratelimit-resource'] ?? resource),
    left: { remaining, limit, resetAt: resetOf(headers, now) ?? 0 },
  }
}

/** When the budget is full again, by this machine's clock: that of GitHub is in the same headers. */
function resetOf(headers: Answer['headers'], now: number): number | null {
  const reset = numberOf(headers['x-ratelimit-reset'])
  if (reset === null) return null
  const date = Date.parse(String(headers.date ?? ''))
  const ahead = Number.isNaN(date) ? 0 : date - now
  // A clock that differs by less than the time of an answer is no other clock.
  const at = reset * 1000 - (Math.abs(ahead) > 30_000 ? ahead : 0)
  return Math.min(at + SPARE_MS, now + MAX_WAIT_MS)
}

function numberOf(value: string | number | undefined): number | null {
  if (value === undefined || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** Headers of the answer that an error stands for. */
export function headersOf(error: unknown): Answer['headers'] {
  return (error as { response?: { headers?: Answer['headers'] } }).response?.headers ?? {}
}

/** Whether an error means: later. A 403 is also what GitHub says where something is forbidden. */
export function isRateLimit(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === 429) return true
  if (status !== 403) return false
  const headers = headersOf(error)
  return (
    /rate limit|abuse/i.test(message) ||
    headers['retry-after'] !== undefined ||
    String(headers['x-ratelimit-remaining']) === '0'
  )
}

/** Milliseconds to wait after a limit: as long as is said, at least a minute where nothing is. @param tries so far */
export function limitWait(error: unknown, now: number, tries: number): number {
  const headers = headersOf(error)
  const after = numberOf(headers['retry-after'])
  if (after !== null) return Math.min(Math.max(0, after) * 1000, MAX_WAIT_MS)
  const reset = resetOf(headers, now)
  const isSpent = String(headers['x-ratelimit-remaining']) === '0'
  if (isSpent && reset !== null && reset > now) return reset - now
  return Math.min(SECONDARY_WAIT_MS * tries, MAX_WAIT_MS)
}

interface GraphqlError {
  type?: string
  message: string
}

/** GraphQL tells a spent limit with 200. GitHub's word for it was RATE_LIMITED, and is RATE_LIMIT since. */
export function rejectRateLimit({ data, headers }: Answer): void {
  const errors = (data as { errors?: GraphqlError[] } | null)?.errors ?? []
  const limited = errors.find(
    (one) => one.type?.startsWith('RATE_LIMIT') || /rate limit/i.test(one.message ?? ''),
  )
  if (!limited) return
  const isPrimary = !/secondary/i.test(limited.message)
  throw Object.assign(new Error(limited.message), {
    status: 403,
    response: { headers: { ...headers, ...(isPrimary && { 'x-ratelimit-remaining': '0' }) } },
  })
}
