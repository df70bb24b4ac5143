/** Whose flake it is: the probability that the pull request caused it, and the label. */
import { describe, expect, test } from 'vitest'
import {
  attribute,
  type Circumstances,
  NO_CIRCUMSTANCES,
  priorOf,
} from '../../../src/domain/attribution/attribution.ts'
import { probabilityCausedByPr } from '../../../src/domain/attribution/counts-formula.ts'
import type { EvidenceVerdict } from '../../../src/domain/attribution/evidence.ts'
import { DAY_MS, HOUR_MS } from '../../../src/domain/time.ts'

/** Reference values for n = 200, prior .005, a = .5, b = 49.5. */
describe('probabilityCausedByPr', () => {
  const ks = [0, 1, 2, 3, 5, 10, 20]
  test.each([
    [1, 1, [0.557, 0.295, 0.201, 0.152, 0.103, 0.056, 0.03]],
    [1, 3, [0.175, 0.066, 0.041, 0.03, 0.02, 0.011, 0.006]],
    [2, 2, [0.993, 0.966, 0.923, 0.87, 0.746, 0.465, 0.193]],
    [2, 4, [0.935, 0.742, 0.555, 0.411, 0.238, 0.088, 0.028]],
    [3, 3, [1.0, 0.999, 0.998, 0.996, 0.987, 0.929, 0.667]],
  ])('%i of %i flaky gives the reference values', (x, m, wanted) => {
    ks.forEach((k, i) => {
      expect(probabilityCausedByPr({ x, m, k, n: 200 }, 0.005)).toBeCloseTo(wanted[i] as number, 3)
    })
  })

  test('with few other verdicts little is certain', () => {
    expect(probabilityCausedByPr({ x: 1, m: 1, k: 0, n: 20 }, 0.005)).toBeCloseTo(0.26, 3)
    expect(probabilityCausedByPr({ x: 1, m: 1, k: 1, n: 20 }, 0.005)).toBeCloseTo(0.105, 3)
  })

  test('documentation alone hardly ever causes a flake', () => {
    const prior = priorOf(0.005, 'docs')
    expect(probabilityCausedByPr({ x: 1, m: 1, k: 0, n: 200 }, prior)).toBeCloseTo(0.059, 3)
  })
})

describe('priorOf', () => {
  test.each([
    ['docs', 0.00025],
    ['tests', 0.0015],
    ['workflow', 0.025],
    ['code', 0.005],
    ['unknown', 0.005],
  ] as const)('%s changes give %f of 0.005', (changed, prior) => {
    expect(priorOf(0.005, changed)).toBeCloseTo(prior, 6)
  })

  test('is never above one in five', () => {
    expect(priorOf(0.08, 'workflow')).toBe(0.2)
  })
})

const NOON = Date.UTC(2026, 1, 10, 12)

type PullRequestVerdict = EvidenceVerdict & { number: number }

function verdict(number: number, at: number, flaky = false): PullRequestVerdict {
  return {
    headSha: `${number}@${at}`,
    number,
    flaky,
    judgedAt: at,
    failedAt: flaky ? at - HOUR_MS : null,
    incident: null,
  }
}

/** A clean verdict of another pull request every two hours, three weeks long. */
const QUIET = Array.from({ length: 250 }, (_, i) => verdict(1000 + i, NOON + (i - 170) * 2 * HOUR_MS))
const sorted = (verdicts: EvidenceVerdict[]) => [...verdicts].sort((a, b) => a.judgedAt - b.judgedAt)
const flakeOf = ({ number, headSha, judgedAt }: PullRequestVerdict) => ({
  number,
  headSha,
  flakedAt: judgedAt,
})

describe('attribute', () => {
  test('blames a pull request that flakes three times where no other flakes', () => {
    const own = [0, 1, 2].map((day) => verdict(7, NOON + day * DAY_MS, true))
    const attribution = attribute(flakeOf(own[1] as PullRequestVerdict), sorted([...QUIET, ...own]))
    expect(attribution).toMatchObject({ label: 'caused_by_pr', counted: false })
    expect(attribution.probability).toBeGreaterThan(0.98)
    expect(attribution.evidence).toMatchObject({ x: 3, m: 3, k: 0 })
  })

  test('excuses a pull request that flakes once where many others do', () => {
    const others = [1, 2, 3, 4, 5, 6].map((i) => verdict(i, NOON - i * 20 * HOUR_MS, true))
    const own = verdict(7, NOON, true)
    const attribution = attribute(flakeOf(own), sorted([...QUIET, ...others, own]))
    expect(attribution).toMatchObject({ label: 'not_caused_by_pr', counted: true })
    expect(attribution.evidence).toMatchObject({ k: 6, other_prs: 6, seen_on: [6, 5, 4, 3, 2] })
  })

  test('excuses documentation that flakes alone, and only doubts code that does', () => {
    const own = verdict(7, NOON, true)
    const docs = attribute(flakeOf(own), sorted([...QUIET, own]), { ...NO_CIRCUMSTANCES, changed: 'docs' })
    const code = attribute(flakeOf(own), sorted([...QUIET, own]), { ...NO_CIRCUMSTANCES, changed: 'code' })
    expect(docs).toMatchObject({ label: 'not_caused_by_pr' })
    expect(code).toMatchObject({ label: 'undetermined' })
  })

  test('does not let one broken pull request excuse another', () => {
    const broken = [0, 1, 2, 3, 4].map((i) => verdict(5, NOON - i * 5 * HOUR_MS, true))
    const own = [0, 1].map((i) => verdict(7, NOON + i * DAY_MS, true))
    const attribution = attribute(
      flakeOf(own[0] as PullRequestVerdict),
      sorted([...QUIET, ...broken, ...own]),
      {
        ...NO_CIRCUMSTANCES,
        model: { ...NO_CIRCUMSTANCES.model, share: 0.02 },
      },
    )
    expect(attribution.label).toBe('caused_by_pr')
    expect(attribution.evidence.k).toBe(3)
  })

  test('blames the pull request that merged its fault, and not those hit by it', () => {
    const before = [verdict(7, NOON - DAY_MS, true), verdict(7, NOON - 20 * HOUR_MS), verdict(7, NOON, true)]
    const hit = Array.from({ length: 12 }, (_, i) =>
      verdict(20 + i, NOON + (10 + 5 * i) * HOUR_MS, i % 2 === 0),
    )
    const mergedAt = NOON + 3 * HOUR_MS
    const quiet = QUIET.filter(({ judgedAt }) => judgedAt < mergedAt)
    const all = sorted([...quiet, ...before, ...hit])
    const culprit = attribute(flakeOf(before[0] as PullRequestVerdict), all, {
      ...NO_CIRCUMSTANCES,
      mergedAt,
    })
    const victim = attribute(flakeOf(hit[6] as PullRequestVerdict), all)
    expect(culprit.probability).toBeGreaterThan(0.9)
    expect(victim.label).toBe('not_caused_by_pr')
    const unmerged = attribute(flakeOf(before[0] as PullRequestVerdict), all)
    expect(unmerged.probability).toBeLessThan(culprit.probability)
  })

  test('takes no evidence from its own stack', () => {
    const stack = [1, 2, 3, 4].map((i) => verdict(i, NOON - i * 9 * HOUR_MS, true))
    const own = [0, 1].map((i) => verdict(7, NOON + i * DAY_MS, true))
    const related = new Map([1, 2, 3, 4].map((number) => [number, 'top'] as const))
    const flake = flakeOf(own[0] as PullRequestVerdict)
    const attribution = attribute(flake, sorted([...QUIET, ...stack, ...own]), {
      ...NO_CIRCUMSTANCES,
      related,
    })
    expect(attribution).toMatchObject({ label: 'caused_by_pr', evidence: { k: 0 } })
  })

  test('counts a flake without evidence, as undetermined', () => {
    const own = [verdict(7, NOON, true), verdict(7, NOON + DAY_MS, true)]
    const attribution = attribute(flakeOf(own[0] as PullRequestVerdict), own)
    expect(attribution).toMatchObject({ label: 'undetermined', counted: true, evidence: { n: 0 } })
  })

  test('an outage is one observation, and no affected pull request is blamed', () => {
    const incident = { id: 'all@0', rate: 0.8 }
    const hit = Array.from({ length: 20 }, (_, i) => ({
      ...verdict(30 + i, NOON + i * 60_000, true),
      incident,
    }))
    const all = sorted([...QUIET, ...hit])
    for (const one of hit) {
      const attribution = attribute(flakeOf(one), all)
      expect(attribution.label).toBe('not_caused_by_pr')
      expect(attribution.evidence.k).toBe(1)
    }
  })
})

/** Own verdicts of pull request 7 among calm verdicts of others. Returns the attribution of the verdict at `index`. */
function attributed(
  own: PullRequestVerdict[],
  circumstances: Partial<Circumstances> = {},
  others: EvidenceVerdict[] = QUIET,
  index = 0,
) {
  const flake = flakeOf(own[index] as PullRequestVerdict)
  return attribute(flake, sorted([...others, ...own]), { ...NO_CIRCUMSTANCES, ...circumstances })
}

describe('the evidence that is stored with a flake', () => {
  test('counts the flaky verdicts among those of its pull request', () => {
    const own = [verdict(7, NOON, true), verdict(7, NOON + HOUR_MS)]
    expect(attributed(own).evidence).toMatchObject({ x: 1, m: 2, window_days: 35, merged: false })
  })

  test.each([
    ['within seven days of the flake', NOON + 7 * DAY_MS - 1, true],
    ['seven days after the flake', NOON + 7 * DAY_MS, false],
    ['long before the flake', NOON - 30 * DAY_MS, true],
    ['never', null, false],
  ])('says whether it was merged %s', (_when, mergedAt, merged) => {
    expect(attributed([verdict(7, NOON, true)], { mergedAt }).evidence.merged).toBe(merged)
  })

  test('names the first five related pull requests, and the prior of the change', () => {
    const related = new Map([1, 2, 3, 4, 5, 6].map((number) => [number, 'top'] as const))
    const { evidence } = attributed([verdict(7, NOON, true)], { related, changed: 'docs' })
    expect(evidence.related).toEqual([1, 2, 3, 4, 5].map((number) => ({ number, how: 'top' })))
    expect(evidence.prior).toBe(priorOf(NO_CIRCUMSTANCES.model.share, 'docs'))
  })
})

test.each([
  ['docs', 0.0005],
  ['tests', 0.15],
  ['code', 0.2],
  ['workflow', 0.2],
] as const)('the prior of a change of %s is at most %d', (changed, prior) => {
  expect(priorOf(0.5, changed)).toBe(prior)
})

describe('the label', () => {
  const docs = { changed: 'docs' } as const
  const clean = (count: number) =>
    Array.from({ length: count }, (_, i) => verdict(1000 + i, NOON - i * HOUR_MS))
  const model = { ...NO_CIRCUMSTANCES.model, share: 0.2 }

  test.each([
    ['is undetermined with 19 clean verdicts of others', clean(19), 'undetermined'],
    ['is given with 20 verdicts of others', clean(20), 'not_caused_by_pr'],
    [
      'is given with few verdicts of others when one is flaky',
      [verdict(5, NOON - DAY_MS, true)],
      'not_caused_by_pr',
    ],
  ])('%s', (_rule, others, label) => {
    expect(attributed([verdict(7, NOON, true)], docs, others).label).toBe(label)
  })

  test('never blames for a single verdict, however probable its fault', () => {
    const attribution = attributed([verdict(7, NOON, true)], { model })
    expect(attribution.probability).toBeGreaterThan(0.93)
    expect(attribution).toMatchObject({ label: 'undetermined', counted: false })
  })

  test('is undetermined between excuse and blame', () => {
    const own = [verdict(7, NOON, true), verdict(7, NOON + HOUR_MS, true)]
    const others = [
      ...QUIET,
      ...[1, 2, 3, 4].map((number) => verdict(number, NOON - number * 9 * HOUR_MS, true)),
    ]
    const attribution = attributed(own, {}, others)
    expect(attribution.probability).toBeGreaterThan(0.1)
    expect(attribution.probability).toBeLessThan(0.93)
    expect(attribution.label).toBe('undetermined')
  })
})

describe('the probability', () => {
  const model = { ...NO_CIRCUMSTANCES.model, share: 0.02 }
  const probability = (...args: Parameters<typeof attributed>) => attributed(...args).probability

  test.each([0, 1])(
    'is lower for a failure during an incident than for another one: failure %i',
    (during) => {
      const own = [0, 1].map((day) => verdict(7, NOON + day * DAY_MS, true))
      const hit = own.map((entry, i) =>
        i === during ? { ...entry, incident: { id: 'i', rate: 0.8 } } : entry,
      )
      const [first, second] = [0, 1].map((index) => probability(hit, { model }, QUIET, index)) as [
        number,
        number,
      ]
      expect(during === 0 ? first < second : second < first).toBe(true)
    },
  )

  test('is lower when a person says that the pull request did not cause its flake', () => {
    const own = verdict(7, NOON, true)
    const corrected = { ...own, correction: 'not_mine' as const }
    expect(probability([corrected], { model })).toBeLessThan(probability([own], { model }) / 2)
  })

  test.each<[string, Partial<EvidenceVerdict>]>([
    ['happened in an incident', { incident: { id: 'i', rate: 0.8 } }],
    ['were not caused by it according to a person', { correction: 'not_mine' }],
  ])('is lower when the flakes of another pull request %s: they were not its fault', (_why, more) => {
    const flakes = [1, 2, 3].map((day) => verdict(5, NOON - day * DAY_MS, true))
    const excused = flakes.map((entry, i) => {
      return { ...entry, ...more, ...(more.incident ? { incident: { id: `i${i}`, rate: 0.8 } } : {}) }
    })
    const own = [verdict(7, NOON, true)]
    expect(probability(own, { model }, [...QUIET, ...excused])).toBeLessThan(
      probability(own, { model }, [...QUIET, ...flakes]),
    )
  })

  test('rises with a flaky pull request that it shares code with: most with its base, not with a revert', () => {
    const own = [verdict(7, NOON, true)]
    const other = [20, 15, 10].map((day) => verdict(1, NOON - day * DAY_MS, true))
    const [base, reland, top, revert] = (['base', 'reland', 'top', 'revert'] as const).map((how) =>
      probability(own, { related: new Map([[1, how]]) }, [...QUIET, ...other]),
    ) as [number, number, number, number]
    expect([base > reland, reland > top, top > revert]).toEqual([true, true, true])
    expect(revert).toBeCloseTo(probability(own), 10)
    expect(base).toBeLessThan(1)
  })

  test('takes account of related verdicts older than all others', () => {
    const related = new Map([[1, 'base']] as const)
    const own = [verdict(7, NOON, true)]
    const older = verdict(1, NOON - 27 * DAY_MS, true)
    const value = probability(own, { related }, [older, ...QUIET.slice(-100)])
    expect(value).toBeGreaterThan(probability(own, {}, QUIET.slice(-100)))
  })

  test('takes account of a flake of another pull request just before the end of the window', () => {
    const last = verdict(5, NOON + 7 * DAY_MS - 1, true)
    const own = [verdict(7, NOON, true)]
    expect(probability(own, {}, [...QUIET, last])).toBeLessThan(probability(own))
  })

  test.each([
    ['seven days after the flake', 7 * DAY_MS],
    ['later', 9 * DAY_MS],
  ])('does not depend on a merge %s', (_when, after) => {
    const own = [verdict(7, NOON, true), verdict(7, NOON + HOUR_MS, true)]
    expect(probability(own, { mergedAt: NOON + after })).toBe(probability(own))
    expect(probability(own, { mergedAt: NOON + 2 * HOUR_MS })).not.toBe(probability(own))
  })
})
