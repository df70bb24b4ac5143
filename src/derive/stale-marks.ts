/** The times of marks: of a crowd of changes close together one mark is left, which stands for all of them. */

/** ms: a mark stands for the quarter of an hour that it begins. Windows begin at whole ones of UTC in every time zone. */
export const MARKED_SPAN = 900_000

/** The time (epoch ms) of the mark that stands for a change. @param at RFC 3339 */
export function markOf(at: string): number {
  return Math.floor(Date.parse(at) / MARKED_SPAN) * MARKED_SPAN
}
