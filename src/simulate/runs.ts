/** Runs the planned history: every job of every head, with what chance, the faults and the disturbances make of it. */
import { compareText } from '../domain/order.ts'
import { DAY_MS, HOUR_MS } from '../domain/time.ts'
import type { Plan, SimHead, SimPullRequest } from './plan.ts'
import { createRandom, type Random } from './random.ts'

/** Why a run failed. `pr` also stands for a fault that the pull request's stack carries. */
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
  /** Chance that this run failed for a reason outside the pull request. */
  outside: number
  /** Who asked for it; null for the first attempt. */
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
        runHead(plan, { one: pullRequest, head, job: job.index, until: next, isBroken }, random, runs)
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
  one: SimPullRequest | null
  head: SimHead
  job: number
  until: number
  isBroken: boolean
}

/** Runs one job at one head until it passes, or nobody asks again. */
function runHead(plan: Plan, turn: Turn & { one: SimPullRequest }, random: Random, runs: SimRun[]): void {
  const { scenario } = plan
  const { one: pullRequest, head, until } = turn
  let startedAt = head.pushedAt + random.between(1, 10) * 60_000
  let asked: { by: string; at: number } | null = null
  for (let attempt = 1; attempt <= scenario.mostRetests + 1; attempt++) {
    const run = execute(plan, turn, { attempt, startedAt, asked }, random)
    if (run.completedAt > plan.to) return
    runs.push(run)
    const again = run.outcome === 'pass' ? random.chance(scenario.rerunAll) : random.chance(scenario.retest)
    if (!again) return
    const at = run.completedAt + (0.1 + random.after(run.outcome === 'pass' ? 0.5 : 2)) * HOUR_MS
    if (at > until) return
    asked = { by: pullRequest.author, at: Math.floor(at) }
    startedAt = at + random.between(0.5, 3) * 60_000
    if (run.outcome === 'pass' && attempt > 1) return
  }
}

function execute(
  plan: Plan,
  { one, head, job, isBroken }: Turn,
  when: { attempt: number; startedAt: number; asked: { by: string; at: number } | null },
  random: Random,
): SimRun {
  const startedAt = Math.floor(when.startedAt / 1000) * 1000
  const completedAt = startedAt + Math.floor(random.between(3, 40) * 60) * 1000
  const run: SimRun = {
    job,
    number: one?.number ?? null,
    headSha: head.sha,
    head: head.index,
    attempt: when.attempt,
    startedAt,
    completedAt,
    outcome: 'pass',
    cause: null,
    outside: outsideRate(plan, job, completedAt),
    askedBy: when.asked?.by ?? null,
    askedAt: when.asked?.at ?? null,
  }
  if (random.chance(plan.scenario.abortedShare)) return { ...run, outcome: 'aborted' }
  const cause = isBroken
    ? 'honest'
    : (outsideCause(plan, job, completedAt, random) ?? faultCause(one, head, job, random))
  return cause === null ? run : { ...run, outcome: 'fail', cause }
}

function outsideCause(plan: Plan, job: number, at: number, random: Random): Cause | null {
  for (const one of plan.disturbances) {
    if (at >= one.from && at < one.to && (one.jobs?.includes(job) ?? true) && random.chance(one.rate))
      return one.kind
  }
  return random.chance(plan.jobs[job]?.baseRate ?? 0) ? 'base rate' : null
}

/** The chance that a run of the job at that time fails, whatever it tests. */
export function outsideRate(plan: Plan, job: number, at: number): number {
  let passes = 1 - (plan.jobs[job]?.baseRate ?? 0)
  for (const one of plan.disturbances) {
    if (at >= one.from && at < one.to && (one.jobs?.includes(job) ?? true)) passes *= 1 - one.rate
  }
  return 1 - passes
}

function faultCause(one: SimPullRequest | null, head: SimHead, job: number, random: Random): Cause | null {
  for (const fault of one?.faults ?? []) {
    const applies = fault.job === job && head.index >= fault.fromHead && head.index < fault.toHead
    if (applies && random.chance(fault.rate)) return 'pr'
  }
  return null
}

/** Trunk commits run every job once; nobody asks again. */
function runTrunk(plan: Plan, random: Random, runs: SimRun[]): void {
  const { trunkRunsPerDay } = plan.scenario
  if (trunkRunsPerDay === 0) return
  for (let at = plan.from; at < plan.to; at += DAY_MS / trunkRunsPerDay) {
    const head = { sha: random.sha(), index: 0, pushedAt: Math.floor(at) }
    for (const job of plan.jobs) {
      const turn = { one: null, head, job: job.index, until: at, isBroken: false }
      const run = execute(plan, turn, { attempt: 1, startedAt: at, asked: null }, random)
      if (run.completedAt <= plan.to) runs.push(run)
    }
  }
}
