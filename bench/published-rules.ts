/**
 * The published rules beside ours, each as its source tells it and as far as verdicts allow. A rule answers with
 * P(caused by the pull request): 0 and 1 for those that only say yes or no, 0.5 where it says nothing.
 */

import {
  type AttributionLabel,
  attribute,
  type Circumstances,
  type EvidenceVerdict,
  probabilityCausedByPr,
} from '../src/domain/attribution/attribution.ts'
import { DAY_MS } from '../src/domain/time.ts'

/** What a rule may look at: one flake, the verdicts of its job around it, and what GitHub says of pull requests. */
export interface Case {
  flake: { number: number; headSha: string; flakedAt: number; firstFailedAt: number }
  /** Of the same job, oldest first, 28 days before to 7 days after. */
  verdicts: readonly EvidenceVerdict[]
  pullRequest: { heads: readonly { sha: string; pushedAt: number }[]; merged: boolean }
  circumstances: Circumstances
  /** Rates of the repository's jobs, k of n in the window, for the formula's moments. */
  jobs: readonly { k: number; n: number }[]
}

export interface Rule {
  name: string
  source: string
  /** Whether it looks at when heads were pushed and merged. */
  needsHeads?: true
  /** P(caused by the pull request), with the label where the rule has its own way to one. */
  judge(one: Case): { probability: number; label?: AttributionLabel }
}

const near = ({ flake, verdicts }: Case, before: number, after: number) =>
  verdicts.filter(
    (one) =>
      one.number !== flake.number &&
      one.judgedAt >= flake.flakedAt - before &&
      one.judgedAt < flake.flakedAt + after,
  )

/** The document itself: seen across pull requests, it exists already; seen on one only, that one caused it. */
function slaDocument(one: Case): number {
  return near(one, 7 * DAY_MS, 7 * DAY_MS).some((other) => other.flaky) ? 0 : 1
}

/** KubeVirt's ci-health counts failures at the heads that were merged; what merged was not at fault. */
function kubevirt({ flake, pullRequest }: Case): number {
  const last = pullRequest.heads[pullRequest.heads.length - 1]
  return pullRequest.merged && last?.sha === flake.headSha ? 0 : 0.5
}

/**
 * LUCI Analysis exonerates a test variant when, without the change under test and with one verdict a change, at least
 * 2 of 100 or more verdicts within a week are flaky and that is 1 % of them, or the 3 nearest on one side all failed.
 */
function luci(one: Case): number {
  const perChange = new Map<number, EvidenceVerdict>()
  const trunk: EvidenceVerdict[] = []
  for (const other of near(one, 7 * DAY_MS, 7 * DAY_MS)) {
    if (other.number === 0) trunk.push(other)
    else if (!perChange.get(other.number)?.flaky) perChange.set(other.number, other)
  }
  const seen = [...trunk, ...perChange.values()].sort((a, b) => a.judgedAt - b.judgedAt)
  const flaky = seen.filter((other) => other.flaky).length
  if (seen.length >= 100 && flaky >= 2 && flaky / seen.length >= 0.01) return 0
  const before = seen.filter((other) => other.judgedAt <= one.flake.flakedAt).slice(-3)
  const after = seen.filter((other) => other.judgedAt > one.flake.flakedAt).slice(0, 3)
  const allFailed = (some: EvidenceVerdict[]) => some.length === 3 && some.every((other) => other.flaky)
  return allFailed(before) || allFailed(after) ? 0 : 1
}

/** Dr.CI: one similar failure on another branch, from a day before the base to the head, is enough. */
function singleMatch(one: Case): number {
  const pushedAt = one.pullRequest.heads.find((head) => head.sha === one.flake.headSha)?.pushedAt ?? 0
  const since = one.flake.flakedAt - pushedAt + DAY_MS
  return near(one, since, 0).some((other) => other.flaky) ? 0 : 1
}

/** DEFINITIONS' formula with moments and three passes, as it was designed. */
function formula(one: Case): number {
  let others = near(one, 7 * DAY_MS, 7 * DAY_MS)
  if (others.length < 100) others = near(one, 28 * DAY_MS, 7 * DAY_MS)
  others = others.filter((other) => !one.circumstances.related.has(other.number))
  const own = one.verdicts.filter((other) => other.number === one.flake.number)
  const baseRate = moments(one.jobs)
  const pairs = new Map<number, { x: number; m: number; p: number }>()
  for (const other of others) {
    const pair = pairs.get(other.number) ?? { x: 0, m: 0, p: 0 }
    pairs.set(other.number, pair)
    pair.m++
    if (other.flaky) pair.x++
  }
  const countedOf = (pair: { x: number; p: number }, number: number) =>
    number === 0 ? pair.x : Math.min(3, pair.x) * (1 - pair.p)
  const n = others.length
  for (let pass = 0; pass < 3; pass++) {
    const k = [...pairs].reduce((sum, [number, pair]) => sum + countedOf(pair, number), 0)
    for (const [number, pair] of pairs) {
      if (pair.x === 0 || number === 0) continue
      const rest = { k: k - countedOf(pair, number), n: n - pair.m }
      pair.p = probabilityCausedByPr({ x: pair.x, m: pair.m, ...rest }, 0.005, baseRate)
    }
  }
  const k = [...pairs].reduce((sum, [number, pair]) => sum + countedOf(pair, number), 0)
  const x = own.filter((other) => other.flaky).length
  return probabilityCausedByPr({ x, m: own.length, k, n }, 0.005, baseRate)
}

function moments(jobs: readonly { k: number; n: number }[]) {
  const known = jobs.filter((job) => job.n >= 20)
  if (known.length < 5) return { a: 0.5, b: 49.5 }
  const rates = known.map((job) => job.k / job.n)
  const mean = Math.max(rates.reduce((a, b) => a + b, 0) / rates.length, 1e-4)
  const spread = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  const noise = known.reduce((sum, job) => sum + (mean * (1 - mean)) / job.n, 0) / known.length
  const strength = Math.max(2, spread > noise ? (mean * (1 - mean)) / (spread - noise) - 1 : 1000)
  return { a: mean * strength, b: (1 - mean) * strength }
}

export const RULES: readonly Rule[] = [
  {
    name: 'flake-sla',
    source: 'src/domain/attribution/attribution.ts',
    judge: ({ flake, verdicts, circumstances }) => attribute(flake, verdicts, circumstances),
  },
  {
    name: 'formula',
    source: 'docs/design.md, first design',
    judge: (one) => ({ probability: formula(one) }),
  },
  {
    name: 'SLA document',
    source: 'kubernetes/community flakiness-sla',
    judge: (one) => ({ probability: slaDocument(one) }),
  },
  {
    name: 'KubeVirt',
    source: 'kubevirt/ci-health',
    needsHeads: true,
    judge: (one) => ({ probability: kubevirt(one) }),
  },
  { name: 'LUCI', source: 'luci/luci-go analysis', judge: (one) => ({ probability: luci(one) }) },
  {
    name: 'single match',
    source: 'pytorch/test-infra Dr.CI',
    judge: (one) => ({ probability: singleMatch(one) }),
  },
  {
    name: 'Kubernetes query',
    source: 'kubernetes/test-infra metrics/configs/flakes-config.yaml',
    judge: () => ({ probability: 0 }),
  },
  { name: 'always the PR', source: 'blame without looking', judge: () => ({ probability: 1 }) },
]
