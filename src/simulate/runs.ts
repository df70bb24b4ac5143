/** Runs the planned history: every job of every head, with outcomes from base rates, faults and disturbances. */
import { compareText } from '../domain/order.ts'
import { DAY_MS, HOUR_MS } from '../domain/time.ts'
import type { Disturbance, Plan, SimHead, SimPullRequest } from './plan.ts'
import { createRandom, type Random } from './random.ts'

/** Why a run failed. `pr` includes faults inherited from the pull request's stack. */
export type Cause = 'base rate' | 'outage' | 'broken base' | 'infection' | 'pr' | 'honest'

export interface SimRun {
  job: number
  /** Pull request; null is trunk. */
  number: number | null
  headSha: string
  /** Index of the head in its pull request. */
  head: number
  attempt: number
  startedAt: number
  completedAt: number
  outcome: 'pass' | 'fail' | 'aborted'
  cause: Cause | null
  /** Probability that this run fails for a reason outside the pull request. */
  outside: number
  /** Who requested the run; null for the first attempt. */
  askedBy: string | null
  askedAt: number | null
}

/** All runs, oldest first. The same plan always gives the same runs. */
export function runHistory(plan: Plan, seed: number): SimRun[] {
  const random = createRandom(`runs/${plan.repository}/${plan.scenario.name}/${seed}`)
  const runs: SimRun[] = []
  for (const pullRequest of plan.pullRequests) {
    for (const head of pullRequest.heads) {
      const next = pullRequest.heads[head.index + 1]?.pushedAt ?? pullRequest.closedAt
      const honest = random.chance(plan.scenario.brokenHeads)
        ? Math.floor(random.next() * plan.jobs.length)
        : -1
      for (const job of plan.jobs) {
        const isBroken = job.index === honest && head.index + 1 < pullRequest.heads.length
        runHead(plan, { pullRequest, head, job: job.index, until: next, isBroken }, random, runs)
      }
    }
  }
  runTrunk(plan, random, runs)
  return runs.sort(
    (a, b) => a.completedAt - b.completedAt || compareText(a.headSha, b.headSha) || a.job - b.job,
  )
}

interface Turn {
  /** Null is trunk. */
  pullRequest: SimPullRequest | null
  head: SimHead
  job: number
  until: number
  isBroken: boolean
}

/** Runs one job at one head until it passes or is not retried. */
function runHead(
  plan: Plan,
  turn: Turn & { pullRequest: SimPullRequest },
  random: Random,
  runs: SimRun[],
): void {
  const { scenario } = plan
  const { pullRequest, head, until } = turn
  let startedAt = head.pushedAt + random.between(1, 10) * 60_000
  let request: { by: string; at: number } | null = null
  for (let attempt = 1; attempt <= scenario.maxRetests + 1; attempt++) {
    const run = execute(plan, turn, { attempt, startedAt, request }, random)
    if (run.completedAt > plan.to) return
    runs.push(run)
    const isRetried =
      run.outcome === 'pass' ? random.chance(scenario.rerunAll) : random.chance(scenario.retest)
    if (!isRetried) return
    const at = run.completedAt + (0.1 + random.after(run.outcome === 'pass' ? 0.5 : 2)) * HOUR_MS
    if (at > until) return
    request = { by: pullRequest.author, at: Math.floor(at) }
    startedAt = at + random.between(0.5, 3) * 60_000
    if (run.outcome === 'pass' && attempt > 1) return
  }
}

function execute(
  plan: Plan,
  { pullRequest, head, job, isBroken }: Turn,
  when: { attempt: number; startedAt: number; request: { by: string; at: number } | null },
  random: Random,
): SimRun {
  const startedAt = Math.floor(when.startedAt / 1000) * 1000
  const completedAt = startedAt + Math.floor(random.between(3, 40) * 60) * 1000
  const run: SimRun = {
    job,
    number: pullRequest?.number ?? null,
    headSha: head.sha,
    head: head.index,
    attempt: when.attempt,
    startedAt,
    completedAt,
    outcome: 'pass',
    cause: null,
    outside: outsideRate(plan, job, completedAt),
    askedBy: when.request?.by ?? null,
    askedAt: when.request?.at ?? null,
  }
  if (random.chance(plan.scenario.abortedShare)) return { ...run, outcome: 'aborted' }
  const cause = isBroken
    ? 'honest'
    : (outsideCause(plan, job, completedAt, random) ?? faultCause(pullRequest, head, job, random))
  return cause === null ? run : { ...run, outcome: 'fail', cause }
}

function outsideCause(plan: Plan, job: number, at: number, random: Random): Cause | null {
  for (const disturbance of plan.disturbances) {
    if (isHit(disturbance, job, at) && random.chance(disturbance.rate)) return disturbance.kind
  }
  return random.chance(plan.jobs[job]?.baseRate ?? 0) ? 'base rate' : null
}

function isHit({ from, to, jobs }: Disturbance, job: number, at: number): boolean {
  return at >= from && at < to && (jobs?.includes(job) ?? true)
}

/** Probability that a run of the job at that time fails, whatever it tests. */
export function outsideRate(plan: Plan, job: number, at: number): number {
  let passes = 1 - (plan.jobs[job]?.baseRate ?? 0)
  for (const disturbance of plan.disturbances) {
    if (isHit(disturbance, job, at)) passes *= 1 - disturbance.rate
  }
  return 1 - passes
}

function faultCause(
  pullRequest: SimPullRequest | null,
  head: SimHead,
  job: number,
  random: Random,
): Cause | null {
  for (const fault of pullRequest?.faults ?? []) {
    const applies = fault.job === job && head.index >= fault.fromHead && head.index < fault.toHead
    if (applies && random.chance(fault.rate)) return 'pr'
  }
  return null
}

/** Trunk commits run every job once, without retries. */
function runTrunk(plan: Plan, random: Random, runs: SimRun[]): void {
  const { trunkRunsPerDay } = plan.scenario
  if (trunkRunsPerDay === 0) return
  for (let at = plan.from; at < plan.to; at += DAY_MS / trunkRunsPerDay) {
    const head = { sha: random.sha(), index: 0, pushedAt: Math.floor(at) }
    for (const job of plan.jobs) {
      const turn = { pullRequest: null, head, job: job.index, until: at, isBroken: false }
      const run = execute(plan, turn, { attempt: 1, startedAt: at, request: null }, random)
      if (run.completedAt <= plan.to) runs.push(run)
    }
  }
}
