/** Misbehaviour on demand: server errors, limits, slow, missing, half and old answers. */
import type { State } from './state.ts'

type FaultKind = number | 'cut' | 'half' | 'primary-limit' | 'secondary-limit'

export interface Fault {
  method?: string
  /** Tested against the path below the REST base, query included. Every path when left out. */
  path?: RegExp
  /**
   * An HTTP status; `cut` closes the connection without an answer; `half` sends half of the true answer and
   * closes; `primary-limit` and `secondary-limit` answer as GitHub does when a rate limit is spent.
   * Left out, the true answer is given (after the delay).
   */
  status?: FaultKind
  /** The answer is one of yesterday: what it was at the time of this copy (`structuredClone`) of the state. For GET alone. */
  asOf?: State
  /** Milliseconds to wait before answering. */
  delayMs?: number
  /** How many calls it hits; one by default. */
  times?: number
  /** Seconds named in `retry-after` of a limit answer; 60 by default. */
  retryAfter?: number
}

/** The faults that still wait for a call. */
export class Faults {
  private waiting: (Fault & { left: number })[] = []

  add(fault: Fault): void {
    this.waiting.push({ ...fault, left: fault.times ?? 1 })
  }

  /** Takes the first fault that fits the call, counting it down; `null` when none does. */
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
