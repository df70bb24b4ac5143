/**
 * A job's base rate (the probability that a verdict is flaky by the job's own doing) as a hidden Markov model.
 *
 * - The hidden state is the base rate: one of RATES at every time step.
 * - Transition: from one step to the next the rate stays, or with a small probability is drawn again from the prior. A job
 *   gets a flake with a merge and loses it with a fix.
 * - Emission: the verdicts of a step, each flaky with the probability that the state gives.
 *
 * Notation and algorithms: L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech
 * recognition", Proceedings of the IEEE 77 (1989), section III.
 */
import { lnBeta } from '@flake-sla/hunt/statistics'
import { HOUR_MS } from '../time.ts'

/** Beta(a, b): how the base rates of a repository's jobs are distributed. */
export interface BaseRatePrior {
  a: number
  b: number
}

/** The prior of a repository without data: mean 1 %, worth 50 verdicts. */
export const DEFAULT_PRIOR: BaseRatePrior = { a: 0.5, b: 49.5 }

/** One number per hidden state, in the order of RATES: probabilities, or likelihoods up to a constant. */
export type StateVector = Float64Array<ArrayBufferLike>

/** Length of a time step, in ms. */
export const STEP_MS = 6 * HOUR_MS
/** Probability that the rate is drawn again at a step: about one change of a job in ten days. */
export const CHANGE_PROBABILITY = 0.025

const MIN_LOGIT = -8.3
const MAX_LOGIT = 2.2
const STATES = 28

/** The hidden states: rates evenly spaced on the log-odds scale, from 1 in 4000 to 9 in 10. */
export const RATES: readonly number[] = Array.from({ length: STATES }, (_, i) => {
  const logit = MIN_LOGIT + (i * (MAX_LOGIT - MIN_LOGIT)) / (STATES - 1)
  return 1 / (1 + Math.exp(-logit))
})

/** The hidden state nearest to a rate on the log-odds scale, as an index into RATES; rates above the last map to it. */
export function nearestState(rate: number): number {
  const logit = Math.log(rate / (1 - rate))
  return Math.min(STATES - 1, Math.round(((logit - MIN_LOGIT) * (STATES - 1)) / (MAX_LOGIT - MIN_LOGIT)))
}

/** Prior probabilities of the states under Beta(a, b); they sum to one. */
export function stateProbabilities({ a, b }: BaseRatePrior): StateVector {
  const density = Float64Array.from(RATES, (rate) => {
    // The Beta density on the log-odds scale, on which the states are evenly spaced.
    return Math.exp(a * Math.log(rate) + b * Math.log(1 - rate) - lnBeta(a, b))
  })
  return normalize(density)
}

/** What forward–backward knows about the state at each step. */
export interface ForwardBackward {
  /** P(state at t | verdicts before t): the forward variable, normalized and one step ahead. */
  predicted: StateVector[]
  /** Proportional to P(verdicts after t | state at t): the backward variable. */
  backward: StateVector[]
  /** Proportional to P(verdicts at t | state at t). */
  emissions: readonly StateVector[]
}

/**
 * The forward–backward algorithm, normalized at every step (Rabiner 1989, equations 19 to 25 and section V.A).
 * @param emissions of each step
 * @param prior state probabilities that the first rate, and every rate after a change, is drawn from
 */
export function forwardBackward(emissions: readonly StateVector[], prior: StateVector): ForwardBackward {
  const predicted: StateVector[] = [prior]
  for (let t = 1; t < emissions.length; t++) {
    predicted.push(transition(multiply(at(predicted, t - 1), at(emissions, t - 1)), prior))
  }
  const backward: StateVector[] = emissions.map(() => new Float64Array(STATES).fill(1))
  for (let t = emissions.length - 2; t >= 0; t--) {
    backward[t] = transitionBackward(multiply(at(backward, t + 1), at(emissions, t + 1)), prior)
  }
  return { predicted, backward, emissions }
}

/**
 * Log-likelihood of all steps, summed over all state sequences (Rabiner 1989, equation 103).
 * @param changeProbability of a step: these steps need not be STEP_MS long
 */
export function logLikelihood(
  emissions: readonly StateVector[],
  prior: StateVector,
  changeProbability: number,
): number {
  const state = Float64Array.from(prior)
  let sumOfLogs = 0
  for (const emission of emissions) {
    let scale = 0
    for (let i = 0; i < STATES; i++) {
      state[i] = (state[i] as number) * (emission[i] as number)
      scale += state[i] as number
    }
    sumOfLogs += Math.log(scale)
    for (let i = 0; i < STATES; i++) {
      state[i] =
        ((1 - changeProbability) * (state[i] as number)) / scale + changeProbability * (prior[i] as number)
    }
  }
  return sumOfLogs
}

const LN_FLAKY = Float64Array.from(RATES, Math.log)
const LN_CLEAN = Float64Array.from(RATES, (rate) => Math.log(1 - rate))

/** Emission of a step with so many flaky and clean verdicts: a binomial likelihood, scaled so that its maximum is one. */
export function emissionOf(flaky: number, clean: number): StateVector {
  const emission = new Float64Array(STATES)
  if (flaky === 0 && clean === 0) return emission.fill(1)
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < STATES; i++) {
    const ln = flaky * (LN_FLAKY[i] as number) + clean * (LN_CLEAN[i] as number)
    emission[i] = ln
    if (ln > max) max = ln
  }
  for (let i = 0; i < STATES; i++) emission[i] = Math.exp((emission[i] as number) - max)
  return emission
}

/** Moves probabilities one step ahead, in place: the rate stays, or is drawn again. The result sums to one. */
export function transition(state: StateVector, prior: StateVector): StateVector {
  normalize(state)
  for (let i = 0; i < STATES; i++) {
    state[i] = (1 - CHANGE_PROBABILITY) * (state[i] as number) + CHANGE_PROBABILITY * (prior[i] as number)
  }
  return state
}

/** Moves the backward variable one step back, in place; its scale is kept near one. */
function transitionBackward(backward: StateVector, prior: StateVector): StateVector {
  let afterChange = 0
  let max = 0
  for (let i = 0; i < STATES; i++) {
    afterChange += (prior[i] as number) * (backward[i] as number)
    if ((backward[i] as number) > max) max = backward[i] as number
  }
  for (let i = 0; i < STATES; i++) {
    backward[i] =
      ((1 - CHANGE_PROBABILITY) * (backward[i] as number) + CHANGE_PROBABILITY * afterChange) / max
  }
  return backward
}

/** The product state by state. */
export function multiply(a: StateVector, b: StateVector): StateVector {
  const product = new Float64Array(STATES)
  for (let i = 0; i < STATES; i++) product[i] = (a[i] as number) * (b[i] as number)
  return product
}

/** Divides by the sum, in place. */
function normalize(state: StateVector): StateVector {
  let sum = 0
  for (const value of state) sum += value
  for (let i = 0; i < STATES; i++) state[i] = (state[i] as number) / sum
  return state
}

function at(vectors: readonly StateVector[], step: number): StateVector {
  return vectors[step] as StateVector
}
