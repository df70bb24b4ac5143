/** The arithmetic behind a verdict, step by step, so that anybody can check it by hand. */

import { lnBeta } from '@flake-sla/hunt/statistics'
import { probabilityCausedByPr } from '../../domain/attribution/counts-formula.ts'
import type { Evidence } from '../../domain/attribution/evidence.ts'
import { count, percent } from '../../texts/figures.ts'
import { type Html, html, pullRequestLink } from '../html.ts'

/** What may be stored as a flake's evidence: whatever its version wrote. */
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
  docs: 'The pull request changes only documentation, which makes its fault less likely beforehand.',
  tests: 'The pull request changes only tests of elsewhere, which makes its fault less likely beforehand.',
  workflow:
    'The pull request touches the job’s own workflow file, which makes its fault more likely beforehand.',
  code: 'The pull request changes code.',
  unknown: 'What the pull request changes was not looked at.',
}

const RELATIONS: Record<string, string> = {
  base: 'is what it is stacked on',
  top: 'is stacked on it',
  reland: 'lands the same change',
  revert: 'takes the same change back',
  author: 'is by the same author',
}

/** Why we think so, in words; then the sum. Empty where nothing was stored. */
export function arithmetic(
  fullName: string,
  evidence: StoredEvidence | null,
  probability: number | null,
): Html {
  const counts = evidence && countsOf(evidence)
  if (!evidence || !counts || probability === null)
    return html`<p>No evidence was stored for this flake yet; it is judged once the facts around it are in.</p>`
  const seen = evidence.seen_on ?? []
  return html`<ul>
<li>This pull request: the job flaked at ${counts.x} of its ${count(counts.m, 'judged commit')}.</li>
<li>Others, in ${evidence.window_days ?? 14} days around it: ${figure(counts.k)} of ${count(counts.n, 'judged commit')} flaked${seen.length > 0 ? html`, on ${seen.map((number, i) => html`${i > 0 ? ', ' : ''}${pullRequestLink(fullName, number)}`)}${(evidence.other_prs ?? 0) > seen.length ? ` and ${(evidence.other_prs ?? 0) - seen.length} more` : ''}` : ''}${evidence.trunk_n ? `; of these ${evidence.trunk_k ?? 0} of ${evidence.trunk_n} on the default branch or in the merge queue` : ''}.</li>
${(evidence.related ?? []).map((one) => html`<li>${pullRequestLink(fullName, one.number)} ${RELATIONS[one.how] ?? 'shares code with it'}: its results are no evidence of the job’s base rate.</li>\n`)}${evidence.merged ? html`<li>It was merged. A fault of its own would have hit everybody’s runs from then on, which is weighed too.</li>\n` : ''}<li>${CHANGED[evidence.changed ?? 'unknown'] ?? CHANGED.unknown} Chance beforehand: ${percent(counts.prior)}.</li>
</ul>
${sum(counts, probability)}`
}

function sum({ x, m, k, n, prior, a, b }: Counts, stored: number): Html {
  const own = lnBeta(x + 1, m - x + 1)
  const baseRate = lnBeta(x + a + k, m - x + b + n - k) - lnBeta(a + k, b + n - k)
  const before = Math.log(prior / (1 - prior))
  const total = before + own - baseRate
  const now = probabilityCausedByPr({ x, m, k, n }, prior, { a, b })
  const differs = Math.abs(now - stored) > 0.005
  const lines: [string, string, string][] = [
    [`  logit of the chance beforehand, ${round(prior, 4)}`, signed(before), ''],
    [`+ ln B(${x} + 1, ${m - x} + 1)`, signed(own), 'a fault of its own, at any rate'],
    [
      `− ln B(${x} + ${round(a + k)}, ${m - x} + ${round(b + n - k)}) + ln B(${round(a + k)}, ${round(b + n - k)})`,
      signed(-baseRate),
      'the job’s base rate',
    ],
    ['= logit of the chance', signed(total), ''],
    ['  chance that the pull request caused it', percent(1 / (1 + Math.exp(-total))), ''],
  ]
  const width = Math.max(...lines.map(([words]) => words.length)) + 2
  const text = lines.map(([words, value, note]) =>
    `${words.padEnd(width)}${value.padStart(8)}  ${note}`.trimEnd(),
  )
  return html`<pre tabindex="0" role="region" aria-label="The arithmetic">${text.join('\n')}</pre>
${differs ? html`<p>The verdict says ${percent(stored)}: beyond these counts it weighs that the job’s rate changes with time, that some of the others’ flakes may have been their own fault, and how severe this repository’s faults usually are.</p>` : ''}
<p class="muted">Two stories are compared, from the counts alone: the job flakes by baseRate, at the rate seen on others (Beta(${round(a)} + k, ${round(b)} + n − k)); or this pull request broke it, at any rate (Beta(1, 1)). Below 50% the flake counts towards the SLA.</p>`
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
