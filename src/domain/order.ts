/**
 * Compares two texts by their UTF-16 code units, for `sort`. Unlike `localeCompare` it gives the same order on every
 * machine, so no derived row depends on where it was computed.
 */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
