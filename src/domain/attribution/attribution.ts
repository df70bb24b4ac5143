/**
 * Did the pull request cause its flake? (docs/attribution.md)
 *
 * The posterior probability of a fault of the pull request, given its own verdicts of the job, the verdicts of others, and
 * what is known about the repository and the pull request.
 */

import { DAY_MS } from '../time.ts'
import { forwardBackward, STEP_MS, stateProbabilities } from './base-rate.ts'
import {
  type Changed,
  countOthers,
  EVIDENCE_REACH,
  type Evidence,
  type EvidenceVerdict,
  type FlakeToJudge,
  type Relation,
  type SelectedEvidence,
  selectEvidence,
  timeOf,
} from './evidence.ts'
import { type BaseRateEvidence, faultPosterior, type OwnVerdict } from './fault.ts'
import { emissionsOf, jobEvidence, type OtherVerdict } from './likelihood.ts'
import { DEFAULT_MODEL, type RepositoryModel } from './repository-model.ts'

export type AttributionLabel = 'not_caused_by_pr' | 'caused_by_pr' | 'undetermined'

export interface Attribution {
  /** P(the pull request caused the flake). */
  probability: number
  label: AttributionLabel
  /** Whether the flake counts towards the SLA. */
  counted: boolean
  evidence: Evidence
}

/** What is known about the flake's repository and pull request. */
export interface Circumstances {
  model: RepositoryModel
  /** Pull requests that share code with this one. Their verdicts are no evidence about the job's base rate. */
  related: ReadonlyMap<number, Relation>
  changed: Changed
  /** Epoch ms; null while it is not merged. A merged fault hits other pull requests from then on. */
  mergedAt: number | null
}

export const NO_CIRCUMSTANCES: Circumstances = {
  model: DEFAULT_MODEL,
  related: new Map(),
  changed: 'unknown',
  mergedAt: null,
}

/** Probability that a fault of the related pull request is in this one too. */
const INHERITANCE: Record<Relation, number> = { base: 0.8, top: 0.4, reland: 0.5, revert: 0, author: 0 }
/** How much likelier a fault is than in a change of code. */
const PRIOR_FACTORS: Record<Changed, number> = { docs: 0.05, tests: 0.3, workflow: 5, code: 1, unknown: 1 }
const MAX_PRIOR = 0.2
/** Documentation rarely breaks a job, even in a repository with many faults. */
const MAX_PRIOR_DOCS = 0.0005
/** Probability of another cause when a person says that there was another cause. */
const CORRECTED_PROBABILITY = 0.99

/** With fewer other verdicts than this, and none of them flaky, no label is given. */
const MIN_OTHERS = 20
/** A wrong blame costs trust, so blame needs more certainty than an excuse. Chosen for at most 3 % wrong blames in simulations. */
const MIN_BLAME = 0.93
const MAX_EXCUSE = 0.1

/** Prior probability that a pull request with such changes has a fault in the job. @param share of the repository model */
export function priorOf(share: number, changed: Changed): number {
  return Math.min(changed === 'docs' ? MAX_PRIOR_DOCS : MAX_PRIOR, share * PRIOR_FACTORS[changed])
}

/**
 * Attributes a flake.
 * @param verdicts of the flake's job, oldest first; those outside the flake's window are ignored
 */
export function attribute(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  circumstances: Circumstances = NO_CIRCUMSTANCES,
): Attribution {
  const { model, related, changed, mergedAt } = circumstances
  const selected = selectEvidence(flake, verdicts, related)
  const probability = probabilityOf(flake, selected, circumstances)
  const evidence: Evidence = {
    x: selected.own.filter((verdict) => verdict.flaky).length,
    m: selected.own.length,
    ...countOthers(selected.others),
    prior: priorOf(model.share, changed),
    changed,
    related: [...related].slice(0, 5).map(([number, how]) => ({ number, how })),
    merged: mergedAt !== null && mergedAt < flake.flakedAt + EVIDENCE_REACH.after,
    window_days: (EVIDENCE_REACH.before + EVIDENCE_REACH.after) / DAY_MS,
  }
  return {
    probability,
    label: labelOf(probability, evidence),
    counted: isCounted(probability, evidence),
    evidence,
  }
}

/** Whether a flake counts towards the SLA. With too little evidence it does until a person says otherwise. */
export function isCounted(probability: number, evidence: Evidence): boolean {
  return probability < 0.5 || isThin(evidence)
}

function isThin({ k, n }: Evidence): boolean {
  return n < MIN_OTHERS && k < 1
}

function labelOf(probability: number, evidence: Evidence): AttributionLabel {
  if (isThin(evidence)) return 'undetermined'
  if (probability <= MAX_EXCUSE) return 'not_caused_by_pr'
  // A single verdict never suffices for blame.
  if (probability >= MIN_BLAME && evidence.m >= 2) return 'caused_by_pr'
  return 'undetermined'
}

type StepOf = (at: number) => number

function probabilityOf(flake: FlakeToJudge, selected: SelectedEvidence, about: Circumstances): number {
  const { own, others, related } = selected
  const { model, mergedAt } = about
  const all = [...own, ...others, ...[...related.values()].flat()]
  const from = Math.min(flake.flakedAt, ...all.map(timeOf))
  const stepOf: StepOf = (at) => Math.floor(at / STEP_MS) - Math.floor(from / STEP_MS)
  const lastStep = stepOf(flake.flakedAt + EVIDENCE_REACH.after)
  const prior = stateProbabilities(model.baseRate)
  const evidence = jobEvidence(others.map(otherVerdictAt(stepOf)), lastStep + 1)
  const emissions = emissionsOf(evidence, model.share, model.severity)
  const baseRate = { smoothed: forwardBackward(emissions, prior), prior }
  const ownEvidence = {
    verdicts: own.map(ownVerdictAt(stepOf)),
    flakeIndex: own.findIndex(({ flaky, headSha }) => flaky && headSha === flake.headSha),
    mergedStep: mergedAt === null || stepOf(mergedAt) >= lastStep ? null : stepOf(mergedAt),
  }
  const probability = faultPriorOf(related, about, baseRate, stepOf)
  return faultPosterior(ownEvidence, baseRate, { probability, severity: model.severity }).caused
}

/** Prior probability of a fault: one of its own, or one inherited from a related pull request (noisy OR). */
function faultPriorOf(
  related: SelectedEvidence['related'],
  { model, changed, related: relations }: Circumstances,
  baseRate: BaseRateEvidence,
  stepOf: StepOf,
): number {
  let noFault = 1 - priorOf(model.share, changed)
  for (const [number, verdicts] of related) {
    const inheritance = INHERITANCE[relations.get(number) ?? 'revert']
    const own = { verdicts: verdicts.map(ownVerdictAt(stepOf)), flakeIndex: -1, mergedStep: null }
    const prior = { probability: model.share, severity: model.severity }
    noFault *= 1 - inheritance * faultPosterior(own, baseRate, prior).fault
  }
  return 1 - noFault
}

function otherVerdictAt(stepOf: StepOf) {
  return (verdict: EvidenceVerdict): OtherVerdict => ({
    number: verdict.number,
    step: stepOf(timeOf(verdict)),
    flaky: verdict.flaky,
    excused: verdict.incident !== null || verdict.correction === 'not_mine',
  })
}

function ownVerdictAt(stepOf: StepOf) {
  return (verdict: EvidenceVerdict): OwnVerdict => ({
    step: stepOf(timeOf(verdict)),
    flaky: verdict.flaky,
    incident: verdict.correction === 'not_mine' ? CORRECTED_PROBABILITY : (verdict.incident?.rate ?? 0),
  })
}
