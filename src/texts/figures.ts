/** How figures are written for people, everywhere. */
import { count } from '@flake-sla/hunt/text'

export { count }

/** A rate as a percentage with at most three significant digits; a dash for null (no data). */
export function percent(rate: number | null): string {
  if (rate === null) return '–'
  const value = rate * 100
  return `${Number(value.toFixed(value < 10 ? 2 : 1))}%`
}

/** A probability as a whole percentage; never 0% or 100%, because it is an estimate. */
export function odds(probability: number): string {
  if (probability < 0.01) return 'under 1%'
  if (probability > 0.99) return 'over 99%'
  return `${Math.round(probability * 100)}%`
}

/** A duration in its largest fitting unit: `40 s`, `12 min`, `3.5 h`, `2 days`. @param seconds length in s */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  const hours = seconds / 3600
  if (hours < 48) return `${Number(hours.toFixed(1))} h`
  return count(Math.round(hours / 24), 'day')
}
