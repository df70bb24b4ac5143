/** Special functions, intervals, exact tests and the sequential test, free of dependencies. */
export {
  binomialAtLeast,
  binomialAtMost,
  clopperPearson,
  type Interval,
  wilson,
} from './binomial.ts'
export {
  burstsAtMost,
  fisherExact,
  holm,
  hypergeometricAtLeast,
  lnChoose,
  rankSum,
  streaksAtMost,
} from './exact-tests.ts'
export { type Decision, decide, type Goal, runsToMeet, runsToMiss } from './sequential-test.ts'
export {
  inverseRegularizedBeta,
  lnBeta,
  lnGamma,
  regularizedBeta,
  regularizedGammaP,
} from './special-functions.ts'
