/**
 * Incidents: stretches of time in which runs failed whatever they tested, because infrastructure was down or the base was
 * broken, and passed again afterwards.
 *
 * Found with a two-state hidden Markov model (calm, disturbed) over the results in order of time: the most probable state
 * sequence (Viterbi algorithm; Rabiner 1989, section III.B), of which only well-supported disturbed stretches are kept. How
 * much support a stretch needs grows with the number of failures, because each is a chance for a false incident.
 */
import { DAY_MS, HOUR_MS } from '../time.ts'

/** One result as an observation: the first failure of a flaky verdict, or the pass of a clean one. */
export interface TimedResult {
  /** Epoch ms. */
  at: number
  job: number
  /** Pull request; null for trunk. */
  number: number | null
  failed: boolean
}

export interface Incident {
  /** The job it hit; null when it hit several. */
  job: number | null
  /** Epoch ms of the first and the last failure in it. */
  from: number
  to: number
  /** Share of the results in it that failed, counted with one pass more. */
  rate: number
  jobs: number[]
  pullRequests: number[]
  failures: number
  /** Trunk failed too. */
  onTrunk: boolean
}

/** Transition rates: mean time between incidents, and mean duration of one. */
const MEAN_INTERVAL = 20 * DAY_MS
const MEAN_DURATION = 4 * HOUR_MS
/** Lower bounds of the transition probabilities between two results, however close they are. */
const MIN_BEGIN = 1e-4
const MIN_END = 0.03
/** Probability that the incident makes a result fail. */
const FAILURE_PROBABILITY = 0.7
/** Pull requests that must have failed; trunk counts as one. */
const MIN_PULL_REQUESTS = 3
const MAX_FALSE_A_YEAR = 1
/** Results are searched over all jobs, and over each job alone. */
const SEARCHES = 2
const YEAR = 365 * DAY_MS
/** Time (ms) that the results of one search cover. */
export const SEARCH_SPAN = 28 * DAY_MS
const MAX_DURATION = 36 * HOUR_MS
/** Failures of one pull request in one job within this time (ms) are one observation. */
const REPEAT_WITHIN = 6 * HOUR_MS
/** Prior of a job's failure rate: one failure in 50 results. */
const RATE_PRIOR = { failed: 1, results: 50 }

/** What a search knows about its repository. */
interface Calm {
  /** Failure rate of each job in calm times. */
  rates: ReadonlyMap<number, number>
  /** Log Bayes factor (natural) that a stretch must have. */
  minLogBayesFactor: number
}

/**
 * The incidents among the results of one repository, oldest first.
 * @param results of SEARCH_SPAN, in any order
 */
export function findIncidents(results: readonly TimedResult[]): Incident[] {
  const observations = independentOf(results)
  const byJob = Map.groupBy(observations, ({ job }) => job)
  const calm: Calm = {
    rates: new Map([...byJob].map(([job, ofJob]) => [job, failureRate(ofJob)])),
    minLogBayesFactor: minLogBayesFactor(failuresOf(observations).length),
  }
  const wide = stretchesOf(observations, calm).filter(({ jobs }) => jobs.length > 1)
  const incidents = wide.map((stretch): Incident => ({ ...stretch, job: null }))
  for (const [job, ofJob] of byJob) {
    const outside = ofJob.filter(({ at }) => !wide.some(({ from, to }) => at >= from && at <= to))
    for (const stretch of stretchesOf(outside, calm)) incidents.push({ ...stretch, job })
  }
  return incidents.sort((a, b) => a.from - b.from)
}

/**
 * The log Bayes factor (natural) that an incident needs for MAX_FALSE_A_YEAR. Without incidents, the Bayes factor of the results
 * after a failure ever reaches e^s with a probability of at most e^-s (J. Ville, "Étude critique de la notion de collectif",
 * 1939), and an incident can begin at every failure. docs/attribution.md has a simulation that agrees.
 * @param failures of SEARCH_SPAN
 */
export function minLogBayesFactor(failures: number): number {
  return Math.log((SEARCHES * failures * YEAR) / SEARCH_SPAN / MAX_FALSE_A_YEAR)
}

/** The incident that a result of the job at that time (epoch ms) falls into. */
export function incidentAt(incidents: readonly Incident[], job: number, at: number): Incident | undefined {
  return incidents.find(
    (incident) => at >= incident.from && at <= incident.to && (incident.job === null || incident.job === job),
  )
}

/**
 * The results in order of time, without failures that repeat a pull request's earlier one: the same change may fail again.
 * Every pass counts. If repeated passes were left out, the later heads of a pull request would seem to fail more often.
 */
function independentOf(results: readonly TimedResult[]): TimedResult[] {
  const sorted = [...results].sort(
    (a, b) =>
      a.at - b.at ||
      a.job - b.job ||
      (a.number ?? 0) - (b.number ?? 0) ||
      Number(a.failed) - Number(b.failed),
  )
  const lastAt = new Map<string, number>()
  return sorted.filter(({ at, job, number, failed }) => {
    if (!failed || number === null) return true
    const key = `${job}/${number}`
    const previous = lastAt.get(key)
    lastAt.set(key, at)
    return previous === undefined || at - previous > REPEAT_WITHIN
  })
}

function failuresOf(results: readonly TimedResult[]): TimedResult[] {
  return results.filter(({ failed }) => failed)
}

function failureRate(results: readonly TimedResult[]): number {
  const failed = failuresOf(results).length
  return (failed + RATE_PRIOR.failed) / (results.length + RATE_PRIOR.results)
}

type Stretch = Omit<Incident, 'job'>

/** The disturbed stretches of the most probable state sequence that have enough support. */
function stretchesOf(results: readonly TimedResult[], calm: Calm): Stretch[] {
  const isDisturbed = viterbi(results, calm)
  const stretches: Stretch[] = []
  let current: TimedResult[] = []
  results.forEach((result, i) => {
    if (!isDisturbed[i]) return
    current.push(result)
    if (isDisturbed[i + 1]) return
    const stretch = supportedStretch(current, calm)
    if (stretch) stretches.push(stretch)
    current = []
  })
  return stretches
}

/** For each result, whether the most probable previous state was `disturbed`, given the state now. */
interface BackPointer {
  calm: boolean
  disturbed: boolean
}

/** The Viterbi algorithm in logs. @returns for each result, whether its state is `disturbed` */
function viterbi(results: readonly TimedResult[], { rates }: Calm): boolean[] {
  let calm = 0
  let disturbed = Math.log(MEAN_DURATION / MEAN_INTERVAL)
  let previousAt = results[0]?.at ?? 0
  const backPointers = results.map(({ at, job, failed }): BackPointer => {
    const elapsed = at - previousAt
    previousAt = at
    const begins = Math.max(MIN_BEGIN, 1 - Math.exp(-elapsed / MEAN_INTERVAL))
    const ends = Math.max(MIN_END, 1 - Math.exp(-elapsed / MEAN_DURATION))
    const toCalm = { stays: calm + Math.log(1 - begins), moves: disturbed + Math.log(ends) }
    const toDisturbed = { stays: disturbed + Math.log(1 - ends), moves: calm + Math.log(begins) }
    const pointer = { calm: toCalm.moves > toCalm.stays, disturbed: toDisturbed.stays > toDisturbed.moves }
    const rate = rates.get(job) as number
    const rateInIncident = disturbedRate(rate)
    calm = Math.max(toCalm.stays, toCalm.moves) + Math.log(failed ? rate : 1 - rate)
    disturbed =
      Math.max(toDisturbed.stays, toDisturbed.moves) + Math.log(failed ? rateInIncident : 1 - rateInIncident)
    return pointer
  })
  return backtrack(backPointers, disturbed > calm)
}

function backtrack(backPointers: readonly BackPointer[], lastState: boolean): boolean[] {
  const states: boolean[] = new Array(backPointers.length)
  let isDisturbed = lastState
  for (let i = backPointers.length - 1; i >= 0; i--) {
    states[i] = isDisturbed
    const pointer = backPointers[i] as BackPointer
    isDisturbed = isDisturbed ? pointer.disturbed : pointer.calm
  }
  return states
}

/** Failure rate during an incident: the job fails by itself, or the incident makes it fail. */
function disturbedRate(rate: number): number {
  return 1 - (1 - rate) * (1 - FAILURE_PROBABILITY)
}

/**
 * The stretch from its first to its last failure; null where it is too long, on too few pull requests, or not convincing
 * without the pull request that speaks most for it.
 */
function supportedStretch(results: readonly TimedResult[], calm: Calm): Stretch | null {
  const failures = failuresOf(results)
  const numbers = new Set(failures.map(({ number }) => number))
  if (numbers.size < MIN_PULL_REQUESTS) return null
  const times = failures.map(({ at }) => at)
  const [from, to] = [Math.min(...times), Math.max(...times)]
  if (to - from > MAX_DURATION) return null
  const inside = results.filter(({ at }) => at >= from && at <= to)
  if (logBayesFactorWithoutWorst(inside, calm) < calm.minLogBayesFactor) return null
  return {
    from,
    to,
    rate: failures.length / (inside.length + 1),
    jobs: [...new Set(failures.map(({ job }) => job))].sort((a, b) => a - b),
    pullRequests: [...numbers].filter((number) => number !== null).sort((a, b) => a - b),
    failures: failures.length,
    onTrunk: numbers.has(null),
  }
}

/** Log Bayes factor of an incident, without the pull request that contributes most: one broken change is no incident. */
function logBayesFactorWithoutWorst(results: readonly TimedResult[], { rates }: Calm): number {
  const contributions = new Map<number | null, number>()
  for (const { number, job, failed } of results) {
    const rate = rates.get(job) as number
    const inIncident = disturbedRate(rate)
    const ln = failed ? Math.log(inIncident / rate) : Math.log((1 - inIncident) / (1 - rate))
    contributions.set(number, (contributions.get(number) ?? 0) + ln)
  }
  const sums = [...contributions.values()]
  return sums.reduce((a, b) => a + b, 0) - Math.max(...sums)
}
