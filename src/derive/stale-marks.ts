/** Rounds the times of marks, so that many changes close together leave one mark. */

/** ms: 15 minutes. In every time zone, windows begin at a multiple of it in UTC. */
export const MARK_SPAN = 900_000

/** The time (epoch ms) of the mark that covers a change. @param at RFC 3339 */
export function markOf(at: string): number {
  return Math.floor(Date.parse(at) / MARK_SPAN) * MARK_SPAN
}
