/**
 * Incidents: stretches of time in which runs failed whatever they tested, because infrastructure was down or the base
 * was broken, and passed again after. Found in the order of results: a failing stretch is one that two rates explain
 * much better than one, on three pull requests or more.
 */
import { DAY_MS, HOUR_MS } from '../time.ts'

/** One result as a sign of the state of things: the first failure of a flaky verdict, or the pass of a clean one. */
export interface Sign {
  /** Epoch ms. */
  at: number
  job: number
  /** Pull request; null is trunk. */
  number: number | null
  failed: boolean
}

export interface Incident {
  /** The one job it hit, or null when it hit several. */
  job: number | null
  /** Epoch ms of the first and the last failure in it. */
  from: number
  to: number
  /** Share of results in it that failed. */
  rate: number
  jobs: number[]
  pullRequests: number[]
  failures: number
  /** Trunk failed too. */
  onTrunk: boolean
}

/** How often such a stretch begins, and how long it lasts, on average. */
const EVERY = 20 * DAY_MS
const LASTS = 4 * HOUR_MS
const MIN_BEGIN = 1e-4
const MIN_END = 0.03
/** Share of results that fail in one. */
const FAILS = 0.7
const MIN_PULL_REQUESTS = 3
/** How much likelier (natural log) the stretch must be with an incident than without. */
const MIN_EVIDENCE = 4
const LONGEST = 36 * HOUR_MS
/** Results of one pull request in one job so near each other are one sign. */
const SAME = 6 * HOUR_MS
/** Weight of the belief that a job fails in one of 50 signs, in signs. */
const HABIT = { failed: 1, signs: 50 }

/** Incidents in the signs of one repository, oldest first. Signs may come in any order. */
export function findIncidents(signs: readonly Sign[]): Incident[] {
  const sorted = independent(signs)
  const rates = ratesOf(sorted)
  const wide = stretchesOf(sorted, rates).filter((one) => one.jobs.length > 1)
  const found = wide.map((one): Incident => ({ ...one, job: null }))
  for (const [job, own] of groupByJob(sorted)) {
    const left = own.filter((sign) => !wide.some((one) => sign.at >= one.from && sign.at <= one.to))
    for (const one of stretchesOf(left, rates)) found.push({ ...one, job })
  }
  return found.sort((a, b) => a.from - b.from || (a.job ?? 0) - (b.job ?? 0))
}

/** The incident that a failure of the job at that time belongs to. */
export function incidentAt(incidents: readonly Incident[], job: number, at: number): Incident | undefined {
  return incidents.find((one) => at >= one.from && at <= one.to && (one.job === null || one.job === job))
}

/** In order of time, without what repeats the same pull request's sign in the same job. */
function independent(signs: readonly Sign[]): Sign[] {
  const sorted = [...signs].sort(
    (a, b) =>
      a.at - b.at ||
      a.job - b.job ||
      (a.number ?? 0) - (b.number ?? 0) ||
      Number(a.failed) - Number(b.failed),
  )
  const last = new Map<string, number>()
  return sorted.filter(({ at, job, number, failed }) => {
    const key = `${job}/${number}/${failed}`
    const before = last.get(key)
    last.set(key, at)
    return number === null || before === undefined || at - before > SAME
  })
}

function ratesOf(signs: readonly Sign[]): Map<number, number> {
  const rates = new Map<number, number>()
  for (const [job, own] of groupByJob(signs)) {
    const failed = own.filter((sign) => sign.failed).length
    rates.set(job, (failed + HABIT.failed) / (own.length + HABIT.signs))
  }
  return rates
}

function groupByJob(signs: readonly Sign[]): Map<number, Sign[]> {
  const groups = new Map<number, Sign[]>()
  for (const sign of signs) {
    const group = groups.get(sign.job)
    if (group) group.push(sign)
    else groups.set(sign.job, [sign])
  }
  return groups
}

type Stretch = Omit<Incident, 'job'>

/** The likeliest course of calm and disturbed (Viterbi), and of its disturbed parts those that are surely so. */
function stretchesOf(signs: readonly Sign[], rates: ReadonlyMap<number, number>): Stretch[] {
  const disturbed = likeliestCourse(signs, rates)
  const found: Stretch[] = []
  for (let i = 0; i < signs.length; i++) {
    if (!disturbed[i]) continue
    let end = i
    while (end < signs.length && disturbed[end]) end++
    const stretch = stretchOf(signs.slice(i, end), rates)
    if (stretch) found.push(stretch)
    i = end
  }
  return found
}

function likeliestCourse(signs: readonly Sign[], rates: ReadonlyMap<number, number>): boolean[] {
  let calm = 0
  let bad = Math.log(LASTS / EVERY)
  const fromBad: [boolean, boolean][] = []
  let before = signs[0]?.at ?? 0
  for (const sign of signs) {
    const waited = sign.at - before
    before = sign.at
    const begins = Math.max(MIN_BEGIN, 1 - Math.exp(-waited / EVERY))
    const ends = Math.max(MIN_END, 1 - Math.exp(-waited / LASTS))
    const calmFromBad = bad + Math.log(ends) > calm + Math.log(1 - begins)
    const badFromBad = bad + Math.log(1 - ends) > calm + Math.log(begins)
    fromBad.push([calmFromBad, badFromBad])
    const rate = rates.get(sign.job) as number
    const nextCalm = calmFromBad ? bad + Math.log(ends) : calm + Math.log(1 - begins)
    const nextBad = badFromBad ? bad + Math.log(1 - ends) : calm + Math.log(begins)
    calm = nextCalm + Math.log(sign.failed ? rate : 1 - rate)
    bad = nextBad + Math.log(sign.failed ? failsIn(rate) : 1 - failsIn(rate))
  }
  const course: boolean[] = new Array(signs.length)
  let isBad = bad > calm
  for (let i = signs.length - 1; i >= 0; i--) {
    course[i] = isBad
    const [calmFromBad, badFromBad] = fromBad[i] as [boolean, boolean]
    isBad = isBad ? badFromBad : calmFromBad
  }
  return course
}

function failsIn(rate: number): number {
  return 1 - (1 - rate) * (1 - FAILS)
}

/** The stretch from its first to its last failure, if there is enough in it without its worst pull request. */
function stretchOf(signs: readonly Sign[], rates: ReadonlyMap<number, number>): Stretch | null {
  const failed = signs.filter((sign) => sign.failed)
  const [first, last] = [failed[0], failed[failed.length - 1]]
  if (!first || !last || last.at - first.at > LONGEST) return null
  const inside = signs.filter((sign) => sign.at >= first.at && sign.at <= last.at)
  const pullRequests = [...new Set(failed.flatMap((sign) => sign.number ?? []))]
  const onTrunk = failed.some((sign) => sign.number === null)
  if (pullRequests.length + Number(onTrunk) < MIN_PULL_REQUESTS) return null
  const evidence = new Map<number | null, number>()
  for (const { number, job, failed } of inside) {
    const rate = rates.get(job) as number
    const bad = failsIn(rate)
    const ln = failed ? Math.log(bad / rate) : Math.log((1 - bad) / (1 - rate))
    evidence.set(number, (evidence.get(number) ?? 0) + ln)
  }
  const sums = [...evidence.values()]
  const rest = sums.reduce((a, b) => a + b, 0) - Math.max(...sums)
  if (rest < MIN_EVIDENCE) return null
  return {
    from: first.at,
    to: last.at,
    rate: failed.length / (inside.length + 1),
    jobs: [...new Set(failed.map((sign) => sign.job))].sort((a, b) => a - b),
    pullRequests: pullRequests.sort((a, b) => a - b),
    failures: failed.length,
    onTrunk,
  }
}
