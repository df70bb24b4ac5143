/**
 * The truth to compare with: each flake with its cause and its limit. The limit is the best possible probability from the same
 * verdicts: the posterior of an observer who knows every rate, share and disturbance of the simulation, but not the cause.
 */
import { LATE_FAULT, type Plan, type SimPullRequest } from './plan.ts'
import type { Cause, SimRun } from './runs.ts'

/** The verdict of one job at one head, as the program sees it; times are epoch ms. */
export interface SimVerdict {
  job: number
  /** Pull request; null is trunk. */
  number: number | null
  head: number
  headSha: string
  flaky: boolean
  judgedAt: number
  firstFailedAt: number | null
  /** The causes of its failures, in order. */
  causes: Cause[]
  /** Probability that the first failure (or the first pass, if there is none) fails for a reason outside the pull request. */
  outside: number
  /** The same probability at the pass that completed the verdict. */
  outsideAtPass: number
}

export interface TrueFlake {
  verdict: SimVerdict & { number: number }
  /** Whether the first failure would not have happened without the pull request's fault. */
  causedByPr: boolean
  /** P(caused by the pull request) for an observer who knows the simulation's parameters. */
  limit: number
}

/** Verdicts of all heads with a pass, oldest first. Heads that only failed have no verdict. */
export function verdictsOf(runs: readonly SimRun[]): SimVerdict[] {
  const groups = new Map<string, SimRun[]>()
  for (const run of runs) {
    if (run.outcome === 'aborted') continue
    const key = `${run.headSha}/${run.job}`
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  const verdicts = [...groups.values()].flatMap((group) => verdictOf(group) ?? [])
  return verdicts.sort((a, b) => a.judgedAt - b.judgedAt || (a.headSha < b.headSha ? -1 : 1) || a.job - b.job)
}

function verdictOf(runs: SimRun[]): SimVerdict | null {
  const pass = runs.find((run) => run.outcome === 'pass')
  if (!pass) return null
  const fails = runs.filter((run) => run.outcome === 'fail')
  const [fail] = fails
  const { job, number, head, headSha } = pass
  return {
    job,
    number,
    head,
    headSha,
    flaky: fail !== undefined,
    judgedAt: fail ? Math.max(pass.completedAt, fail.completedAt) : pass.completedAt,
    firstFailedAt: fail?.completedAt ?? null,
    causes: fails.map((run) => run.cause as Cause),
    outside: (fail ?? pass).outside,
    outsideAtPass: pass.outside,
  }
}

/** The flakes of pull requests, each with its true cause and its limit. */
export function trueFlakes(plan: Plan, verdicts: readonly SimVerdict[]): TrueFlake[] {
  const byPair = new Map<string, SimVerdict[]>()
  for (const verdict of verdicts) {
    const key = `${verdict.number}/${verdict.job}`
    const list = byPair.get(key)
    if (list) list.push(verdict)
    else byPair.set(key, [verdict])
  }
  const pullRequests = new Map(plan.pullRequests.map((pullRequest) => [pullRequest.number, pullRequest]))
  return verdicts
    .filter((verdict): verdict is TrueFlake['verdict'] => verdict.flaky && verdict.number !== null)
    .map((verdict) => {
      const own = byPair.get(`${verdict.number}/${verdict.job}`) as SimVerdict[]
      const limit = limitOf(plan, pullRequests.get(verdict.number) as SimPullRequest, own, verdict)
      return { verdict, causedByPr: verdict.causes[0] === 'pr', limit }
    })
}

const RATE_STEPS = 12

/** The limit of a flake: sums over every fault that the pull request could have introduced, by heads and rate. */
function limitOf(
  plan: Plan,
  pullRequest: SimPullRequest,
  own: readonly SimVerdict[],
  flake: SimVerdict,
): number {
  const { scenario } = plan
  const share = scenario.bringShare * (pullRequest.stackedOn === null ? 1 : 2)
  const prior = Math.min(0.5, share / scenario.jobs)
  let caused = 0
  let all = (1 - prior) * likelihood(plan, own, 0, 0, 0)
  for (const { from, to, weight } of stretches(pullRequest.heads.length, scenario.fixedShare)) {
    for (let step = 0; step < RATE_STEPS; step++) {
      const [low, high] = scenario.brings
      const rate = low + ((high - low) * (step + 0.5)) / RATE_STEPS
      const mass = (prior * weight * likelihood(plan, own, rate, from, to)) / RATE_STEPS
      all += mass
      if (flake.head >= from && flake.head < to) caused += mass * ownShare(rate, flake)
    }
  }
  return caused / all
}

/** The ranges of heads that can contain a fault, with their prior probabilities under the plan. */
function stretches(heads: number, fixedShare: number): { from: number; to: number; weight: number }[] {
  const found: { from: number; to: number; weight: number }[] = []
  for (let from = 0; from < heads; from++) {
    const starts = (from === 0 ? 1 - LATE_FAULT : 0) + LATE_FAULT / heads
    const later = heads - from - 1
    found.push({ from, to: heads, weight: starts * (later > 0 ? 1 - fixedShare : 1) })
    for (let to = from + 1; to < heads; to++) found.push({ from, to, weight: (starts * fixedShare) / later })
  }
  return found
}

/** Likelihood of the verdicts under a fault of that rate in heads [from, to), given that each head passed in the end. */
function likelihood(plan: Plan, own: readonly SimVerdict[], rate: number, from: number, to: number): number {
  const { retest, maxRetests } = plan.scenario
  let product = 1
  for (const verdict of own) {
    const fault = verdict.head >= from && verdict.head < to ? rate : 0
    const fails = 1 - (1 - verdict.outside) * (1 - fault)
    const failsAgain = 1 - (1 - verdict.outsideAtPass) * (1 - fault)
    // A failure is retried until it passes or is abandoned.
    const passes =
      (retest * (1 - failsAgain) * (1 - (retest * failsAgain) ** maxRetests)) / (1 - retest * failsAgain)
    const flaky = fails * passes
    const clean = 1 - fails
    product *= (verdict.flaky ? flaky : clean) / (flaky + clean)
  }
  return product
}

/** Probability that the first failure would not have happened without the fault, given the fault. */
function ownShare(rate: number, { outside }: SimVerdict): number {
  return (rate * (1 - outside)) / (1 - (1 - rate) * (1 - outside))
}
