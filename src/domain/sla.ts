/** The SLA of one window: flakes not caused by the pull request / pull requests tested (docs/how-figures-are-computed.md). */

import { regularizedGammaP } from '@flake-sla/hunt/statistics'
import type { AttributionLabel } from './attribution/attribution.ts'

/**
 * Version of the definitions that a figure was computed with; every stored figure names it.
 * Raise it whenever the same facts would give another figure.
 */
export const DEFINITION_VERSION = 3

export const DEFAULT_TARGET = 0.01
/** Below this many pull requests tested, one flake breaches any day: the figure says more about size than flakiness. */
export const SMALL_SAMPLE = 100

export interface CountedFlake {
  number: number
  grade: 'strong' | 'weak'
  label: AttributionLabel
  counted: boolean
}

/** Figures of one window. Rates are null where no pull request was tested: no data is neither zero nor in SLA. */
export interface Sla {
  prs: number
  flakes: number
  flakes_counted: number
  flakes_low: number
  flakes_high: number
  flakes_caused_by_pr: number
  flakes_undetermined: number
  strong: number
  weak: number
  prs_with_flakes: number
  rate: number | null
  rate_low: number | null
  rate_high: number | null
  /** The SLA document's own gloss, "1% of all PRs have flakes": a different number than the rate. */
  share_of_prs: number | null
  target: number
  breached: boolean
  breach_probability: number | null
}

/** The counts that a window's figures are derived from, and that are stored. */
export type SlaCounts = Omit<
  Sla,
  'rate' | 'rate_low' | 'rate_high' | 'share_of_prs' | 'breached' | 'breach_probability'
>

/** Counts the flakes of a window over `prs` pull requests tested in it. */
export function countFlakes(prs: number, flakes: readonly CountedFlake[], target: number): SlaCounts {
  const count = (test: (flake: CountedFlake) => boolean) => flakes.filter(test).length
  const low = count((flake) => flake.label === 'not_caused_by_pr')
  const undetermined = count((flake) => flake.label === 'undetermined')
  return {
    prs,
    flakes: flakes.length,
    flakes_counted: count((flake) => flake.counted),
    flakes_low: low,
    flakes_high: low + undetermined,
    flakes_caused_by_pr: count((flake) => flake.label === 'caused_by_pr'),
    flakes_undetermined: undetermined,
    strong: count((flake) => flake.grade === 'strong'),
    weak: count((flake) => flake.grade === 'weak'),
    prs_with_flakes: new Set(flakes.map((flake) => flake.number)).size,
    target,
  }
}

/** Rates and breach of a window's counts. In SLA means strictly below the target: exactly the target is a breach. */
export function slaOf(counts: SlaCounts): Sla {
  const { prs, flakes_counted, target } = counts
  const per = (count: number) => (prs === 0 ? null : count / prs)
  return {
    ...counts,
    rate: per(flakes_counted),
    rate_low: per(counts.flakes_low),
    rate_high: per(counts.flakes_high),
    share_of_prs: per(counts.prs_with_flakes),
    // Divided, not multiplied: in floating point 0.07 x 3000 exceeds 210, while 210 / 3000 is 0.07.
    breached: prs > 0 && flakes_counted / prs >= target,
    breach_probability: breachProbability(flakes_counted, prs, target),
  }
}

/**
 * P(the true rate is above the target) after `flakes` over `prs`, with the Jeffreys prior of a Poisson rate:
 * 1 - P(flakes + 1/2, target x prs). Null where nothing was tested.
 */
export function breachProbability(flakes: number, prs: number, target: number): number | null {
  if (prs === 0) return null
  return 1 - regularizedGammaP(flakes + 0.5, target * prs)
}

/** How fast the error budget is spent: at 1 exactly the budget, at 10 ten times as much. Null without pull requests tested. */
export function burnRate(flakes: number, prs: number, target: number): number | null {
  return prs === 0 ? null : flakes / prs / target
}
