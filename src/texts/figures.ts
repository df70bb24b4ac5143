/** How figures are written for people: the same everywhere. */

/** A rate as per cent with the digits that carry meaning; a dash for no data. */
export function percent(rate: number | null): string {
  if (rate === null) return '–'
  const value = rate * 100
  if (value === 0) return '0%'
  return `${value < 10 ? value.toFixed(2).replace(/\.?0+$/, '') : value.toFixed(1).replace(/\.0$/, '')}%`
}

/** `1 flake`, `2 flakes`. */
export function count(number: number, thing: string, things = `${thing}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? thing : things}`
}

/** A probability in whole per cent; never surely, and never surely not. */
export function odds(probability: number): string {
  if (probability < 0.01) return 'under 1%'
  if (probability > 0.99) return 'over 99%'
  return `${Math.round(probability * 100)}%`
}
