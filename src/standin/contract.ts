/** Placeholder types until the contract check is loaded. */
import type { Incoming } from './exchange.ts'
import type { Answer, Route } from './route.ts'

export interface Contract {
  request: (route: Route, incoming: Incoming, body: unknown) => string | null
  response: (route: Route, incoming: Incoming, answer: Answer) => string | null
}
