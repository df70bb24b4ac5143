/** placeholder until merged */
export function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b)
}
export function lnGamma(x: number): number {
  const g = [
    76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
    -0.5395239384953e-5,
  ]
  let y = x
  const t = x + 5.5 - (x + 0.5) * Math.log(x + 5.5)
  let s = 1.000000000190015
  for (const c of g) s += c / ++y
  return -t + Math.log((2.5066282746310005 * s) / x)
}
export function regularizedGammaP(s: number, x: number): number {
  if (x === 0) return 0
  let sum = 1 / s
  let term = sum
  for (let n = 1; n < 1000; n++) {
    term *= x / (s + n)
    sum += term
  }
  return Math.min(1, sum * Math.exp(-x + s * Math.log(x) - lnGamma(s)))
}
