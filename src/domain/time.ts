/** Lengths of time in ms, and the format of times. */

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
/** 24 hours. A local day can be 23 or 25 hours long: see window.ts. */
export const DAY_MS = 24 * HOUR_MS
export const WEEK_MS = 7 * DAY_MS

/** RFC 3339 in UTC, with milliseconds. @param at epoch ms @throws RangeError for a time outside the range of Date */
export function iso(at: number): string {
  return new Date(at).toISOString()
}
