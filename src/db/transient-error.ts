/** Tells transient database errors, after which the same query can succeed, from errors in the query itself. */

/**
 * SQLSTATE classes: 08 connection exception, 25 invalid transaction state (as in a read-only server), 53 insufficient resources,
 * 57 operator intervention. Source: PostgreSQL manual, appendix A.
 */
const SQL_STATE = /^(?:08|25|53|57)[0-9A-Z]{3}$/
const NETWORK_CODE = /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN)/
/** Messages of the driver for errors that it gives no code. */
const DRIVER_MESSAGE =
  /connection (?:terminated|error)|connection timeout|trying to connect|client was closed|not queryable/i

/** Whether the database is unavailable, full or read-only, so that the same query may succeed later. */
export function isTransient(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && (SQL_STATE.test(code) || NETWORK_CODE.test(code))) return true
  return DRIVER_MESSAGE.test(String(message))
}
