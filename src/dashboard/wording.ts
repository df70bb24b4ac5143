/** How pages word figures, states and attributions. All pages use these, so that a thing has one name everywhere. */
import type { Row } from '../db/schema.ts'
import { countsOf } from '../db/sla.ts'
import { type Sla, SMALL_SAMPLE, slaOf } from '../domain/sla.ts'
import { count, percent } from '../texts/figures.ts'

export type State = 'in' | 'out' | 'none'

export const STATE_WORDS: Record<State, string> = { in: 'In SLA', out: 'Out of SLA', none: 'No data' }
/** Shown beside the colour for readers who cannot tell red from green. */
export const STATE_SIGNS: Record<State, string> = { in: '✓', out: '✗', none: '–' }

/** The figures of a stored window. */
export function slaOfRow(row: Row<'sla_window'>): Sla {
  return slaOf(countsOf(row))
}

export function stateOf(sla: Sla | null): State {
  if (sla === null || sla.prs === 0) return 'none'
  return sla.breached ? 'out' : 'in'
}

/** A probability in whole per cent. Never 0% or 100%: those would claim certainty. */
export function chance(probability: number | null): string {
  if (probability === null) return '–'
  if (probability > 0.99) return 'more than 99%'
  if (probability < 0.01) return 'less than 1%'
  return `${Math.round(probability * 100)}%`
}

/** `4 flakes in 10 tested pull requests`: numerator and denominator of the rate. */
export function ratio(sla: Sla): string {
  return `${count(sla.flakes_counted, 'flake')} in ${count(sla.prs, 'tested pull request')}`
}

/** `40% to 50%`, without and with the undecided flakes; a dash if no flake is undecided. */
export function range(sla: Sla): string {
  if (sla.rate_low === sla.rate_high) return '–'
  return `${percent(sla.rate_low)} to ${percent(sla.rate_high)}`
}

/** How complete a window's results are; null if no job is required by name. @param share 0 to 1 */
export function coverageWords(share: number | null): string | null {
  if (share === null) return null
  return `Required results received: ${percent(share)}.`
}

/** A warning that the window has too few pull requests to prove much; null if it has enough. */
export function smallSample(sla: Sla): string | null {
  if (sla.prs === 0 || sla.prs >= SMALL_SAMPLE) return null
  const allowed = Math.ceil(sla.target * sla.prs) - 1
  return allowed < 1
    ? 'Small sample: with so few pull requests, a single flake is a breach.'
    : `Small sample: more than ${count(allowed, 'flake')} is a breach.`
}

/** One sentence that answers "are we in SLA?" for a window called `name`, such as `This week`. */
export function answer(name: string, sla: Sla | null): string {
  if (sla === null || sla.prs === 0) return `${name}: no data. No pull request was tested.`
  const state = sla.breached ? 'out of SLA' : 'in SLA'
  return `${name} is ${state}: ${ratio(sla)} (${percent(sla.rate)}). The target is below ${percent(sla.target)}.`
}

const CAUSED_BY_PR: Record<string, string> = { not_caused_by_pr: 'no', caused_by_pr: 'yes' }

/** The answer to "Caused by this pull request?", with the probability. */
export function causedWords(attribution: string | null, probability: number | null): string {
  if (attribution === null) return 'not evaluated yet'
  const likelihood = probability === null ? '' : ` (${chance(probability)} likely this pull request)`
  return `${CAUSED_BY_PR[attribution] ?? 'undecided'}${likelihood}`
}

const OUTCOMES: Record<string, string> = {
  pass: '✓ passed',
  fail: '✗ failed',
  aborted: '⊘ aborted',
  infra: '⚠ infrastructure failure',
  skipped: '– skipped',
}

/** How a run ended, with a symbol. @param reason added in parentheses if it says more than the outcome */
export function outcomeWords(outcome: string, reason: string | null = null): string {
  const words = OUTCOMES[outcome] ?? outcome
  return reason === null || reason === outcome ? words : `${words} (${reason})`
}

/** Whether a flake counts towards the SLA, and so spends error budget. */
export function countedWords(counted: boolean | null): string {
  return counted === false ? 'no' : 'yes'
}
