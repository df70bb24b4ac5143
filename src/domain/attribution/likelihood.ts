/**
 * Other pull requests' verdicts as emissions of a job's hidden Markov model. Another pull request's flakes may have been
 * its own fault, so its verdicts enter as a mixture of both hypotheses: its own breakage is no excuse for others, and it needs no
 * attribution of its own first.
 */

import { emissionOf, RATES, type StateVector } from './base-rate.ts'
import { faultLikelihoods, type Severity } from './fault-model.ts'

/** A verdict of another pull request, or of trunk. */
export interface OtherVerdict {
  /** Pull request; null for trunk. */
  number: number | null
  step: number
  flaky: boolean
  /** Part of an incident, or corrected by a person: a failure cannot be this pull request's fault. */
  excused: boolean
}

/** The verdicts of one job, grouped by how they enter the likelihood; nothing here depends on the repository model. */
export interface JobEvidence {
  /** Emission of each step's clean verdicts, and of its flaky ones that cannot be a pull request's own fault. */
  emissions: StateVector[]
  /** Pull requests with a flake: all their verdicts in order (`1` flaky, `0` clean), at the step of the middle flake. */
  mixtures: { step: number; sequence: string }[]
  /** Pull requests without a flake: how many there are with so many verdicts. */
  cleanCounts: Map<number, number>
}

/** Groups the verdicts of one job. @param verdicts oldest first @param steps number of time steps */
export function jobEvidence(verdicts: readonly OtherVerdict[], steps: number): JobEvidence {
  const flaky = new Float64Array(steps)
  const clean = new Float64Array(steps)
  const count = (counts: Float64Array, step: number) => {
    counts[step] = (counts[step] ?? 0) + 1
  }
  const isNobodys = ({ number, excused }: OtherVerdict) => number === null || excused
  for (const verdict of verdicts) {
    if (isNobodys(verdict)) count(verdict.flaky ? flaky : clean, verdict.step)
  }
  const evidence: JobEvidence = { emissions: [], mixtures: [], cleanCounts: new Map() }
  const attributable = verdicts.filter((verdict) => !isNobodys(verdict))
  for (const own of Map.groupBy(attributable, (verdict) => verdict.number).values()) {
    const flakes = own.filter((verdict) => verdict.flaky)
    const middle = flakes[flakes.length >> 1]
    if (middle) {
      const sequence = own.map((verdict) => (verdict.flaky ? '1' : '0')).join('')
      evidence.mixtures.push({ step: middle.step, sequence })
      continue
    }
    for (const { step } of own) count(clean, step)
    evidence.cleanCounts.set(own.length, (evidence.cleanCounts.get(own.length) ?? 0) + 1)
  }
  evidence.emissions = Array.from({ length: steps }, (_, t) => emissionOf(flaky[t] ?? 0, clean[t] ?? 0))
  return evidence
}

/**
 * The emissions of all verdicts of a job.
 * @param share prior probability that a pull request has a fault in the job
 */
export function emissionsOf(
  { emissions, mixtures }: JobEvidence,
  share: number,
  severity: Severity,
): StateVector[] {
  const all = [...emissions]
  for (const { step, sequence } of mixtures) {
    const emission = Float64Array.from(all[step] as StateVector)
    const withFault = faultLikelihoods(sequence, severity)
    const flaky = sequence.split('1').length - 1
    for (let i = 0; i < emission.length; i++) {
      const rate = RATES[i] as number
      const withoutFault = rate ** flaky * (1 - rate) ** (sequence.length - flaky)
      emission[i] = (emission[i] as number) * ((1 - share) * withoutFault + share * (withFault[i] as number))
    }
    all[step] = emission
  }
  return all
}
