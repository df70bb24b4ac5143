/** A simulated organisation: its deliveries and the truth about them, both from a seed. */
import { iso } from '../domain/time.ts'
import { deliveriesOf } from './deliveries.ts'
import type { MadeDelivery } from './payloads.ts'
import { type Plan, planHistory } from './plan.ts'
import { runHistory, type SimRun } from './runs.ts'
import type { Scenario } from './scenarios.ts'
import { type SimVerdict, type TrueFlake, trueFlakes, verdictsOf } from './truth.ts'

export interface SimulateOptions {
  seed: number
  days: number
  /** Epoch ms of the first day. */
  from: number
  repository: string
}

export interface Simulation {
  plan: Plan
  runs: SimRun[]
  verdicts: SimVerdict[]
  flakes: TrueFlake[]
}

/** One repository's history. The same options give the same history, byte for byte. */
export function simulate(scenario: Scenario, options: SimulateOptions): Simulation {
  const plan = planHistory(scenario, options)
  const runs = runHistory(plan, options.seed)
  const verdicts = verdictsOf(runs)
  return { plan, runs, verdicts, flakes: trueFlakes(plan, verdicts) }
}

/** The history as webhook deliveries. */
export function simulatedDeliveries({ plan, runs }: Simulation, seed: number): MadeDelivery[] {
  return deliveriesOf(plan, runs, seed)
}

/** The truth about one repository as JSON, which `--truth` writes. */
export function truthJson({ plan, verdicts, flakes }: Simulation) {
  const jobName = (job: number) => `${plan.scenario.ci === 'prow' ? 'pull-' : ''}${plan.jobs[job]?.name}`
  return {
    repository: plan.repository,
    scenario: plan.scenario.name,
    about: plan.scenario.about,
    jobs: plan.jobs.map(({ name, baseRate, index }) => ({ job: jobName(index), name, flake_rate: baseRate })),
    pull_requests: plan.pullRequests.length,
    verdicts: verdicts.length,
    flakes: flakes.map(({ verdict, causedByPr, limit }) => ({
      pull_request: verdict.number,
      head_sha: verdict.headSha,
      job: jobName(verdict.job),
      first_failed_at: iso(verdict.firstFailedAt ?? verdict.judgedAt),
      flaked_at: iso(verdict.judgedAt),
      caused_by_pr: causedByPr,
      causes: verdict.causes,
      limit,
    })),
    disturbances: plan.disturbances.map(({ kind, from, to, jobs, rate, number }) => ({
      kind,
      from: iso(from),
      to: iso(to),
      jobs: jobs?.map(jobName) ?? null,
      rate,
      pull_request: number,
    })),
  }
}
