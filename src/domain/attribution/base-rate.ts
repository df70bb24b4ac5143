/**
 * A job's base rate: how often it flakes by itself, and how that changes with time.
 *
 * The rate of every quarter day is one of a few steps. From one quarter day to the next it stays as it was, or, with a
 * small chance, becomes another one, drawn from what the repository's jobs are like: a job gets a flake with a merge
 * and loses it with a fix. All rates are kept with their weights (forward and backward sums over the window), so that
 * what happened near a flake says more about it than what happened weeks ago, and nothing has to be decided early.
 */
import { lnBeta } from '@flake-sla/hunt/statistics'

/** Beta(a, b) of the flake rates of a repository's jobs. */
export interface BaseRate {
  a: number
  b: number
}

/** What is believed before anything is known of a repository: mean 1 %. */
export const DEFAULT_BASE_RATE: BaseRate = { a: 0.5, b: 49.5 }

/** A number for each of RATES. */
export type Weights = Float64Array<ArrayBufferLike>

/** Length of a step of time, in ms. */
export const STEP_MS = 6 * 3_600_000
/** Chance of another rate in the next quarter day: about one change of a job in ten days. */
export const CHANGE = 0.025

/** The steps of rate: even on the log-odds scale, from 1 in 4000 to 9 in 10. */
export const RATES: readonly number[] = Array.from({ length: 28 }, (_, i) => {
  const logit = -8.3 + (i * (2.2 + 8.3)) / 27
  return 1 / (1 + Math.exp(-logit))
})
const SIZE = RATES.length

/** Weights of the rates under Beta(a, b), summing to one. */
export function weightsOf({ a, b }: BaseRate): Weights {
  const weights = Float64Array.from(RATES, (rate) => {
    // The density on the log-odds scale, on which the steps are even.
    return Math.exp(a * Math.log(rate) + b * Math.log(1 - rate) - lnBeta(a, b))
  })
  return scale(weights)
}

/** Beliefs about the rate at each step: from what came before it, and from what comes after. */
export interface Course {
  /** Weights before the step's own verdicts are seen; they sum to one. */
  before: Weights[]
  /** Factor of all later verdicts. */
  after: Weights[]
  /** Factor of the step's own verdicts. */
  here: readonly Weights[]
}

/**
 * Sums over all courses that the rate can have taken.
 * @param here for each step, how likely its verdicts are at each rate
 * @param drawn weights that a first rate, or a new one, is drawn from
 */
export function courseOf(here: readonly Weights[], drawn: Weights): Course {
  const before: Weights[] = [drawn]
  for (let t = 1; t < here.length; t++) {
    before.push(advance(multiply(at(before, t - 1), at(here, t - 1)), drawn))
  }
  const after: Weights[] = here.map(() => new Float64Array(SIZE).fill(1))
  for (let t = here.length - 2; t >= 0; t--) {
    after[t] = retreat(multiply(at(after, t + 1), at(here, t + 1)), drawn)
  }
  return { before, after, here }
}

/** Log of the chance of all verdicts, over all courses. @param change chance of a new rate in a step */
export function lnChanceOf(here: readonly Weights[], drawn: Weights, change = CHANGE): number {
  const weights = Float64Array.from(drawn)
  let ln = 0
  for (const factor of here) {
    let sum = 0
    for (let g = 0; g < SIZE; g++) {
      weights[g] = (weights[g] as number) * (factor[g] as number)
      sum += weights[g] as number
    }
    ln += Math.log(sum)
    for (let g = 0; g < SIZE; g++) {
      weights[g] = ((1 - change) * (weights[g] as number)) / sum + change * (drawn[g] as number)
    }
  }
  return ln
}

const LN_RATE = Float64Array.from(RATES, Math.log)
const LN_REST = Float64Array.from(RATES, (rate) => Math.log(1 - rate))

/** How likely so many flaky and clean verdicts are at each rate, as a factor whose greatest is one. */
export function factorOf(flaky: number, clean: number): Weights {
  const factor = new Float64Array(SIZE)
  if (flaky === 0 && clean === 0) return factor.fill(1)
  let most = Number.NEGATIVE_INFINITY
  for (let g = 0; g < SIZE; g++) {
    const ln = flaky * (LN_RATE[g] as number) + clean * (LN_REST[g] as number)
    factor[g] = ln
    if (ln > most) most = ln
  }
  for (let g = 0; g < SIZE; g++) factor[g] = Math.exp((factor[g] as number) - most)
  return factor
}

/** One step of time forward: the rate stays, or is drawn again. The result sums to one. */
export function advance(weights: Weights, prior: Weights): Weights {
  scale(weights)
  for (let g = 0; g < SIZE; g++)
    weights[g] = (1 - CHANGE) * (weights[g] as number) + CHANGE * (prior[g] as number)
  return weights
}

function retreat(factor: Weights, prior: Weights): Weights {
  let drawn = 0
  let most = 0
  for (let g = 0; g < SIZE; g++) {
    drawn += (prior[g] as number) * (factor[g] as number)
    if ((factor[g] as number) > most) most = factor[g] as number
  }
  for (let g = 0; g < SIZE; g++) factor[g] = ((1 - CHANGE) * (factor[g] as number) + CHANGE * drawn) / most
  return factor
}

export function multiply(a: Weights, b: Weights): Weights {
  const product = new Float64Array(SIZE)
  for (let g = 0; g < SIZE; g++) product[g] = (a[g] as number) * (b[g] as number)
  return product
}

function scale(weights: Weights): Weights {
  let sum = 0
  for (const weight of weights) sum += weight
  for (let g = 0; g < SIZE; g++) weights[g] = (weights[g] as number) / sum
  return weights
}

function at(list: readonly Weights[], i: number): Weights {
  return list[i] as Float64Array
}
