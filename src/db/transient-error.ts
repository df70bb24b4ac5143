/** Tells a database that is away, full or closed to writers from a question that was wrong: the first passes by itself. */

/** SQLSTATE classes: connection, read-only, resources, and an operator's hand; source: PostgreSQL manual, appendix A. */
const SQL_STATE = /^(?:08|25|53|57)[0-9A-Z]{3}$/
const NETWORK = /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN)/
/** What the driver says without a code. */
const SAID =
  /connection (?:terminated|error)|connection timeout|trying to connect|client was closed|not queryable/i

/** Whether the same question may be answered a little later. */
export function isTransient(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && (SQL_STATE.test(code) || NETWORK.test(code))) return true
  return SAID.test(String(message))
}
