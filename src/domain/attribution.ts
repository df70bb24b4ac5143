/**
 * Was the pull request the cause of its flake? (DEFINITIONS section 4)
 *
 * Two stories are compared for the x flaky of m verdicts of one pull request: the job's habit, as seen on other pull
 * requests (Beta(a + k, b + n - k)), against a fault of the pull request's own (any rate: Beta(1, 1)).
 */
import { lnBeta } from './statistics.ts'

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
  changed: 'docs' | 'tests' | 'workflow' | 'code' | 'unknown'
  /** Days of the window that was used: 14, or 35 when that held too few verdicts. */
  window_days: number
}

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
}

export const BASE_PRIOR = 0.005
/** Beta(a, b) of a job's flake rate before anything is known of it: mean 1 %. */
export const DEFAULT_HABIT: Habit = { a: 0.5, b: 49.5 }
const DAY = 86_400_000
const AFTER = 7 * DAY
const BEFORE = 7 * DAY
const WIDE_BEFORE = 28 * DAY
const WIDEN_BELOW = 100
const MIN_OTHERS = 20
const MOST_PER_PULL_REQUEST = 3

/** How far from a flake's own time (ms) a verdict can lie and still be evidence for it. */
export const EVIDENCE_REACH = { before: WIDE_BEFORE, after: AFTER }

export interface Habit {
  a: number
  b: number
}

/**
 * P(the pull request caused it) from the counts:
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

/**
 * Attributes the flake of pull request `number` at `flakedAt` (epoch ms), given every verdict of the same job.
 * @param verdicts of the job, oldest first; those outside the window are passed over
 */
export function attribute(
  flake: { number: number; flakedAt: number },
  verdicts: readonly EvidenceVerdict[],
): Attribution {
  const own = countOwn(flake, verdicts)
  let others = countOthers(flake, verdicts, BEFORE)
  let windowDays = 14
  if (others.n < WIDEN_BELOW) {
    others = countOthers(flake, verdicts, WIDE_BEFORE)
    windowDays = 35
  }
  const prior = BASE_PRIOR
  const probability = probabilityCausedByPr({ ...own, k: others.k, n: others.n }, prior)
  const evidence: Evidence = { ...own, ...others, prior, changed: 'unknown', window_days: windowDays }
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

function countOwn(flake: { number: number; flakedAt: number }, verdicts: readonly EvidenceVerdict[]) {
  const own = verdicts.filter(
    (one) => one.number === flake.number && within(one.judgedAt, flake.flakedAt, WIDE_BEFORE),
  )
  return { x: own.filter((one) => one.flaky).length, m: own.length }
}

function countOthers(
  flake: { number: number; flakedAt: number },
  verdicts: readonly EvidenceVerdict[],
  before: number,
) {
  const flakyOf = new Map<number, number>()
  const counts = { k: 0, n: 0, other_prs: 0, seen_on: [] as number[], trunk_k: 0, trunk_n: 0 }
  for (const one of verdicts) {
    if (one.number === flake.number || !within(one.judgedAt, flake.flakedAt, before)) continue
    const seen = (flakyOf.get(one.number) ?? 0) + (one.flaky ? 1 : 0)
    if (one.flaky) flakyOf.set(one.number, seen)
    // One pathological pull request must not set the job's habit.
    if (one.flaky && one.number !== 0 && seen > MOST_PER_PULL_REQUEST) continue
    counts.n++
    if (one.number === 0) counts.trunk_n++
    if (!one.flaky) continue
    counts.k++
    if (one.number === 0) counts.trunk_k++
  }
  const pullRequests = [...flakyOf.keys()].filter((number) => number !== 0).sort((a, b) => b - a)
  counts.other_prs = pullRequests.length
  counts.seen_on = pullRequests.slice(0, 5)
  return counts
}

function within(at: number, flakedAt: number, before: number): boolean {
  return at >= flakedAt - before && at < flakedAt + AFTER
}
