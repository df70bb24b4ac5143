/**
 * Was the pull request the cause of its flake? (DEFINITIONS section 4)
 *
 * Two stories are compared for the x flaky of m verdicts of one pull request: the job's base rate, as seen on other pull
 * requests, against a fault of the pull request's own beside it.
 */

import { lnBeta } from '@flake-sla/hunt/statistics'
import { DAY_MS } from '../time.ts'
import { type BaseRate, courseOf, DEFAULT_BASE_RATE, STEP_MS, weightsOf } from './base-rate.ts'
import { type OwnVerdict, weigh } from './fault.ts'
import { factorsOf, gather, type OtherVerdict } from './likelihood.ts'
import { DEFAULT_MODEL, type RepositoryModel } from './repository-model.ts'

/** What the probability was computed from. */
export interface Evidence {
  /** This pull request: x flaky of m verdicts of the job. */
  x: number
  m: number
  /** Others in the window: k flaky of n verdicts, trunk included. */
  k: number
  n: number
  /** Distinct other pull requests among the k, and up to five of them to link to. */
  other_prs: number
  seen_on: number[]
  /** Of k and n, those on trunk or in a merge queue. */
  trunk_k: number
  trunk_n: number
  prior: number
  changed: Changed
  /** Up to five pull requests that share code with it, and whose verdicts are therefore left out. */
  related: { number: number; how: Relation }[]
  /** Whether it was merged, and its fault would show on others, within the window. */
  merged: boolean
  /** Days of the window: 28 before the flake and 7 after it. */
  window_days: number
}

/** What kind of files the pull request changes, seen from the job. */
export type Changed = 'docs' | 'tests' | 'workflow' | 'code' | 'unknown'

export type AttributionLabel = 'not_caused_by_pr' | 'caused_by_pr' | 'undetermined'

export interface Attribution {
  probability: number
  label: AttributionLabel
  counted: boolean
  evidence: Evidence
}

/** A verdict as evidence. `judgedAt` is epoch ms. */
export interface EvidenceVerdict {
  headSha: string
  /** Null is trunk. */
  number: number | null
  flaky: boolean
  judgedAt: number
  /** Epoch ms of the first failure of a flaky one. */
  failedAt: number | null
  /** The incident that its failure, or its pass, falls into. */
  incident: IncidentShare | null
  /** What a person said of a flaky one. */
  known?: 'mine' | 'not_mine'
}

/** An incident as far as evidence goes: which one, and what share of results failed in it. */
export interface IncidentShare {
  id: string
  rate: number
}

/**
 * How two pull requests share code: `base`, it is stacked on that one; `top`, that one is stacked on it; `reland`, both
 * land the same change; `revert`, one takes back the other; `author`, both are by one author, where that is no independent
 * evidence.
 */
export type Relation = 'base' | 'top' | 'reland' | 'revert' | 'author'

/** Chance that a fault of the related is one of the pull request too. */
const INHERITANCE: Record<Relation, number> = { base: 0.8, top: 0.4, reland: 0.5, revert: 0, author: 0 }

/** What is known of the repository around the flake. */
export interface Circumstances {
  model: RepositoryModel
  /** Pull requests that share code with this one. Their verdicts are no evidence of the job's base rate. */
  related: ReadonlyMap<number, Relation>
  changed: Changed
  /** Epoch ms; null while it is not merged. A fault that is merged hits the others from then on. */
  mergedAt: number | null
}

export const NO_CIRCUMSTANCES: Circumstances = {
  model: DEFAULT_MODEL,
  related: new Map(),
  changed: 'unknown',
  mergedAt: null,
}

/** Chance of failure by something else, when a person says that it was something else. */
const SURE = 0.99
const AFTER = 7 * DAY_MS
const BEFORE = 28 * DAY_MS
const MIN_OTHERS = 20
const MAX_PER_PULL_REQUEST = 3

/** How far from a flake's own time (ms) a verdict can lie and still be evidence for it. */
export const EVIDENCE_REACH = { before: BEFORE, after: AFTER }

/**
 * P(the pull request caused it) from the counts alone, where rates do not change:
 * logit P = logit prior + lnSeq(x, m, 1, 1) - lnSeq(x, m, a + k, b + n - k).
 */
export function probabilityCausedByPr(
  counts: { x: number; m: number; k: number; n: number },
  prior: number,
  baseRate: BaseRate = DEFAULT_BASE_RATE,
): number {
  const { x, m, k, n } = counts
  const logit =
    Math.log(prior / (1 - prior)) + lnSeq(x, m, 1, 1) - lnSeq(x, m, baseRate.a + k, baseRate.b + n - k)
  return 1 / (1 + Math.exp(-logit))
}

/** Log of the chance of one sequence with x of m flaky, when the rate is drawn from Beta(a, b). */
function lnSeq(x: number, m: number, a: number, b: number): number {
  return lnBeta(x + a, m - x + b) - lnBeta(a, b)
}

const FACTORS: Record<Changed, number> = { docs: 0.05, tests: 0.3, workflow: 5, code: 1, unknown: 1 }
const MAX_PRIOR = 0.2
/** However many faults a repository sees, documentation hardly ever brings one. */
const MAX_PRIOR_DOCS = 0.0005

/** Chance, before its verdicts are seen, that a pull request with such changes has a fault in the job. */
export function priorOf(share: number, changed: Changed): number {
  return Math.min(changed === 'docs' ? MAX_PRIOR_DOCS : MAX_PRIOR, share * FACTORS[changed])
}

export interface FlakeToJudge {
  number: number
  headSha: string
  /** Epoch ms. */
  flakedAt: number
}

/**
 * Attributes a flake, given the verdicts of the same job.
 * @param verdicts of the job, oldest first; those outside the window are passed over
 */
export function attribute(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  circumstances: Circumstances = NO_CIRCUMSTANCES,
): Attribution {
  const own = verdicts.filter(
    (one) => one.number === flake.number && within(one.judgedAt, flake.flakedAt, BEFORE),
  )
  const others = othersOf(flake, verdicts, circumstances)
  const prior = priorOf(circumstances.model.share, circumstances.changed)
  const probability = probabilityOf(
    flake,
    { own, others, related: relatedOf(flake, verdicts, circumstances) },
    circumstances,
  )
  const evidence: Evidence = {
    x: own.filter((one) => one.flaky).length,
    m: own.length,
    ...countsOf(others),
    prior,
    changed: circumstances.changed,
    related: [...circumstances.related].slice(0, 5).map(([number, how]) => ({ number, how })),
    merged: circumstances.mergedAt !== null && circumstances.mergedAt < flake.flakedAt + AFTER,
    window_days: (BEFORE + AFTER) / DAY_MS,
  }
  // Too few others to say anything: the flake counts until a person says otherwise.
  const counted = probability < 0.5 || isThin(evidence)
  return { probability, label: labelOf(probability, evidence), counted, evidence }
}

/** Wrong blame costs trust, so it takes more than an excuse: chosen for at most 3 % wrong on simulated truth. */
const BLAME = 0.93
const EXCUSE = 0.1

function isThin({ k, n }: Evidence): boolean {
  return n < MIN_OTHERS && k < 1
}

function labelOf(probability: number, evidence: Evidence): AttributionLabel {
  const { m } = evidence
  if (isThin(evidence)) return 'undetermined'
  if (probability <= EXCUSE) return 'not_caused_by_pr'
  if (probability >= BLAME && m >= 2) return 'caused_by_pr'
  return 'undetermined'
}

/** The independent evidence: others' verdicts in the window, of each pull request three flaky ones at most. */
function othersOf(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  { related }: Circumstances,
): EvidenceVerdict[] {
  const flakyOf = new Map<number, number>()
  const incidents = new Set<string>()
  return verdicts.filter((one) => {
    if (one.number === flake.number || isRelated(related, one)) return false
    if (!within(one.judgedAt, flake.flakedAt, BEFORE)) return false
    // A flake that somebody called their own tells nothing of the job.
    if (one.known === 'mine') return false
    if (one.flaky && one.incident) {
      // However many it hit, one incident is one observation.
      if (incidents.has(one.incident.id)) return false
      incidents.add(one.incident.id)
      return true
    }
    if (!one.flaky || one.number === null) return true
    // One pathological pull request must not set the job's base rate.
    const seen = (flakyOf.get(one.number) ?? 0) + 1
    flakyOf.set(one.number, seen)
    return seen <= MAX_PER_PULL_REQUEST
  })
}

function isRelated(related: Circumstances['related'], { number }: EvidenceVerdict): boolean {
  return number !== null && related.has(number)
}

function countsOf(others: readonly EvidenceVerdict[]) {
  const flaky = others.filter((one) => one.flaky)
  const numbers = [...new Set(flaky.flatMap((one) => one.number ?? []))]
  return {
    k: flaky.length,
    n: others.length,
    other_prs: numbers.length,
    seen_on: numbers.sort((a, b) => b - a).slice(0, 5),
    trunk_k: flaky.filter((one) => one.number === null).length,
    trunk_n: others.filter((one) => one.number === null).length,
  }
}

/** Verdicts of each pull request that shares code, in the window. */
function relatedOf(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  { related }: Circumstances,
): Map<number, EvidenceVerdict[]> {
  const found = new Map<number, EvidenceVerdict[]>()
  if (related.size === 0) return found
  for (const one of verdicts) {
    if (one.number === null || !related.has(one.number) || !within(one.judgedAt, flake.flakedAt, BEFORE))
      continue
    const list = found.get(one.number)
    if (list) list.push(one)
    else found.set(one.number, [one])
  }
  return found
}

interface Parts {
  own: readonly EvidenceVerdict[]
  others: readonly EvidenceVerdict[]
  related: ReadonlyMap<number, readonly EvidenceVerdict[]>
}

function probabilityOf(flake: FlakeToJudge, { own, others, related }: Parts, about: Circumstances): number {
  const { model, mergedAt } = about
  const all = [...own, ...others, ...[...related.values()].flat()]
  const from = Math.min(flake.flakedAt, ...all.map(timeOf))
  const stepOf = (at: number) => Math.floor(at / STEP_MS) - Math.floor(from / STEP_MS)
  const last = stepOf(flake.flakedAt + AFTER)
  const drawn = weightsOf(model.baseRate)
  const seen = gather(others.map(otherVerdictAt(stepOf)), last + 1)
  const backdrop = { course: courseOf(factorsOf(seen, model.share, model.severity), drawn), drawn }
  const { severity } = model
  let clean = 1 - priorOf(model.share, about.changed)
  for (const [number, list] of related) {
    const verdicts = list.map(ownVerdictAt(stepOf))
    const kinship = INHERITANCE[about.related.get(number) ?? 'revert']
    const { fault } = weigh({ verdicts, asked: -1, merged: null }, backdrop, { prior: model.share, severity })
    clean *= 1 - kinship * fault
  }
  const suspect = {
    verdicts: own.map(ownVerdictAt(stepOf)),
    asked: own.findIndex((one) => one.flaky && one.headSha === flake.headSha),
    merged: mergedAt === null || stepOf(mergedAt) >= last ? null : stepOf(mergedAt),
  }
  return weigh(suspect, backdrop, { prior: 1 - clean, severity }).caused
}

function otherVerdictAt(stepOf: (at: number) => number) {
  return (one: EvidenceVerdict): OtherVerdict => ({
    number: one.number,
    step: stepOf(timeOf(one)),
    flaky: one.flaky,
    excused: one.incident !== null || one.known === 'not_mine',
  })
}

function ownVerdictAt(stepOf: (at: number) => number) {
  return (one: EvidenceVerdict): OwnVerdict => ({
    step: stepOf(timeOf(one)),
    flaky: one.flaky,
    incident: one.known === 'not_mine' ? SURE : (one.incident?.rate ?? 0),
  })
}

/** When a verdict says something about the job: at the failure, or at the pass. */
function timeOf(one: EvidenceVerdict): number {
  return one.failedAt === null ? one.judgedAt : Math.min(one.failedAt, one.judgedAt)
}

function within(at: number, flakedAt: number, before: number): boolean {
  return at >= flakedAt - before && at < flakedAt + AFTER
}
