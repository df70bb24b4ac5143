/**
 * The hyperparameters of a repository: how its jobs' base rates are distributed, and how often and how badly its pull
 * requests break a job. Estimated from the verdicts alone by empirical Bayes (B. Efron, "Large-Scale Inference", 2010,
 * chapter 1): the point of a grid with the greatest posterior. On a grid single verdicts rarely move the estimate, so few
 * derived rows depend on each of them.
 */

import { type BaseRatePrior, DEFAULT_PRIOR, logLikelihood, RATES, stateProbabilities } from './base-rate.ts'
import { faultLikelihoods, type Severity } from './fault-model.ts'
import { emissionsOf, type JobEvidence } from './likelihood.ts'

export interface RepositoryModel {
  /** Distribution of the jobs' base rates. */
  baseRate: BaseRatePrior
  /** Prior probability that a pull request has a fault of its own in a given job that it runs. */
  share: number
  severity: Severity
}

/** The model of a repository without data. */
export const DEFAULT_MODEL: RepositoryModel = { baseRate: DEFAULT_PRIOR, share: 0.005, severity: 'any' }

/** The grid: mean and strength (in verdicts) of the Beta prior, share of faults, and their severity. */
const MEANS = [0.0015, 0.003, 0.006, 0.012, 0.024, 0.05, 0.1]
const STRENGTHS = [2, 5, 12, 30, 80]
const SHARES = [0.001, 0.0015, 0.0022, 0.0033, 0.005, 0.0075, 0.011, 0.017, 0.025, 0.037, 0.055, 0.08]
const SEVERITIES: readonly Severity[] = ['mild', 'any', 'severe']

/** Log-normal prior of the share, in natural logs: median one (pull request, job) pair in 40, give or take 1.8 times. */
const SHARE_PRIOR = { mean: Math.log(0.025), deviation: 0.6 }
/** Log-normal prior of the mean base rate. */
const MEAN_PRIOR = { mean: Math.log(0.008), deviation: 1.1 }
/** Log prior odds (natural) of severity `any` against each of the others. */
const SEVERITY_PENALTY = 3
/** Probability that a job's base rate changes from one day to the next. */
const DAILY_CHANGE_PROBABILITY = 0.028
const MAX_ROUNDS = 12
/** The estimated share is rounded to a power of this. */
const SHARE_STEP = 1.2

/** A point of the grid: indices into the four lists. */
interface GridPoint {
  mean: number
  strength: number
  share: number
  severity: number
}
type LogPosterior = (point: GridPoint) => number

const START: GridPoint = { mean: 2, strength: 1, share: 6, severity: 1 }

/**
 * The maximum a posteriori model, found by coordinate ascent on the grid.
 * @param jobs evidence of each job, in steps of a day
 */
export function fitRepositoryModel(jobs: readonly JobEvidence[]): RepositoryModel {
  const logPosterior = logPosteriorOf(jobs)
  let best = START
  let maximum = logPosterior(best)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = best
    for (const point of neighbours(best)) {
      const value = logPosterior(point)
      if (value <= maximum) continue
      maximum = value
      best = point
    }
    if (best === before) break
  }
  return withMeanShare(best, logPosterior)
}

/**
 * The share is small and its posterior skewed, so its posterior mean is taken instead of the mode, with the severity that is
 * most probable over all shares. The mean is rounded, to change as rarely as a point of the grid.
 */
function withMeanShare(mode: GridPoint, logPosterior: LogPosterior): RepositoryModel {
  const maximum = logPosterior(mode)
  const marginals = SEVERITIES.map((_, severity) => {
    const marginal = { severity, mass: 0, weightedShare: 0 }
    SHARES.forEach((value, share) => {
      const density = Math.exp(logPosterior({ ...mode, share, severity }) - maximum)
      marginal.mass += density
      marginal.weightedShare += density * value
    })
    return marginal
  })
  const mass = marginals.reduce((sum, marginal) => sum + marginal.mass, 0)
  const mean = marginals.reduce((sum, marginal) => sum + marginal.weightedShare, 0) / mass
  const { severity } = marginals.reduce((a, b) => (b.mass > a.mass ? b : a))
  const share = SHARE_STEP ** Math.round(Math.log(mean) / Math.log(SHARE_STEP))
  return { ...modelAt({ ...mode, severity }), share }
}

/** Points that differ from this one in one coordinate, by one or two steps. */
function neighbours(point: GridPoint): GridPoint[] {
  const sizes = [
    ['share', SHARES.length],
    ['mean', MEANS.length],
    ['strength', STRENGTHS.length],
    ['severity', SEVERITIES.length],
  ] as const
  return sizes.flatMap(([coordinate, size]) =>
    [-2, -1, 1, 2]
      .map((offset) => point[coordinate] + offset)
      .filter((index) => index >= 0 && index < size)
      .map((index) => ({ ...point, [coordinate]: index })),
  )
}

function modelAt({ mean, strength, share, severity }: GridPoint): RepositoryModel {
  const [m, s] = [MEANS[mean] as number, STRENGTHS[strength] as number]
  return {
    baseRate: { a: m * s, b: (1 - m) * s },
    share: SHARES[share] as number,
    severity: SEVERITIES[severity] as Severity,
  }
}

/** The log posterior of a grid point, up to a constant. Values are cached. */
function logPosteriorOf(jobs: readonly JobEvidence[]): LogPosterior {
  const emissions = cached((point: GridPoint) => {
    const { share, severity } = modelAt(point)
    return jobs.map((job) => emissionsOf(job, share, severity))
  })
  return cached((point) => {
    const model = modelAt(point)
    const prior = stateProbabilities(model.baseRate)
    let sum = lnNormal(model.share, SHARE_PRIOR) + lnNormal(MEANS[point.mean] as number, MEAN_PRIOR)
    if (model.severity !== 'any') sum -= SEVERITY_PENALTY
    // Emissions depend on these two coordinates only.
    const ofJobs = emissions({ ...START, share: point.share, severity: point.severity })
    jobs.forEach((job, i) => {
      sum += logLikelihood(ofJobs[i] ?? [], prior, DAILY_CHANGE_PROBABILITY) + cleanLogLikelihood(job, model)
    })
    return sum
  })
}

function cached<T>(compute: (point: GridPoint) => T): (point: GridPoint) => T {
  const values = new Map<string, T>()
  return (point) => {
    const key = `${point.mean}/${point.strength}/${point.share}/${point.severity}`
    const value = values.get(key) ?? compute(point)
    values.set(key, value)
    return value
  }
}

/** Log-likelihood of the pull requests without a flake: they have no fault, or one that never showed. */
function cleanLogLikelihood({ cleanCounts }: JobEvidence, { share, severity }: RepositoryModel): number {
  let sum = 0
  for (const [m, pullRequests] of cleanCounts) {
    // Their clean verdicts are in the emissions already, so the base rate's part is divided out, at the lowest rate.
    const lowest = RATES[0] as number
    const hidden = (faultLikelihoods('0'.repeat(m), severity)[0] as number) / (1 - lowest) ** m
    sum += pullRequests * Math.log(1 - share + share * hidden)
  }
  return sum
}

/** Log density of a log-normal prior at x, up to a constant, on the log scale. */
function lnNormal(x: number, prior: { mean: number; deviation: number }): number {
  return -((Math.log(x) - prior.mean) ** 2) / (2 * prior.deviation ** 2)
}
