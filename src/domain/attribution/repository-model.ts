/**
 * What a repository is like: how its jobs' flake rates are spread, and how often pull requests bring flakes of their own.
 * Estimated from verdicts alone (empirical Bayes): of the models on a grid, the one that makes what was seen most likely.
 * A grid keeps the answer the same while single verdicts come and go, so that few conclusions depend on each.
 */

import { type BaseRate, DEFAULT_BASE_RATE, lnChanceOf, type Weights, weightsOf } from './base-rate.ts'
import { faultChances, type Severity } from './fault.ts'
import { factorsOf, type OtherVerdicts } from './likelihood.ts'

export interface RepositoryModel {
  /** Spread of the jobs' own flake rates. */
  baseRate: BaseRate
  /** Chance that a pull request has a fault of its own in a given job that it runs. */
  share: number
  severity: Severity
}

/** Believed of a repository of which nothing is known. */
export const DEFAULT_MODEL: RepositoryModel = { baseRate: DEFAULT_BASE_RATE, share: 0.005, severity: 'any' }

const MEANS = [0.0015, 0.003, 0.006, 0.012, 0.024, 0.05, 0.1]
const STRENGTHS = [2, 5, 12, 30, 80]
const SHARES = [0.001, 0.0015, 0.0022, 0.0033, 0.005, 0.0075, 0.011, 0.017, 0.025, 0.037, 0.055, 0.08]
const KINDS: readonly Severity[] = ['mild', 'any', 'severe']
/** Log-normal belief about the share before anything is seen, in natural logs: about one pair in 40, give or take 1.8x. */
const SHARE_BELIEF = { mean: Math.log(0.025), spread: 0.6 }
/** The same for the mean of the base rates. */
const HABIT_BELIEF = { mean: Math.log(0.008), spread: 1.1 }
/** Chance of another rate from one day to the next. */
const CHANGE_A_DAY = 0.028
/** How much likelier (natural log) another kind of faults must be before it is believed. */
const KIND_EVIDENCE = 3
const MAX_ROUNDS = 12

/** A place on the grid. */
interface Place {
  mean: number
  strength: number
  share: number
  kind: number
}

/**
 * The likeliest model, found by climbing the grid one coordinate at a time.
 * @param jobs what was seen of each job, in steps of a day
 */
export function fitRepositoryModel(jobs: readonly OtherVerdicts[]): RepositoryModel {
  const measure = measurer(jobs)
  let best: Place = { mean: 2, strength: 1, share: 6, kind: 1 }
  let most = measure(best)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = best
    for (const place of neighbours(best)) {
      const ln = measure(place)
      if (ln <= most) continue
      most = ln
      best = place
    }
    if (best === before) break
  }
  return averaged(best, measure)
}

/**
 * The share is small and its likelihood lopsided, so its mean is taken instead of its likeliest value, beside the severity
 * that all shares together make likeliest. It is cut to steps of a fifth, for the grid's sake.
 */
function averaged(best: Place, measure: (place: Place) => number): RepositoryModel {
  const most = measure(best)
  const sums = KINDS.map((_, kind) => {
    const sum = { kind, chance: 0, share: 0 }
    SHARES.forEach((value, share) => {
      const chance = Math.exp(measure({ ...best, share, kind }) - most)
      sum.chance += chance
      sum.share += chance * value
    })
    return sum
  })
  const all = sums.reduce((sum, one) => sum + one.chance, 0)
  const mean = sums.reduce((sum, one) => sum + one.share, 0) / all
  const { kind } = sums.reduce((a, b) => (b.chance > a.chance ? b : a))
  const share = 1.2 ** Math.round(Math.log(mean) / Math.log(1.2))
  return { ...modelAt({ ...best, kind }), share }
}

function neighbours(place: Place): Place[] {
  const found: Place[] = []
  for (const [key, size] of [
    ['share', SHARES.length],
    ['mean', MEANS.length],
    ['strength', STRENGTHS.length],
    ['kind', KINDS.length],
  ] as const) {
    for (const by of [-2, -1, 1, 2]) {
      const index = place[key] + by
      if (index >= 0 && index < size) found.push({ ...place, [key]: index })
    }
  }
  return found
}

function modelAt({ mean, strength, share, kind }: Place): RepositoryModel {
  const [m, s] = [MEANS[mean] as number, STRENGTHS[strength] as number]
  return {
    baseRate: { a: m * s, b: (1 - m) * s },
    share: SHARES[share] as number,
    severity: KINDS[kind] as Severity,
  }
}

/** Log of how likely a place makes what was seen, with what was believed before; factors are kept between calls. */
function measurer(jobs: readonly OtherVerdicts[]): (place: Place) => number {
  const factors = new Map<string, Weights[][]>()
  const results = new Map<string, number>()
  return (place) => {
    const key = Object.values(place).join('/')
    const known = results.get(key)
    if (known !== undefined) return known
    const model = modelAt(place)
    const faults = `${place.share}/${place.kind}`
    const seen = factors.get(faults) ?? jobs.map((job) => factorsOf(job, model.share, model.severity))
    factors.set(faults, seen)
    const drawn = weightsOf(model.baseRate)
    let ln = lnNormal(model.share, SHARE_BELIEF) + lnNormal(MEANS[place.mean] as number, HABIT_BELIEF)
    if (model.severity !== 'any') ln -= KIND_EVIDENCE
    jobs.forEach((job, i) => {
      ln += lnChanceOf(seen[i] as Weights[], drawn, CHANGE_A_DAY) + lnClean(job, model)
    })
    results.set(key, ln)
    return ln
  }
}

/** Pull requests without any flake: their faults, if they have any, never showed. */
function lnClean({ clean }: OtherVerdicts, { share, severity }: RepositoryModel): number {
  let ln = 0
  for (const [m, count] of clean) {
    // A clean verdict needs base rate and fault to pass, so the base rate's part stands apart; it is taken at the lowest rate.
    const hidden = (faultChances('0'.repeat(m), severity)[0] as number) / (1 - LOWEST) ** m
    ln += count * Math.log(1 - share + share * hidden)
  }
  return ln
}

const LOWEST = 1 / (1 + Math.exp(8.3))

function lnNormal(x: number, belief: { mean: number; spread: number }): number {
  return -((Math.log(x) - belief.mean) ** 2) / (2 * belief.spread ** 2)
}
