/**
 * The published rules and ours. Each follows its source as far as verdicts allow. A rule returns P(caused by the pull request):
 * 0 or 1 for rules that only say yes or no, 0.5 when it says nothing.
 */

import {
  type AttributionLabel,
  attribute,
  type Circumstances,
} from '../src/domain/attribution/attribution.ts'
import { probabilityCausedByPr } from '../src/domain/attribution/counts-formula.ts'
import type { EvidenceVerdict } from '../src/domain/attribution/evidence.ts'
import { DAY_MS } from '../src/domain/time.ts'

/** The evidence for one flake: the verdicts of its job around it, and GitHub's data about pull requests. */
export interface Case {
  flake: { number: number; headSha: string; flakedAt: number; firstFailedAt: number }
  /** Verdicts of the same job, oldest first, from 28 days before to 7 days after. */
  verdicts: readonly EvidenceVerdict[]
  pullRequest: { heads: readonly { sha: string; pushedAt: number }[]; merged: boolean }
  circumstances: Circumstances
  /** Flake counts (k of n) of the repository's jobs in the window, for the formula's moments. */
  jobs: readonly { k: number; n: number }[]
}

export interface Rule {
  name: string
  source: string
  /** Whether it uses the times at which heads were pushed and merged. */
  needsHeads?: true
  /** P(caused by the pull request), with a label if the rule derives one itself. */
  judge(flakeCase: Case): { probability: number; label?: AttributionLabel }
}

const near = ({ flake, verdicts }: Case, before: number, after: number) =>
  verdicts.filter(
    (verdict) =>
      verdict.number !== flake.number &&
      verdict.judgedAt >= flake.flakedAt - before &&
      verdict.judgedAt < flake.flakedAt + after,
  )

/** The SLA document: a flake on several pull requests existed before; a flake on one only was caused by it. */
function slaDocument(flakeCase: Case): number {
  return near(flakeCase, 7 * DAY_MS, 7 * DAY_MS).some((verdict) => verdict.flaky) ? 0 : 1
}

/** KubeVirt's ci-health counts failures at merged heads, which are taken to be not at fault. */
function kubevirt({ flake, pullRequest }: Case): number {
  const last = pullRequest.heads[pullRequest.heads.length - 1]
  return pullRequest.merged && last?.sha === flake.headSha ? 0 : 0.5
}

/**
 * LUCI Analysis exonerates a test variant when, without the change under test and with one verdict a change, at least
 * 2 of 100 or more verdicts within a week are flaky and that is 1 % of them, or the 3 nearest on one side all failed.
 */
function luci(flakeCase: Case): number {
  const perChange = new Map<number, EvidenceVerdict>()
  const trunk: EvidenceVerdict[] = []
  for (const verdict of near(flakeCase, 7 * DAY_MS, 7 * DAY_MS)) {
    if (verdict.number === null) trunk.push(verdict)
    else if (!perChange.get(verdict.number)?.flaky) perChange.set(verdict.number, verdict)
  }
  const verdicts = [...trunk, ...perChange.values()].sort((a, b) => a.judgedAt - b.judgedAt)
  const flaky = verdicts.filter((verdict) => verdict.flaky).length
  if (verdicts.length >= 100 && flaky >= 2 && flaky / verdicts.length >= 0.01) return 0
  const before = verdicts.filter((verdict) => verdict.judgedAt <= flakeCase.flake.flakedAt).slice(-3)
  const after = verdicts.filter((verdict) => verdict.judgedAt > flakeCase.flake.flakedAt).slice(0, 3)
  const allFailed = (some: EvidenceVerdict[]) => some.length === 3 && some.every((verdict) => verdict.flaky)
  return allFailed(before) || allFailed(after) ? 0 : 1
}

/** Dr.CI: one similar failure on another branch, from a day before the base to the head, is enough. */
function singleMatch(flakeCase: Case): number {
  const pushedAt =
    flakeCase.pullRequest.heads.find((head) => head.sha === flakeCase.flake.headSha)?.pushedAt ?? 0
  const since = flakeCase.flake.flakedAt - pushedAt + DAY_MS
  return near(flakeCase, since, 0).some((verdict) => verdict.flaky) ? 0 : 1
}

/** The empirical Bayes formula with method of moments and three passes, the first design of our rule. */
function formula(flakeCase: Case): number {
  let others = near(flakeCase, 7 * DAY_MS, 7 * DAY_MS)
  if (others.length < 100) others = near(flakeCase, 28 * DAY_MS, 7 * DAY_MS)
  others = others.filter(({ number }) => number === null || !flakeCase.circumstances.related.has(number))
  const own = flakeCase.verdicts.filter((verdict) => verdict.number === flakeCase.flake.number)
  const baseRate = moments(flakeCase.jobs)
  const pairs = new Map<number | null, { x: number; m: number; p: number }>()
  for (const verdict of others) {
    const pair = pairs.get(verdict.number) ?? { x: 0, m: 0, p: 0 }
    pairs.set(verdict.number, pair)
    pair.m++
    if (verdict.flaky) pair.x++
  }
  const countedOf = (pair: { x: number; p: number }, number: number | null) =>
    number === null ? pair.x : Math.min(3, pair.x) * (1 - pair.p)
  const n = others.length
  for (let pass = 0; pass < 3; pass++) {
    const k = [...pairs].reduce((sum, [number, pair]) => sum + countedOf(pair, number), 0)
    for (const [number, pair] of pairs) {
      if (pair.x === 0 || number === null) continue
      const rest = { k: k - countedOf(pair, number), n: n - pair.m }
      pair.p = probabilityCausedByPr({ x: pair.x, m: pair.m, ...rest }, 0.005, baseRate)
    }
  }
  const k = [...pairs].reduce((sum, [number, pair]) => sum + countedOf(pair, number), 0)
  const x = own.filter((verdict) => verdict.flaky).length
  return probabilityCausedByPr({ x, m: own.length, k, n }, 0.005, baseRate)
}

function moments(jobs: readonly { k: number; n: number }[]) {
  const sampled = jobs.filter((job) => job.n >= 20)
  if (sampled.length < 5) return { a: 0.5, b: 49.5 }
  const rates = sampled.map((job) => job.k / job.n)
  const mean = Math.max(rates.reduce((a, b) => a + b, 0) / rates.length, 1e-4)
  const spread = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  const noise = sampled.reduce((sum, job) => sum + (mean * (1 - mean)) / job.n, 0) / sampled.length
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
    source: 'docs/how-figures-are-computed.md, version 1',
    judge: (flakeCase) => ({ probability: formula(flakeCase) }),
  },
  {
    name: 'SLA document',
    source: 'kubernetes/community flakiness-sla',
    judge: (flakeCase) => ({ probability: slaDocument(flakeCase) }),
  },
  {
    name: 'KubeVirt',
    source: 'kubevirt/ci-health',
    needsHeads: true,
    judge: (flakeCase) => ({ probability: kubevirt(flakeCase) }),
  },
  { name: 'LUCI', source: 'luci/luci-go analysis', judge: (flakeCase) => ({ probability: luci(flakeCase) }) },
  {
    name: 'single match',
    source: 'pytorch/test-infra Dr.CI',
    judge: (flakeCase) => ({ probability: singleMatch(flakeCase) }),
  },
  {
    name: 'Kubernetes query',
    source: 'kubernetes/test-infra metrics/configs/flakes-config.yaml',
    judge: () => ({ probability: 0 }),
  },
  { name: 'always the PR', source: 'blame without looking', judge: () => ({ probability: 1 }) },
]
