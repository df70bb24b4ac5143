/**
 * The posterior probability that a pull request has a fault of its own: its verdicts under two hypotheses, only the job's
 * base rate, or a fault beside it (fault-model.ts).
 *
 * The joint hidden state is (base rate, phase of the fault). The base rate moves with time, as in base-rate.ts; the phase
 * moves from head to head.
 */
import {
  type ForwardBackward,
  multiply,
  nearestState,
  RATES,
  type StateVector,
  transition,
} from './base-rate.ts'
import {
  APPEARS,
  FAULT_RATE_PRIORS,
  FAULT_RATES,
  IS_FIXED,
  IS_MERGED,
  PRESENT_AT_FIRST,
  type Severity,
} from './fault-model.ts'

/** A verdict of the pull request itself. */
export interface OwnVerdict {
  /** Time step within the window. */
  step: number
  flaky: boolean
  /** Probability that an incident made it fail; 0 outside of incidents. */
  incident: number
}

/** The verdicts of the pull request in question. */
export interface OwnEvidence {
  /** Its verdicts of the job, oldest first. */
  verdicts: readonly OwnVerdict[]
  /** Index of the flake in question among the verdicts; -1 for none. */
  flakeIndex: number
  /** Time step of the merge; null when it was not merged within the window. */
  mergedStep: number | null
}

/** What the other verdicts say about the job's base rate. */
export interface BaseRateEvidence {
  smoothed: ForwardBackward
  /** State probabilities that a rate is drawn from when it changes. */
  prior: StateVector
}

export interface FaultPrior {
  /** Probability of a fault before any verdict is seen. */
  probability: number
  severity: Severity
}

export interface FaultPosterior {
  /** P(the pull request has a fault in this job at some head). */
  fault: number
  /** P(the flake in question would not have happened without it). */
  caused: number
}

/** Bayes' rule over the two hypotheses; the fault's rate is summed out over FAULT_RATES. */
export function faultPosterior(
  own: OwnEvidence,
  baseRate: BaseRateEvidence,
  { probability, severity }: FaultPrior,
): FaultPosterior {
  const withoutFault = likelihood(own, baseRate, 0, false)
  let withFault = 0
  let causedByFault = 0
  FAULT_RATES.forEach((faultRate, i) => {
    const weight = FAULT_RATE_PRIORS[severity][i] as number
    withFault += weight * likelihood(own, baseRate, faultRate, false)
    causedByFault += weight * likelihood(own, baseRate, faultRate, true)
  })
  const evidence = (1 - probability) * withoutFault + probability * withFault
  return { fault: (probability * withFault) / evidence, caused: (probability * causedByFault) / evidence }
}

/**
 * Likelihood of the pull request's own verdicts and of all others from its first verdict on, summed over every sequence of
 * joint states (the forward algorithm; the steps after its last verdict come from the backward variable).
 * @param faultRate 0 for the hypothesis without a fault
 * @param onlyFault restricts the flake in question to have been made flaky by the fault alone: the joint probability that
 *   the pull request caused it
 */
function likelihood(
  { verdicts, flakeIndex, mergedStep }: OwnEvidence,
  { smoothed, prior }: BaseRateEvidence,
  faultRate: number,
  onlyFault: boolean,
): number {
  const firstStep = (verdicts[0] as OwnVerdict).step
  const phases = initialPhases(smoothed.predicted[firstStep] as StateVector, faultRate)
  let sumOfLogs = 0
  let step = firstStep
  const moveTo = (target: number) => {
    for (; step < target; step++) {
      sumOfLogs += absorb(phases, smoothed.emissions[step] as StateVector)
      for (const phase of PHASES) phases[phase] = keepMass(phases[phase], prior)
    }
  }
  verdicts.forEach((verdict, i) => {
    moveTo(verdict.step)
    if (i > 0 && faultRate > 0) push(phases)
    const fault = { onlyFault: onlyFault && i === flakeIndex }
    observe(phases.absent, verdict, { ...fault, faultRate: 0 })
    if (faultRate === 0) return
    observe(phases.present, verdict, { ...fault, faultRate })
    observe(phases.fixed, verdict, { ...fault, faultRate: 0 })
  })
  if (mergedStep !== null && mergedStep + 1 > step) {
    moveTo(mergedStep + 1)
    if (faultRate > 0) phases.present = merge(phases.present, faultRate)
  }
  const rest = multiply(smoothed.emissions[step] as StateVector, smoothed.backward[step] as StateVector)
  let sum = 0
  for (let i = 0; i < RATES.length; i++) {
    const { absent, present, fixed } = phases
    sum += (rest[i] as number) * ((absent[i] as number) + (present[i] as number) + (fixed[i] as number))
  }
  return sum * Math.exp(sumOfLogs)
}

/** Joint probabilities of the fault's phase and the base rate; without a fault all mass is in `absent`. */
interface Phases {
  absent: StateVector
  present: StateVector
  fixed: StateVector
}
const PHASES = ['absent', 'present', 'fixed'] as const

function initialPhases(baseRate: StateVector, faultRate: number): Phases {
  const share = (part: number) => baseRate.map((value) => value * part)
  const present = faultRate === 0 ? 0 : PRESENT_AT_FIRST
  return { absent: share(1 - present), present: share(present), fixed: share(0) }
}

/** Emission of the others' verdicts of one step. Normalizes, and returns the log of the factor divided out. */
function absorb(phases: Phases, emission: StateVector): number {
  let sum = 0
  for (const phase of PHASES) {
    const state = phases[phase]
    for (let i = 0; i < RATES.length; i++) {
      state[i] = (state[i] as number) * (emission[i] as number)
      sum += state[i] as number
    }
  }
  for (const phase of PHASES) {
    const state = phases[phase]
    for (let i = 0; i < RATES.length; i++) state[i] = (state[i] as number) / sum
  }
  return Math.log(sum)
}

/** Transition of the base rate within one phase, in place: the phase keeps its total probability. */
function keepMass(state: StateVector, prior: StateVector): StateVector {
  let mass = 0
  for (const value of state) mass += value
  if (mass === 0) return state
  const next = transition(state, prior)
  for (let i = 0; i < RATES.length; i++) next[i] = (next[i] as number) * mass
  return next
}

/** Transition of the phase between two heads, in place. */
function push({ absent, present, fixed }: Phases): void {
  for (let i = 0; i < RATES.length; i++) {
    const appears = APPEARS * (absent[i] as number)
    const isFixed = IS_FIXED * (present[i] as number)
    absent[i] = (absent[i] as number) - appears
    present[i] = (present[i] as number) + appears - isFixed
    fixed[i] = (fixed[i] as number) + isFixed
  }
}

/** A merged fault is in the base of every later pull request: the job's base rate rises by it, unless the merge contains the fix. */
function merge(present: StateVector, faultRate: number): StateVector {
  const after = present.map((value) => value * (1 - IS_MERGED))
  for (let i = 0; i < RATES.length; i++) {
    const raised = nearestState(1 - (1 - (RATES[i] as number)) * (1 - faultRate))
    after[raised] = (after[raised] as number) + IS_MERGED * (present[i] as number)
  }
  return after
}

/** Emission of one of the pull request's own verdicts, in place. */
function observe(
  state: StateVector,
  { flaky, incident }: OwnVerdict,
  { faultRate, onlyFault }: { faultRate: number; onlyFault: boolean },
): void {
  for (let i = 0; i < RATES.length; i++) {
    const passesOtherwise = (1 - (RATES[i] as number)) * (1 - incident)
    const cleanProbability = passesOtherwise * (1 - faultRate)
    const flakyProbability = onlyFault ? faultRate * passesOtherwise : 1 - cleanProbability
    state[i] = (state[i] as number) * (flaky ? flakyProbability : cleanProbability)
  }
}
