/** Interval of a proportion, so that a job with two verdicts does not outrank one with two hundred. */

const Z = 1.96

/** Wilson's score interval, 95 %, of `hits` of `of` (E. B. Wilson, 1927). [0, 1] where nothing was seen. */
export function wilson(hits: number, of: number): { low: number; high: number } {
  if (of === 0) return { low: 0, high: 1 }
  const share = hits / of
  const z2 = Z * Z
  const middle = (share + z2 / (2 * of)) / (1 + z2 / of)
  const reach = (Z / (1 + z2 / of)) * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of))
  return { low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) }
}
