/** The evidence and the arithmetic behind an attribution, so that readers can check it by hand. */

import { lnBeta } from '@flake-sla/hunt/statistics'
import { probabilityCausedByPr } from '../../domain/attribution/counts-formula.ts'
import type { Evidence } from '../../domain/attribution/evidence.ts'
import { count, percent } from '../../texts/figures.ts'
import { type Html, html, pullRequestLink } from '../html.ts'

/** The stored evidence of a flake; its fields depend on the version that wrote it. */
export type StoredEvidence = Partial<Evidence> & {
  a?: number
  b?: number
  baseRate?: { a: number; b: number }
}

interface Counts {
  x: number
  m: number
  k: number
  n: number
  prior: number
  a: number
  b: number
}

const CHANGED: Record<string, string> = {
  docs: 'The pull request changes only documentation, which lowers the prior.',
  tests: 'The pull request changes only unrelated tests, which lowers the prior.',
  workflow: 'The pull request changes the job’s own workflow file, which raises the prior.',
  code: 'The pull request changes code.',
  unknown: 'The changed files are unknown.',
}

const RELATIONS: Record<string, string> = {
  base: 'is the pull request that this one is stacked on',
  top: 'is stacked on this pull request',
  reland: 'lands the same change',
  revert: 'reverts the same change',
  author: 'is by the same author',
}

/** The evidence in words, then the calculation; a note if the flake has not been evaluated yet. */
export function arithmetic(
  fullName: string,
  evidence: StoredEvidence | null,
  probability: number | null,
): Html {
  const counts = evidence && countsOf(evidence)
  if (!evidence || !counts || probability === null)
    return html`<p>Not evaluated yet. This flake is evaluated once the results around it are in.</p>`
  const seenOn = evidence.seen_on ?? []
  return html`<ul>
<li>This pull request: the job flaked at ${counts.x} of ${count(counts.m, 'commit')}.</li>
<li>Elsewhere, in the ${evidence.window_days ?? 14} days around it: the job flaked at ${figure(counts.k)} of ${count(counts.n, 'commit')}${seenOn.length > 0 ? html`, on ${seenOn.map((number, i) => html`${i > 0 ? ', ' : ''}${pullRequestLink(fullName, number)}`)}${(evidence.other_prs ?? 0) > seenOn.length ? ` and ${(evidence.other_prs ?? 0) - seenOn.length} more` : ''}` : ''}${evidence.trunk_n ? `; of these, ${evidence.trunk_k ?? 0} of ${evidence.trunk_n} on the default branch or in the merge queue` : ''}.</li>
${(evidence.related ?? []).map(({ number, how }) => html`<li>${pullRequestLink(fullName, number)} ${RELATIONS[how] ?? 'shares code with it'}, so its results do not count towards the job’s base rate.</li>\n`)}${evidence.merged ? html`<li>It was merged. If it had caused the flake, later runs of other pull requests would flake too; this is taken into account.</li>\n` : ''}<li>${CHANGED[evidence.changed ?? 'unknown'] ?? CHANGED.unknown} Prior: ${percent(counts.prior)}.</li>
</ul>
${sum(counts, probability)}`
}

function sum({ x, m, k, n, prior, a, b }: Counts, stored: number): Html {
  const ifCaused = lnBeta(x + 1, m - x + 1)
  const baseRate = lnBeta(x + a + k, m - x + b + n - k) - lnBeta(a + k, b + n - k)
  const before = Math.log(prior / (1 - prior))
  const total = before + ifCaused - baseRate
  const now = probabilityCausedByPr({ x, m, k, n }, prior, { a, b })
  const differs = Math.abs(now - stored) > 0.005
  const lines: [string, string, string][] = [
    [`  logit of the prior, ${round(prior, 4)}`, signed(before), ''],
    [`+ ln B(${x} + 1, ${m - x} + 1)`, signed(ifCaused), 'this pull request, any rate'],
    [
      `− ln B(${x} + ${round(a + k)}, ${m - x} + ${round(b + n - k)}) + ln B(${round(a + k)}, ${round(b + n - k)})`,
      signed(-baseRate),
      'the job’s base rate',
    ],
    ['= logit of the probability', signed(total), ''],
    ['  probability that the pull request caused it', percent(1 / (1 + Math.exp(-total))), ''],
  ]
  const width = Math.max(...lines.map(([words]) => words.length)) + 2
  const text = lines.map(([words, value, note]) =>
    `${words.padEnd(width)}${value.padStart(8)}  ${note}`.trimEnd(),
  )
  return html`<pre tabindex="0" role="region" aria-label="Calculation">${text.join('\n')}</pre>
${differs ? html`<p>The attribution says ${percent(stored)}. Beyond these counts it considers that the job’s flake rate changes over time, that other pull requests may have caused some of their flakes, and how often pull requests in this repository break jobs.</p>` : ''}
<p class="muted">Two explanations are compared, from the counts alone: the job flakes at the rate seen elsewhere (Beta(${round(a)} + k, ${round(b)} + n − k)), or this pull request makes it flake, at any rate (Beta(1, 1)). Below 50% the flake counts towards the SLA.</p>`
}

function countsOf(evidence: StoredEvidence): Counts | null {
  const { x, m, k, n, prior } = evidence
  if (x === undefined || m === undefined || k === undefined || n === undefined || prior === undefined)
    return null
  return {
    x,
    m,
    k,
    n,
    prior,
    a: evidence.a ?? evidence.baseRate?.a ?? 0.5,
    b: evidence.b ?? evidence.baseRate?.b ?? 49.5,
  }
}

function figure(value: number): string {
  return String(round(value))
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
}
