/**
 * The simulated organisations. A scenario describes how people work and what goes wrong; everything else is random, from a
 * seed. Shares are between 0 and 1, times are in hours unless a name says otherwise.
 */

export interface Scenario {
  name: string
  about: string
  pullRequestsPerDay: number
  jobs: number
  /** Each job's base rate is drawn log-uniformly from this range; a share `steadyShare` of the jobs has base rate 0. */
  flakeRates: [low: number, high: number]
  steadyShare: number
  /** Mean number of pushes after the first. */
  pushes: number
  /** Share of pull requests that make one job flaky, and the range of its failure rate. */
  bringShare: number
  brings: [low: number, high: number]
  /** Share of those that are fixed by a later push, and share of the rest that are merged and fixed on trunk days later. */
  fixedShare: number
  mergedShare: number
  infectionDays: number
  /** Periods in which infrastructure fails runs with probability `outageRate`, whatever they test. */
  outagesPerMonth: number
  outageHours: number
  outageRate: number
  outageOf: 'one job' | 'all jobs'
  /** Periods in which one job fails for every pull request because the base is broken. */
  brokenBasesPerMonth: number
  brokenBaseHours: number
  /** Share of heads that always fail one job: real failures, not flakes. */
  brokenHeads: number
  /** Probability that a failure is retried, and the maximum number of retries. */
  retest: number
  maxRetests: number
  /** Probability that a passing job is re-run with the others. */
  rerunAll: number
  abortedShare: number
  stackShare: number
  revertShare: number
  trunkRunsPerDay: number
  /** Shares of deliveries that arrive hours late, twice, or never. */
  lateShare: number
  twiceShare: number
  missingShare: number
  ci: 'actions' | 'prow'
}

const STEADY: Scenario = {
  name: 'steady',
  about:
    'An average repository with few problems: jobs have a base rate, and few pull requests introduce a flake.',
  pullRequestsPerDay: 12,
  jobs: 8,
  flakeRates: [0.002, 0.03],
  steadyShare: 0.25,
  pushes: 1.2,
  bringShare: 0.15,
  brings: [0.1, 0.8],
  fixedShare: 0.4,
  mergedShare: 0.15,
  infectionDays: 2,
  outagesPerMonth: 0,
  outageHours: 2,
  outageRate: 0.7,
  outageOf: 'all jobs',
  brokenBasesPerMonth: 0,
  brokenBaseHours: 4,
  brokenHeads: 0.1,
  retest: 0.85,
  maxRetests: 4,
  rerunAll: 0.02,
  abortedShare: 0.03,
  stackShare: 0,
  revertShare: 0,
  trunkRunsPerDay: 4,
  lateShare: 0,
  twiceShare: 0,
  missingShare: 0,
  ci: 'actions',
}

/** All scenarios. */
export const SCENARIOS: readonly Scenario[] = [
  STEADY,
  {
    ...STEADY,
    name: 'small',
    about: 'A small team: few pull requests, so that evidence is thin.',
    pullRequestsPerDay: 3,
    jobs: 5,
    flakeRates: [0.005, 0.06],
    trunkRunsPerDay: 1,
  },
  {
    ...STEADY,
    name: 'large',
    about: 'A large organisation with many jobs, on Prow.',
    pullRequestsPerDay: 45,
    jobs: 14,
    flakeRates: [0.001, 0.05],
    trunkRunsPerDay: 0,
    bringShare: 0.2,
    mergedShare: 0.03,
    ci: 'prow',
  },
  {
    ...STEADY,
    name: 'flaky',
    about: 'Jobs that flake badly all the time: one more flake says little.',
    flakeRates: [0.02, 0.3],
    steadyShare: 0.1,
  },
  {
    ...STEADY,
    name: 'bringers',
    about: 'Many pull requests introduce a flake into jobs that are otherwise stable.',
    flakeRates: [0.001, 0.01],
    steadyShare: 0.5,
    pushes: 2,
    bringShare: 0.4,
    fixedShare: 0.5,
    mergedShare: 0.05,
  },
  {
    ...STEADY,
    name: 'infected',
    about: 'Flakes are merged and then affect every pull request until they are fixed or reverted.',
    bringShare: 0.12,
    fixedShare: 0.1,
    mergedShare: 0.9,
    infectionDays: 4,
    revertShare: 0.4,
  },
  {
    ...STEADY,
    name: 'outages',
    about: 'Infrastructure fails for hours, and every job fails with it.',
    outagesPerMonth: 8,
    outageHours: 3,
    outageRate: 0.7,
  },
  {
    ...STEADY,
    name: 'broken-base',
    about: 'One job breaks on trunk until it is fixed; every pull request is retested.',
    brokenBasesPerMonth: 6,
    brokenBaseHours: 6,
    outagesPerMonth: 2,
    outageOf: 'one job',
    outageRate: 0.9,
  },
  {
    ...STEADY,
    name: 'stacks',
    about: 'Stacked pull requests that carry each other’s faults.',
    stackShare: 0.4,
    bringShare: 0.2,
    revertShare: 0.2,
  },
  {
    ...STEADY,
    name: 'untidy',
    about: 'Few retests, many aborted runs, and deliveries that arrive late, twice or never.',
    retest: 0.5,
    maxRetests: 2,
    abortedShare: 0.15,
    rerunAll: 0.1,
    brokenHeads: 0.3,
    lateShare: 0.1,
    twiceShare: 0.05,
    missingShare: 0.02,
  },
]

/** The scenario of that name, or undefined. */
export function scenarioOf(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name)
}
