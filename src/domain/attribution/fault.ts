/**
 * The two stories of a pull request's verdicts, weighed against each other: only the job's base rate, or a fault of the
 * pull request's own beside it, which may come with a later push and may be fixed by one.
 */
import { advance, type Course, multiply, RATES, type Weights } from './base-rate.ts'

/** A verdict of the pull request itself. */
export interface OwnVerdict {
  /** Its place in the window's time. */
  step: number
  flaky: boolean
  /** Chance that an incident failed it; 0 outside of incidents. */
  incident: number
}

/** Rates at which a fault may make the job fail, each as likely as the others. */
const FAULT_RATES = [0.06, 0.18, 0.31, 0.44, 0.56, 0.69, 0.82, 0.94]
/**
 * How the repository's faults are: mostly mild ones, any, or mostly severe ones. Mild ones are seen more often than they
 * are made, since a head that keeps failing has no verdict: its author pushes again.
 */
export type Severity = 'mild' | 'any' | 'severe'
const SEVERITIES: Record<Severity, readonly number[]> = {
  mild: normal(FAULT_RATES.map((rate) => (1 - rate) ** 2)),
  any: normal(FAULT_RATES.map((rate) => 1 - rate)),
  severe: normal(FAULT_RATES),
}

/** A fault is there from the first head on with this chance; else it comes with a later one. */
const FROM_FIRST = 0.8
const COMES = 0.3
const GOES = 0.35
/** Chance that a fault which is there at the last head seen is merged too. */
const SPREADS = 0.9
const SIZE = RATES.length

export interface Weighed {
  /** P(the pull request has a fault in this job at some head). */
  fault: number
  /** P(the given flake would not have been without it). */
  caused: number
}

/** The pull request that is asked about. */
export interface Suspect {
  /** Its verdicts of the job, oldest first. */
  verdicts: readonly OwnVerdict[]
  /** Index of the flake asked about. */
  asked: number
  /** Step of its merge, if it was merged within the window. */
  merged: number | null
}

/** What others showed, without this pull request, and the weights of the rates that a change draws from. */
export interface Backdrop {
  course: Course
  drawn: Weights
}

/**
 * @param belief `prior`: chance of such a fault before anything is seen; `severity`: how often such faults fail the job,
 *   as far as the repository's other faults tell
 */
export function weigh(
  suspect: Suspect,
  backdrop: Backdrop,
  { prior, severity }: { prior: number; severity: Severity },
): Weighed {
  const none = chance(suspect, backdrop, 0, false)
  let all = 0
  let caused = 0
  FAULT_RATES.forEach((rate, i) => {
    const weight = SEVERITIES[severity][i] as number
    all += weight * chance(suspect, backdrop, rate, false)
    caused += weight * chance(suspect, backdrop, rate, true)
  })
  const sum = (1 - prior) * none + prior * all
  return { fault: (prior * all) / sum, caused: (prior * caused) / sum }
}

/**
 * Chance of the verdicts when the fault fails at `rate` (0: there is none), over every course of the base rate and every
 * stretch of heads that the fault can be in. With `alone`: of those in which the fault alone failed the verdict asked
 * about.
 */
function chance(
  { verdicts, asked, merged }: Suspect,
  { course, drawn }: Backdrop,
  rate: number,
  alone: boolean,
): number {
  const first = (verdicts[0] as OwnVerdict).step
  let [without, within, past] = begin(course.before[first] as Weights, rate)
  let ln = 0
  let step = first
  const waitFor = (until: number) => {
    for (; step < until; step++) {
      ln += together([without, within, past], course.here[step] as Weights)
      without = mix(without, drawn)
      within = mix(within, drawn)
      past = mix(past, drawn)
    }
  }
  verdicts.forEach((verdict, i) => {
    waitFor(verdict.step)
    if (i > 0 && rate > 0) move(without, within, past)
    const isAlone = alone && i === asked
    see(without, verdict, 0, isAlone)
    if (rate > 0) see(within, verdict, rate, isAlone)
    if (rate > 0) see(past, verdict, 0, isAlone)
  })
  if (merged !== null && merged + 1 > step) {
    waitFor(merged + 1)
    if (rate > 0) within = spread(within, rate)
  }
  const end = multiply(course.here[step] as Weights, course.after[step] as Weights)
  let sum = 0
  for (let g = 0; g < SIZE; g++) {
    sum += (end[g] as number) * ((without[g] as number) + (within[g] as number) + (past[g] as number))
  }
  return sum * Math.exp(ln)
}

/** A merged fault is in everybody's base: the job's rate rises by it, or it was mended in the merge. */
function spread(within: Weights, rate: number): Weights {
  const risen = within.map((weight) => weight * (1 - SPREADS))
  for (let g = 0; g < SIZE; g++) {
    const together = 1 - (1 - (RATES[g] as number)) * (1 - rate)
    const at = Math.min(
      SIZE - 1,
      Math.round(((Math.log(together / (1 - together)) + 8.3) * (SIZE - 1)) / 10.5),
    )
    risen[at] = (risen[at] as number) + SPREADS * (within[g] as number)
  }
  return risen
}

type Three = [without: Weights, within: Weights, past: Weights]

function begin(before: Weights, rate: number): Three {
  const share = (part: number) => before.map((weight) => weight * part)
  return rate === 0 ? [share(1), share(0), share(0)] : [share(1 - FROM_FIRST), share(FROM_FIRST), share(0)]
}

/** Sees others' verdicts of a step, and keeps the three in proportion; returns the log of what was divided out. */
function together(three: Three, here: Weights): number {
  let sum = 0
  for (const weights of three) {
    for (let g = 0; g < SIZE; g++) {
      weights[g] = (weights[g] as number) * (here[g] as number)
      sum += weights[g] as number
    }
  }
  for (const weights of three) for (let g = 0; g < SIZE; g++) weights[g] = (weights[g] as number) / sum
  return Math.log(sum)
}

function mix(weights: Weights, drawn: Weights): Weights {
  let sum = 0
  for (const weight of weights) sum += weight
  if (sum === 0) return weights
  const next = advance(weights, drawn)
  for (let g = 0; g < SIZE; g++) next[g] = (next[g] as number) * sum
  return next
}

/** Between two heads the fault may come or go. */
function move(without: Weights, within: Weights, past: Weights): void {
  for (let g = 0; g < SIZE; g++) {
    const comes = COMES * (without[g] as number)
    const goes = GOES * (within[g] as number)
    without[g] = (without[g] as number) - comes
    within[g] = (within[g] as number) + comes - goes
    past[g] = (past[g] as number) + goes
  }
}

function see(weights: Weights, { flaky, incident }: OwnVerdict, rate: number, alone: boolean): void {
  for (let g = 0; g < SIZE; g++) {
    const passes = (1 - (RATES[g] as number)) * (1 - incident)
    const chance = !flaky ? passes * (1 - rate) : alone ? rate * passes : 1 - passes * (1 - rate)
    weights[g] = (weights[g] as number) * chance
  }
}

const known = new Map<string, Weights>()
const MAX_KNOWN = 5000

/**
 * Chance of one sequence of verdicts when the pull request has a fault of its own, at each rate of the job's base rate.
 * @param sequence one character a verdict, oldest first: `1` is flaky, `0` is clean
 */
export function faultChances(sequence: string, severity: Severity): Weights {
  const key = `${severity}${sequence}`
  const cached = known.get(key)
  if (cached) return cached
  const shares = SEVERITIES[severity]
  const chances = Float64Array.from(RATES, (baseRate) =>
    FAULT_RATES.reduce(
      (sum, rate, i) => sum + (shares[i] as number) * sequenceChance(sequence, baseRate, rate),
      0,
    ),
  )
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, chances)
  return chances
}

function sequenceChance(sequence: string, baseRate: number, rate: number): number {
  const passes = (1 - baseRate) * (1 - rate)
  let without = 1 - FROM_FIRST
  let within = FROM_FIRST
  let past = 0
  for (let i = 0; i < sequence.length; i++) {
    if (i > 0) {
      const comes = COMES * without
      const goes = GOES * within
      without -= comes
      within += comes - goes
      past += goes
    }
    const flaky = sequence[i] === '1'
    without *= flaky ? baseRate : 1 - baseRate
    within *= flaky ? 1 - passes : passes
    past *= flaky ? baseRate : 1 - baseRate
  }
  return without + within + past
}

function normal(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}
