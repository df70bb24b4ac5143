/** How figures are written for people: the same everywhere. */
import { count } from '@flake-sla/hunt/text'

export { count }

/** A rate as per cent with the digits that carry meaning; a dash for no data. */
export function percent(rate: number | null): string {
  if (rate === null) return '–'
  const value = rate * 100
  if (value === 0) return '0%'
  return `${value < 10 ? value.toFixed(2).replace(/\.?0+$/, '') : value.toFixed(1).replace(/\.0$/, '')}%`
}

/** A probability in whole per cent; never surely, and never surely not. */
export function odds(probability: number): string {
  if (probability < 0.01) return 'under 1%'
  if (probability > 0.99) return 'over 99%'
  return `${Math.round(probability * 100)}%`
}

/** A length of time from seconds, in its largest whole unit: `40 s`, `12 min`, `3.5 h`, `2 days`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  const hours = seconds / 3600
  if (hours < 48) return `${Number(hours.toFixed(1))} h`
  return count(Math.round(hours / 24), 'day')
}
