/** The words that pages say about figures: one place, so that no two pages call one thing by two names. */
import type { Row } from '../db/schema.ts'
import { countsOf } from '../db/sla.ts'
import { type Sla, SMALL_SAMPLE, slaOf } from '../domain/sla.ts'
import { count, percent } from '../texts/figures.ts'

export type State = 'in' | 'out' | 'none'

export const STATE_WORDS: Record<State, string> = { in: 'In SLA', out: 'Out of SLA', none: 'No data' }
/** Beside the colour, for eyes that do not tell red from green. */
export const STATE_SIGNS: Record<State, string> = { in: '✓', out: '✗', none: '–' }

/** The figures of a stored window. */
export function slaOfRow(row: Row<'sla_window'>): Sla {
  return slaOf(countsOf(row))
}

export function stateOf(sla: Sla | null): State {
  if (sla === null || sla.prs === 0) return 'none'
  return sla.breached ? 'out' : 'in'
}

/** A probability without the certainty that a rounded 0 % or 100 % would claim. */
export function chance(probability: number | null): string {
  if (probability === null) return '–'
  if (probability > 0.99) return 'more than 99%'
  if (probability < 0.01) return 'less than 1%'
  return `${Math.round(probability * 100)}%`
}

/** `4 flakes over 10 pull requests tested`: numerator and denominator of the rate. */
export function ratio(sla: Sla): string {
  return `${count(sla.flakes_counted, 'flake')} over ${count(sla.prs, 'pull request')} tested`
}

/** `40% to 50%`; a dash where no verdict is open, and the rate has no other end. */
export function range(sla: Sla): string {
  if (sla.rate_low === sla.rate_high) return '–'
  return `${percent(sla.rate_low)} to ${percent(sla.rate_high)}`
}

/** How much is known of a window's required jobs; nothing where no job is required by name. @param share 0 to 1 */
export function coverageWords(share: number | null): string | null {
  if (share === null) return null
  return `Required jobs with a result: ${percent(share)}.`
}

/** Why a small window proves little; null for a window that is large enough. */
export function smallSample(sla: Sla): string | null {
  if (sla.prs === 0 || sla.prs >= SMALL_SAMPLE) return null
  const allowed = Math.ceil(sla.target * sla.prs) - 1
  return allowed < 1
    ? 'Small sample: with this few pull requests a single flake is a breach.'
    : `Small sample: more than ${count(allowed, 'flake')} is a breach.`
}

/** One sentence that answers "are we in SLA?" for a window called `name`, such as `This week`. */
export function answer(name: string, sla: Sla | null): string {
  if (sla === null || sla.prs === 0)
    return `${name}: no pull request was tested, so there is no rate. That is neither in nor out of SLA.`
  const state = sla.breached ? 'out of SLA' : 'in SLA'
  return `${name} is ${state}: ${ratio(sla)} is ${percent(sla.rate)}, and the target is below ${percent(sla.target)}.`
}

const FAULT: Record<string, string> = { not_caused_by_pr: 'no', caused_by_pr: 'yes' }

/** Was it the pull request's fault? In the words of the report, which speaks to the author alone. */
export function faultWords(attribution: string | null, probability: number | null): string {
  if (attribution === null) return 'not judged yet'
  const odds = probability === null ? '' : ` (${chance(probability)} likely its own)`
  return `${FAULT[attribution] ?? 'cannot be told'}${odds}`
}

const OUTCOMES: Record<string, string> = {
  pass: '✓ passed',
  fail: '✗ failed',
  aborted: '⊘ aborted',
  infra: '⚠ infrastructure',
  skipped: '– skipped',
}

/** How a run ended, with a sign beside the word. */
export function outcomeWords(outcome: string, reason: string | null = null): string {
  const words = OUTCOMES[outcome] ?? outcome
  return reason === null || reason === outcome ? words : `${words} (${reason})`
}

/** Whether a flake spends the error budget. */
export function countedWords(counted: boolean | null): string {
  return counted === false ? 'not counted' : 'counted'
}
