/** Exact tests on counts: of one group against another, of streaks and bursts, and of a trend. */
import { lnBeta } from './special-functions.ts'

/** Natural logarithm of "n choose k"; -Infinity for k < 0 or k > n. */
export function lnChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY
  return -Math.log(n + 1) - lnBeta(n - k + 1, k + 1)
}

/**
 * The probability that at least `hits` of `drawn` are marked, drawn without replacement from `total` of which `marked` are
 * marked: Fisher's exact test, one-sided. Source: R. A. Fisher, The Design of Experiments (1935), chapter 2.
 */
export function hypergeometricAtLeast(hits: number, drawn: number, marked: number, total: number): number {
  const all = lnChoose(total, drawn)
  let sum = 0
  for (let i = Math.max(hits, drawn + marked - total, 0); i <= Math.min(drawn, marked); i++)
    sum += Math.exp(lnChoose(marked, i) + lnChoose(total - marked, drawn - i) - all)
  return Math.min(1, sum)
}

/** Tables as likely as the observed one count as equally extreme, despite rounding. */
const TIE = 1 + 1e-7

/**
 * Fisher's exact test of the table [[a, b], [c, d]], two-sided: the probability, given the margins, of a table at most as
 * likely as this one.
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const total = a + b + c + d
  const drawn = a + b
  const marked = a + c
  const all = lnChoose(total, drawn)
  const probability = (i: number) => Math.exp(lnChoose(marked, i) + lnChoose(total - marked, drawn - i) - all)
  const observed = probability(a) * TIE
  let sum = 0
  for (let i = Math.max(0, drawn + marked - total); i <= Math.min(drawn, marked); i++) {
    const p = probability(i)
    if (p <= observed) sum += p
  }
  return Math.min(1, sum)
}

/**
 * The probability that `failures` placed at random among `passes` form at most `streaks` unbroken streaks: a runs test on
 * the streaks of one kind. With `endsInFailure` the last position is known to be a failure, because the hunt stopped there. Source: W. L. Stevens, Annals of Eugenics 9 (1939); A. M. Mood, Annals of Mathematical Statistics 11
 * (1940), 2.6.
 */
export function streaksAtMost(
  streaks: number,
  failures: number,
  passes: number,
  endsInFailure = false,
): number {
  if (failures === 0) return 1
  const fixed = endsInFailure ? 1 : 0
  const all = lnChoose(failures + passes - fixed, failures - fixed)
  let sum = 0
  for (let s = 1; s <= Math.min(streaks, failures); s++)
    sum += Math.exp(lnChoose(failures - 1, s - 1) + lnChoose(passes + 1 - fixed, s - fixed) - all)
  return Math.min(1, sum)
}

/**
 * The probability that `failures` placed at random among `runs` form at most `bursts` bursts. In a burst each failure is at
 * most `within` positions after the previous one. Counted in integers: placements with m given gaps wider than `within`
 * number choose(runs - m * within, failures), and those with narrow gaps follow by inclusion–exclusion. Time is quadratic
 * in `failures`.
 */
export function burstsAtMost(bursts: number, failures: number, runs: number, within: number): number {
  if (failures === 0) return 1
  const wide = Array.from({ length: failures }, (_, m) => choose(runs - m * within, failures))
  const rows = choicesOf(failures)
  let sum = 0n
  for (let b = 1; b <= Math.min(bursts, failures); b++) {
    let ways = 0n
    for (let j = 0; j <= failures - b; j++) {
      const term = (rows[failures - b]?.[j] ?? 0n) * (wide[b - 1 + j] ?? 0n)
      ways += j % 2 === 0 ? term : -term
    }
    sum += (rows[failures - 1]?.[b - 1] ?? 0n) * ways
  }
  return shareOf(sum, wide[0] ?? 1n)
}

function choose(n: number, k: number): bigint {
  if (k > n) return 0n
  let ways = 1n
  for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i)
  return ways
}

/** The first `rows` rows of Pascal's triangle. */
function choicesOf(rows: number): bigint[][] {
  const triangle: bigint[][] = [[1n]]
  for (let n = 1; n < rows; n++) {
    const above = triangle[n - 1] ?? []
    triangle.push(Array.from({ length: n + 1 }, (_, k) => (above[k - 1] ?? 0n) + (above[k] ?? 0n)))
  }
  return triangle
}

/** The quotient of two integers of any size, with an absolute error below 1e-18. */
function shareOf(part: bigint, whole: bigint): number {
  const DIGITS = 10n ** 18n
  return Number((part * DIGITS) / whole) / Number(DIGITS)
}

/** Above this many additions the normal approximation replaces the exact count. */
const MAX_EXACT = 20_000_000

/**
 * Wilcoxon's rank-sum test: whether the marked positions (1 to `total`) are late or early. Returns the side and the
 * two-sided p-value: exact, or by the normal approximation where the exact count would take too long.
 * Source: F. Wilcoxon, Biometrics Bulletin 1 (1945).
 */
export function rankSum(
  positions: readonly number[],
  total: number,
): { side: 'early' | 'late'; pValue: number } {
  const k = positions.length
  const max = k * (total - k)
  const early = positions.reduce((sum, position) => sum + position, 0) - (k * (k + 1)) / 2
  const side = early * 2 > max ? 'late' : 'early'
  const distance = side === 'late' ? max - early : early
  const tail =
    k * total * distance > MAX_EXACT
      ? normalTail((max / 2 - distance - 0.5) / Math.sqrt((max * (total + 1)) / 12))
      : countedTail(distance, k, total)
  return { side, pValue: Math.min(1, 2 * tail) }
}

/** Share of the k-subsets of 1…total whose sum exceeds the smallest possible sum by at most `distance`. */
function countedTail(distance: number, k: number, total: number): number {
  let ways = new Float64Array(distance + 1)
  ways[0] = 1
  // The generating function of the excess is the Gaussian binomial: a product of (1 - q^(total-k+i)) / (1 - q^i).
  for (let i = 1; i <= k; i++) {
    ways = timesGeometric(ways, i)
    ways = timesOneMinus(ways, total - k + i)
    const scale = i / (total - k + i)
    for (let q = 0; q <= distance; q++) ways[q] = (ways[q] as number) * scale
  }
  return ways.reduce((sum, count) => sum + count, 0)
}

function timesGeometric(ways: Float64Array<ArrayBuffer>, step: number): Float64Array<ArrayBuffer> {
  const next = Float64Array.from(ways)
  for (let q = step; q < next.length; q++) next[q] = (next[q] as number) + (next[q - step] as number)
  return next
}

function timesOneMinus(ways: Float64Array<ArrayBuffer>, step: number): Float64Array<ArrayBuffer> {
  return ways.map((count, q) => (q >= step ? count - (ways[q - step] as number) : count))
}

/** Upper tail of the standard normal. Source: Abramowitz and Stegun, 26.2.17 (error below 7.5e-8). */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}

/**
 * p-values corrected for multiple tests, in the given order.
 * Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p)
  const corrected = new Array<number>(pValues.length)
  let max = 0
  order.forEach(({ p, index }, rank) => {
    max = Math.max(max, Math.min(1, p * (pValues.length - rank)))
    corrected[index] = max
  })
  return corrected
}
