/** The plan of a history before any job runs: pull requests with pushes, faults and merges; outages; broken bases. */
import { DAY_MS, HOUR_MS } from '../domain/time.ts'
import { createRandom, type Random } from './random.ts'
import type { Scenario } from './scenarios.ts'

export interface SimJob {
  index: number
  name: string
  /** The job's own flake rate. */
  baseRate: number
}

/** A fault that makes one job fail with probability `rate` at some heads. */
export interface Fault {
  job: number
  rate: number
  /** The heads that contain it: from one index to another, exclusive. */
  fromHead: number
  toHead: number
  /** The pull request that introduced it, which can be another one of the stack or the original of a reland. */
  from: number
}

export interface SimHead {
  sha: string
  index: number
  pushedAt: number
}

export interface SimPullRequest {
  number: number
  author: string
  title: string
  headRef: string
  baseRef: string
  heads: SimHead[]
  closedAt: number
  merged: boolean
  faults: Fault[]
  /** The pull request it is stacked on, and the one it reverts or relands. */
  stackedOn: number | null
  repeats: number | null
}

/** A period in which runs fail whatever they test. `jobs` is null for all jobs. */
export interface Disturbance {
  kind: 'outage' | 'broken base' | 'infection'
  from: number
  to: number
  jobs: number[] | null
  rate: number
  /** For an infection: the merged pull request. */
  number: number | null
}

export interface Plan {
  scenario: Scenario
  repository: string
  from: number
  to: number
  jobs: SimJob[]
  pullRequests: SimPullRequest[]
  disturbances: Disturbance[]
}

const AUTHORS = ['ada', 'bob', 'chen', 'dara', 'emil', 'fay', 'gus', 'hana', 'ivo', 'june', 'kai', 'lea']
const JOB_NAMES = [
  'unit',
  'lint',
  'integration',
  'e2e',
  'build',
  'race',
  'docs',
  'upgrade',
  'arm64',
  'windows',
]

/** Plans `days` days of one repository, starting at `from` (epoch ms). */
export function planHistory(
  scenario: Scenario,
  options: { seed: number; days: number; from: number; repository: string },
): Plan {
  const random = createRandom(`${options.repository}/${scenario.name}/${options.seed}`)
  const to = options.from + options.days * DAY_MS
  const jobs = planJobs(scenario, random)
  const plan: Plan = {
    scenario,
    repository: options.repository,
    from: options.from,
    to,
    jobs,
    pullRequests: [],
    disturbances: planDisturbances(scenario, random, options.from, to),
  }
  const times = arrivals(scenario.pullRequestsPerDay, options.from, to, random)
  for (const openedAt of times) addPullRequest(plan, openedAt, random)
  addRepeats(plan, random)
  plan.pullRequests.sort((a, b) => a.number - b.number)
  return plan
}

function planJobs(scenario: Scenario, random: Random): SimJob[] {
  const [low, high] = scenario.flakeRates
  return Array.from({ length: scenario.jobs }, (_, index) => {
    const round = Math.floor(index / JOB_NAMES.length)
    const name = `${JOB_NAMES[index % JOB_NAMES.length]}${round > 0 ? `-${round + 1}` : ''}`
    const baseRate = random.chance(scenario.steadyShare) ? 0.0002 : low * (high / low) ** random.next()
    return { index, name, baseRate }
  })
}

function planDisturbances(scenario: Scenario, random: Random, from: number, to: number): Disturbance[] {
  const found: Disturbance[] = []
  const anyJob = () => [Math.floor(random.next() * scenario.jobs)]
  const spread = (perMonth: number) => arrivals(perMonth / 30, from, to, random)
  for (const at of spread(scenario.outagesPerMonth)) {
    const hours = scenario.outageHours * random.between(0.5, 1.5)
    const jobs = scenario.outageOf === 'all jobs' ? null : anyJob()
    found.push({
      kind: 'outage',
      from: at,
      to: at + hours * HOUR_MS,
      jobs,
      rate: scenario.outageRate,
      number: null,
    })
  }
  for (const at of spread(scenario.brokenBasesPerMonth)) {
    const hours = scenario.brokenBaseHours * random.between(0.5, 1.5)
    found.push({
      kind: 'broken base',
      from: at,
      to: at + hours * HOUR_MS,
      jobs: anyJob(),
      rate: 1,
      number: null,
    })
  }
  return found
}

/** Random times, mostly on weekdays between 8 and 20 UTC. */
function arrivals(perDay: number, from: number, to: number, random: Random): number[] {
  const times: number[] = []
  for (let day = from; day < to; day += DAY_MS) {
    const weekday = new Date(day).getUTCDay()
    const share = weekday === 0 || weekday === 6 ? 0.3 : 1.28
    for (let at = random.after(1 / (perDay * share)); at < 1; at += random.after(1 / (perDay * share))) {
      times.push(Math.floor(day + (8 + 12 * at) * HOUR_MS))
    }
  }
  return times
}

function addPullRequest(plan: Plan, openedAt: number, random: Random): void {
  const { scenario, pullRequests } = plan
  const number = pullRequests.length + 1
  const parent = random.chance(scenario.stackShare) ? openAt(plan, openedAt) : undefined
  const heads = planHeads(openedAt, scenario.pushes, random)
  const faults: Fault[] = parent ? faultsAt(parent, openedAt, heads.length) : []
  const brought = random.chance(scenario.bringShare) ? planFault(plan, number, heads.length, random) : null
  if (brought) faults.push(brought)
  const last = heads[heads.length - 1] as SimHead
  const carries = brought !== null && brought.toHead === heads.length
  const merged = carries ? random.chance(scenario.mergedShare) : random.chance(0.85)
  const pullRequest: SimPullRequest = {
    number,
    author: random.pick(AUTHORS),
    title: `Change ${number}`,
    headRef: `topic-${number}`,
    baseRef: parent ? parent.headRef : 'main',
    heads,
    closedAt: Math.floor(last.pushedAt + (3 + random.after(12)) * HOUR_MS),
    merged,
    faults,
    stackedOn: parent?.number ?? null,
    repeats: null,
  }
  pullRequests.push(pullRequest)
  if (merged && carries && brought) infect(plan, pullRequest, brought, random)
}

function planHeads(openedAt: number, pushes: number, random: Random): SimHead[] {
  const heads: SimHead[] = []
  let at = openedAt
  const more = Math.min(random.count(pushes), 11)
  for (let index = 0; index <= more; index++) {
    heads.push({ sha: random.sha(), index, pushedAt: Math.floor(at) })
    at += (2 + random.after(14)) * HOUR_MS
  }
  return heads
}

function planFault(plan: Plan, number: number, heads: number, random: Random): Fault {
  const { scenario } = plan
  const fromHead = random.chance(LATE_FAULT) ? Math.floor(random.next() * heads) : 0
  const isFixed = random.chance(scenario.fixedShare) && fromHead + 1 < heads
  const toHead = isFixed ? fromHead + 1 + Math.floor(random.next() * (heads - fromHead - 1)) : heads
  const [low, high] = scenario.brings
  const job = Math.floor(random.next() * scenario.jobs)
  return { job, rate: random.between(low, high), fromHead, toHead, from: number }
}

/** Share of faults that are introduced by any push instead of the first. */
export const LATE_FAULT = 0.3

/** The newest pull request that is open at that time, to stack on. */
function openAt(plan: Plan, at: number): SimPullRequest | undefined {
  const open = plan.pullRequests.filter(
    (pullRequest) => pullRequest.closedAt > at && pullRequest.heads[0] && pullRequest.heads[0].pushedAt < at,
  )
  return open[open.length - 1]
}

/** The faults that a branch from `parent` inherits at that time. */
function faultsAt(parent: SimPullRequest, at: number, heads: number): Fault[] {
  const head = parent.heads.filter((head) => head.pushedAt <= at).length - 1
  return parent.faults
    .filter((fault) => fault.fromHead <= head && head < fault.toHead)
    .map((fault) => ({ ...fault, fromHead: 0, toHead: heads }))
}

function infect(plan: Plan, pullRequest: SimPullRequest, fault: Fault, random: Random): void {
  const days = 0.5 + random.after(plan.scenario.infectionDays)
  plan.disturbances.push({
    kind: 'infection',
    from: pullRequest.closedAt,
    to: pullRequest.closedAt + days * DAY_MS,
    jobs: [fault.job],
    rate: fault.rate,
    number: pullRequest.number,
  })
}

/** Ends some infections with a revert, and relands them later with the same fault, usually at a lower rate. */
function addRepeats(plan: Plan, random: Random): void {
  const infections = plan.disturbances.filter((disturbance) => disturbance.kind === 'infection')
  for (const infection of infections) {
    if (!random.chance(plan.scenario.revertShare) || infection.to > plan.to) continue
    const original = plan.pullRequests.find((pullRequest) => pullRequest.number === infection.number)
    if (!original) continue
    addRepeat(plan, original, `Revert "${original.title}"`, infection.to - 3 * HOUR_MS, [], random)
    const fault = original.faults.find((fault) => fault.from === original.number)
    const heads = 2
    const faults = fault ? [{ ...fault, fromHead: 0, toHead: 1, from: original.number }] : []
    addRepeat(
      plan,
      original,
      `Reland "${original.title}"`,
      infection.to + 20 * HOUR_MS,
      faults,
      random,
      heads,
    )
  }
}

function addRepeat(
  plan: Plan,
  original: SimPullRequest,
  title: string,
  at: number,
  faults: Fault[],
  random: Random,
  heads = 1,
): void {
  const number = plan.pullRequests.length + 1
  const planned = Array.from({ length: heads }, (_, index) => ({
    sha: random.sha(),
    index,
    pushedAt: Math.floor(at + index * 8 * HOUR_MS),
  }))
  const closedAt = Math.floor((planned[heads - 1] as SimHead).pushedAt + 3 * HOUR_MS)
  plan.pullRequests.push({
    number,
    author: original.author,
    title,
    headRef: `topic-${number}`,
    baseRef: 'main',
    heads: planned,
    closedAt,
    merged: true,
    faults,
    stackedOn: null,
    repeats: original.number,
  })
}
