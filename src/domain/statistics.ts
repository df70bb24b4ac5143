/** Special functions that the figures need, in double precision. */

// Lanczos approximation with g = 7 and nine terms: relative error below 1e-14 for positive arguments.
const LANCZOS_G = 7
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]

/** Natural logarithm of the gamma function, for x > 0. Source: C. Lanczos, SIAM J. Numer. Anal. 1 (1964). */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x)
  const z = x - 1
  const t = z + LANCZOS_G + 0.5
  const series = LANCZOS.reduce((sum, c, i) => (i === 0 ? c : sum + c / (z + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(series)
}

/** Natural logarithm of the beta function B(a, b), for a, b > 0. */
export function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b)
}

const MOST_STEPS = 10_000
const EPSILON = 1e-15

/**
 * Regularised lower incomplete gamma function P(s, x), for s > 0 and x >= 0: by its series below s + 1, else by the
 * continued fraction of its complement. Source: Abramowitz and Stegun, 6.5.29 and 6.5.31.
 */
export function regularizedGammaP(s: number, x: number): number {
  if (x <= 0) return 0
  const scale = Math.exp(-x + s * Math.log(x) - lnGamma(s))
  return x < s + 1 ? scale * gammaSeries(s, x) : 1 - scale * gammaFraction(s, x)
}

function gammaSeries(s: number, x: number): number {
  let term = 1 / s
  let sum = term
  for (let n = 1; n < MOST_STEPS && term > sum * EPSILON; n++) {
    term *= x / (s + n)
    sum += term
  }
  return sum
}

/** Modified Lentz's method. */
function gammaFraction(s: number, x: number): number {
  const tiny = 1e-300
  let b = x + 1 - s
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < MOST_STEPS; n++) {
    const a = -n * (n - s)
    b += 2
    d = 1 / notZero(a * d + b)
    c = notZero(b + a / c)
    const step = c * d
    fraction *= step
    if (Math.abs(step - 1) < EPSILON) break
  }
  return fraction
}

function notZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value
}
