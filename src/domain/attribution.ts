/**
 * Was the pull request the cause of its flake? (DEFINITIONS section 4)
 *
 * Two stories are compared for the x flaky of m verdicts of one pull request: the job's habit, as seen on other pull
 * requests, against a fault of the pull request's own beside it.
 */
import { type OwnVerdict, weigh } from './fault.ts'
import { courseOf, DEFAULT_HABIT, type Habit, STEP_MS, weightsOf } from './habit.ts'
import { factorsOf, gather } from './sighting.ts'
import { lnBeta } from './statistics.ts'
import { DEFAULT_WORLD, type World } from './world.ts'

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
  /** Days of the window that was used: 14, or 35 when that held too few verdicts. */
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

/** A verdict as evidence: `number` 0 is trunk. `judgedAt` is epoch ms. */
export interface EvidenceVerdict {
  headSha: string
  number: number
  flaky: boolean
  judgedAt: number
  /** Epoch ms of the first failure of a flaky one. */
  failedAt: number | null
  /** The incident that its failure, or its pass, falls into. */
  incident: IncidentShare | null
}

/** An incident as far as evidence goes: which one, and what share of results failed in it. */
export interface IncidentShare {
  id: string
  rate: number
}

/** What is known of the repository around the flake. */
export interface Circumstances {
  world: World
  /** Pull requests that share code with this one: its stack, reverts and relands. Their verdicts are no evidence. */
  related: ReadonlySet<number>
  changed: Changed
  /** Epoch ms; null while it is not merged. A fault that is merged hits the others from then on. */
  mergedAt: number | null
}

export const NO_CIRCUMSTANCES: Circumstances = {
  world: DEFAULT_WORLD,
  related: new Set(),
  changed: 'unknown',
  mergedAt: null,
}

export const BASE_PRIOR = 0.005
const DAY = 86_400_000
const AFTER = 7 * DAY
const BEFORE = 7 * DAY
const WIDE_BEFORE = 28 * DAY
const WIDEN_BELOW = 100
const MIN_OTHERS = 20
const MOST_PER_PULL_REQUEST = 3

/** How far from a flake's own time (ms) a verdict can lie and still be evidence for it. */
export const EVIDENCE_REACH = { before: WIDE_BEFORE, after: AFTER }

/**
 * P(the pull request caused it) from the counts alone, where rates do not change:
 * logit P = logit prior + lnSeq(x, m, 1, 1) - lnSeq(x, m, a + k, b + n - k).
 */
export function probabilityCausedByPr(
  counts: { x: number; m: number; k: number; n: number },
  prior: number,
  habit: Habit = DEFAULT_HABIT,
): number {
  const { x, m, k, n } = counts
  const logit = Math.log(prior / (1 - prior)) + lnSeq(x, m, 1, 1) - lnSeq(x, m, habit.a + k, habit.b + n - k)
  return 1 / (1 + Math.exp(-logit))
}

/** Log of the chance of one sequence with x of m flaky, when the rate is drawn from Beta(a, b). */
function lnSeq(x: number, m: number, a: number, b: number): number {
  return lnBeta(x + a, m - x + b) - lnBeta(a, b)
}

const FACTORS: Record<Changed, number> = { docs: 0.05, tests: 0.3, workflow: 5, code: 1, unknown: 1 }
const MOST_PRIOR = 0.2

/** Chance, before its verdicts are seen, that a pull request with such changes has a fault in the job. */
export function priorOf(share: number, changed: Changed): number {
  return Math.min(MOST_PRIOR, share * FACTORS[changed])
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
    (one) => one.number === flake.number && within(one.judgedAt, flake.flakedAt, WIDE_BEFORE),
  )
  let others = othersOf(flake, verdicts, circumstances, BEFORE)
  let windowDays = 14
  if (others.length < WIDEN_BELOW) {
    others = othersOf(flake, verdicts, circumstances, WIDE_BEFORE)
    windowDays = 35
  }
  const prior = priorOf(circumstances.world.share, circumstances.changed)
  const probability = probabilityOf(flake, own, others, circumstances, prior)
  const evidence: Evidence = {
    x: own.filter((one) => one.flaky).length,
    m: own.length,
    ...countsOf(others),
    prior,
    changed: circumstances.changed,
    window_days: windowDays,
  }
  // Too few others to say anything: the flake counts until a person says otherwise.
  const counted = probability < 0.5 || isThin(evidence)
  return { probability, label: labelOf(probability, evidence), counted, evidence }
}

function isThin({ k, n }: Evidence): boolean {
  return n < MIN_OTHERS && k < 1
}

function labelOf(probability: number, evidence: Evidence): AttributionLabel {
  const { m } = evidence
  if (isThin(evidence)) return 'undetermined'
  if (probability <= 0.1) return 'not_caused_by_pr'
  if (probability >= 0.9 && m >= 2) return 'caused_by_pr'
  return 'undetermined'
}

/** The independent evidence: others' verdicts in the window, of each pull request three flaky ones at most. */
function othersOf(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  { related }: Circumstances,
  before: number,
): EvidenceVerdict[] {
  const flakyOf = new Map<number, number>()
  const incidents = new Set<string>()
  return verdicts.filter((one) => {
    if (one.number === flake.number || related.has(one.number)) return false
    if (!within(one.judgedAt, flake.flakedAt, before)) return false
    if (one.flaky && one.incident) {
      // However many it hit, one incident is one observation.
      if (incidents.has(one.incident.id)) return false
      incidents.add(one.incident.id)
      return true
    }
    if (!one.flaky || one.number === 0) return true
    // One pathological pull request must not set the job's habit.
    const seen = (flakyOf.get(one.number) ?? 0) + 1
    flakyOf.set(one.number, seen)
    return seen <= MOST_PER_PULL_REQUEST
  })
}

function countsOf(others: readonly EvidenceVerdict[]) {
  const flaky = others.filter((one) => one.flaky)
  const numbers = [...new Set(flaky.map((one) => one.number))].filter((number) => number !== 0)
  return {
    k: flaky.length,
    n: others.length,
    other_prs: numbers.length,
    seen_on: numbers.sort((a, b) => b - a).slice(0, 5),
    trunk_k: flaky.filter((one) => one.number === 0).length,
    trunk_n: others.filter((one) => one.number === 0).length,
  }
}

function probabilityOf(
  flake: FlakeToJudge,
  own: readonly EvidenceVerdict[],
  others: readonly EvidenceVerdict[],
  { world, mergedAt }: Circumstances,
  prior: number,
): number {
  const drawn = weightsOf(world.habit)
  const from = Math.min(flake.flakedAt, ...own.map(timeOf), ...others.map(timeOf))
  const stepOf = (at: number) => Math.floor(at / STEP_MS) - Math.floor(from / STEP_MS)
  const sightings = others.map((one) => ({
    number: one.number,
    step: stepOf(timeOf(one)),
    flaky: one.flaky,
    excused: one.incident !== null,
  }))
  const last = stepOf(flake.flakedAt + AFTER)
  const seen = gather(sightings, last + 1)
  const course = courseOf(factorsOf(seen, world.share, world.severity), drawn)
  const verdicts: OwnVerdict[] = own.map((one) => ({
    step: stepOf(timeOf(one)),
    flaky: one.flaky,
    incident: one.incident?.rate ?? 0,
  }))
  const asked = own.findIndex((one) => one.flaky && one.headSha === flake.headSha)
  const merged = mergedAt === null || stepOf(mergedAt) >= last ? null : stepOf(mergedAt)
  return weigh({ verdicts, asked, merged }, { course, drawn }, { prior, severity: world.severity }).caused
}

/** When a verdict says something about the job: at the failure, or at the pass. */
function timeOf(one: EvidenceVerdict): number {
  return one.failedAt === null ? one.judgedAt : Math.min(one.failedAt, one.judgedAt)
}

function within(at: number, flakedAt: number, before: number): boolean {
  return at >= flakedAt - before && at < flakedAt + AFTER
}
