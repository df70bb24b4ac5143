/** Faults on demand: server errors, rate limits, and slow, missing, partial or outdated responses. */
import type { State } from './state.ts'

type FaultKind = number | 'cut' | 'half' | 'primary-limit' | 'secondary-limit'

export interface Fault {
  method?: string
  /** Matched against the path below the REST base, including the query. Every path by default. */
  path?: RegExp
  /**
   * An HTTP status. `cut` closes the connection without a response. `half` sends half of the real response and closes.
   * `primary-limit` and `secondary-limit` answer as GitHub does when a rate limit is exceeded.
   * Without a status, the real response is sent (after the delay).
   */
  status?: FaultKind
  /** A copy (`structuredClone`) of the state that GET requests are answered from, to simulate outdated responses. */
  asOf?: State
  /** Milliseconds to wait before answering. */
  delayMs?: number
  /** How many requests it affects; 1 by default. */
  times?: number
  /** The `retry-after` of a rate limit response, in seconds; 60 by default. */
  retryAfter?: number
}

/** The faults that have not been used up. */
export class Faults {
  private waiting: (Fault & { left: number })[] = []

  add(fault: Fault): void {
    this.waiting.push({ ...fault, left: fault.times ?? 1 })
  }

  /** Uses the first fault that matches the request; `null` without a match. */
  take(method: string, pathAndQuery: string): Fault | null {
    const fault = this.waiting.find((candidate) => fits(candidate, method, pathAndQuery))
    if (!fault) return null
    fault.left -= 1
    if (fault.left <= 0) this.waiting = this.waiting.filter((candidate) => candidate !== fault)
    return fault
  }

  clear(): void {
    this.waiting = []
  }
}

function fits(fault: Fault, method: string, pathAndQuery: string): boolean {
  if (fault.method && fault.method.toUpperCase() !== method) return false
  return !fault.path || fault.path.test(pathAndQuery)
}

const MESSAGES: Record<number, string> = {
  401: 'Bad credentials',
  403: 'Resource not accessible by integration',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Validation Failed',
  500: 'Server Error',
  502: 'Server Error',
  503: 'Service unavailable',
  504: "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your request.",
}

/** The message GitHub sends with a status. */
export function messageOf(status: number): string {
  return MESSAGES[status] ?? `Status ${status}`
}
