/**
 * Verdicts of others as factors of a job's flake rate, step of time by step. Another pull request's flakes count as
 * base rate only as far as they were not its own fault: each is seen under both stories at once, so that its own breakage
 * excuses nobody and needs no judgement of its own.
 */

import { factorOf, RATES, type Weights } from './base-rate.ts'
import { faultChances, type Severity } from './fault.ts'

/** A verdict of another pull request, or of trunk. */
export interface OtherVerdict {
  /** Null is trunk. */
  number: number | null
  step: number
  flaky: boolean
  /** Of an incident: base rate or not, it is no fault of the pull request's. */
  excused: boolean
}

/** The part of verdicts of others that does not depend on what the repository is like. */
export interface OtherVerdicts {
  /** Clean and surely not self-caused verdicts of each step, as factors. */
  plain: Weights[]
  /** Pull requests with flakes: their verdicts in order, at the step of the middle flake. */
  suspects: { step: number; sequence: string }[]
  /** How many pull requests had so many clean verdicts and no flake. */
  clean: Map<number, number>
}

/** @param otherVerdicts oldest first */
export function gather(otherVerdicts: readonly OtherVerdict[], steps: number): OtherVerdicts {
  const flaky = new Float64Array(steps)
  const clean = new Float64Array(steps)
  const own = new Map<number, OtherVerdict[]>()
  for (const one of otherVerdicts) {
    if (one.number === null || one.excused) {
      const counts = one.flaky ? flaky : clean
      counts[one.step] = (counts[one.step] ?? 0) + 1
      continue
    }
    const list = own.get(one.number)
    if (list) list.push(one)
    else own.set(one.number, [one])
  }
  const gathered: OtherVerdicts = { plain: [], suspects: [], clean: new Map() }
  for (const list of own.values()) {
    const flakes = list.filter((one) => one.flaky)
    if (flakes.length === 0) {
      for (const { step } of list) clean[step] = (clean[step] ?? 0) + 1
      gathered.clean.set(list.length, (gathered.clean.get(list.length) ?? 0) + 1)
      continue
    }
    const { step } = flakes[flakes.length >> 1] as OtherVerdict
    gathered.suspects.push({ step, sequence: list.map((one) => (one.flaky ? '1' : '0')).join('') })
  }
  gathered.plain = Array.from({ length: steps }, (_, t) => factorOf(flaky[t] ?? 0, clean[t] ?? 0))
  return gathered
}

/** The factors of all verdicts of others in a repository where faults come with that share and severity. */
export function factorsOf({ plain, suspects }: OtherVerdicts, share: number, severity: Severity): Weights[] {
  const factors = [...plain]
  for (const { step, sequence } of suspects) {
    const factor = Float64Array.from(factors[step] as Weights)
    const fault = faultChances(sequence, severity)
    const x = sequence.split('1').length - 1
    for (let g = 0; g < factor.length; g++) {
      const rate = RATES[g] as number
      const baseRate = rate ** x * (1 - rate) ** (sequence.length - x)
      factor[g] = (factor[g] as number) * ((1 - share) * baseRate + share * (fault[g] as number))
    }
    factors[step] = factor
  }
  return factors
}
