/**
 * A flake: one job that both passes and fails at one unchanged head SHA (docs/how-figures-are-computed.md). However many
 * runs there are, a job flakes once per head.
 */
import { ACTIONS_APP, byCompletion, type Run } from './run.ts'

/** What the runs of one job at one head say. A head that only failed has no verdict. */
export interface Verdict {
  flaky: boolean
  /** Epoch ms: when a flake first showed, or the first pass of a clean verdict. */
  judgedAt: number
  flake: FlakeDetails | null
}

export interface FlakeDetails {
  /** `pass_after_fail`: some pass completed after the first failure. */
  order: 'pass_after_fail' | 'fail_after_pass'
  /** Strong: a failing and a passing run definitely tested the same code. Weak: the base moved or is unknown. */
  grade: 'strong' | 'weak'
  /** Epoch ms. */
  firstFailedAt: number
  /** Epoch ms: completion of the first run whose outcome differs from an earlier one's. */
  flakedAt: number
  /** Number of passing and failing runs. */
  runs: number
  /** Epoch ms: a retest requested between the two shows that a person took the failure for a flake. */
  retestWindow: [from: number, to: number]
}

/** The verdict of the runs of one job at one head, in any order; null when none passed. */
export function judge(runs: readonly Run[]): Verdict | null {
  const judged = runs.filter(({ outcome }) => outcome === 'pass' || outcome === 'fail').sort(byCompletion)
  const passes = judged.filter(({ outcome }) => outcome === 'pass')
  const failures = judged.filter(({ outcome }) => outcome === 'fail')
  const [firstPass, lastPass] = [passes[0], passes[passes.length - 1]]
  const firstFailure = failures[0]
  if (!firstPass || !lastPass) return null
  if (!firstFailure) return { flaky: false, judgedAt: firstPass.completedAt, flake: null }
  const flakedAt = Math.max(firstPass.completedAt, firstFailure.completedAt)
  const recovered = lastPass.completedAt > firstFailure.completedAt
  const flake: FlakeDetails = {
    order: recovered ? 'pass_after_fail' : 'fail_after_pass',
    grade: failures.some((failure) => passes.some((pass) => isSameCode(failure, pass))) ? 'strong' : 'weak',
    firstFailedAt: firstFailure.completedAt,
    flakedAt,
    runs: judged.length,
    retestWindow: recovered
      ? [firstFailure.completedAt, lastPass.completedAt]
      : [firstPass.completedAt, firstFailure.completedAt],
  }
  return { flaky: true, judgedAt: flakedAt, flake }
}

/** Attempts of one Actions workflow run share its merge commit. Other apps have one suite per SHA, whatever the base. */
function isSameCode(a: Run, b: Run): boolean {
  if (a.baseSha !== null && a.baseSha === b.baseSha) return true
  return a.job.app === ACTIONS_APP && a.suiteId !== null && a.suiteId === b.suiteId
}
