/**
 * A flake: one job that both passes and fails at one unchanged head SHA (DEFINITIONS section 3).
 * However many runs there are, a job flakes once at a head.
 */
import { ACTIONS_APP, byCompletion, type Run } from './run.ts'

/** One verdict: what the runs of one job at one head say. Heads that only failed say nothing and have none. */
export interface Verdict {
  flaky: boolean
  /** Epoch ms: of a flake, when it first showed; else of the first pass. */
  judgedAt: number
  flake: FlakeShape | null
}

export interface FlakeShape {
  order: 'pass_after_fail' | 'fail_after_pass'
  /** Strong: a failing and a passing run tested the same code for sure. Weak: the base moved or is not known. */
  grade: 'strong' | 'weak'
  /** Epoch ms. */
  firstFailedAt: number
  /** Epoch ms: completion of the first run whose outcome differs from an earlier one's. */
  flakedAt: number
  /** Passing and failing runs. */
  runs: number
  /** Epoch ms: a retest asked for between the two is a belief that the job is flaky. */
  retestWindow: [from: number, to: number]
}

/** Judges the runs of one job at one head; null when none passed. */
export function judge(runs: readonly Run[]): Verdict | null {
  const told = runs.filter((run) => run.outcome === 'pass' || run.outcome === 'fail').sort(byCompletion)
  const passes = told.filter((run) => run.outcome === 'pass')
  const fails = told.filter((run) => run.outcome === 'fail')
  const firstPass = passes[0]
  const firstFail = fails[0]
  if (!firstPass) return null
  if (!firstFail) return { flaky: false, judgedAt: firstPass.completedAt, flake: null }
  const flakedAt = Math.max(firstPass.completedAt, firstFail.completedAt)
  const lastPass = passes[passes.length - 1] as Run
  const recovered = lastPass.completedAt > firstFail.completedAt
  const flake: FlakeShape = {
    order: recovered ? 'pass_after_fail' : 'fail_after_pass',
    grade: fails.some((fail) => passes.some((pass) => sameCode(fail, pass))) ? 'strong' : 'weak',
    firstFailedAt: firstFail.completedAt,
    flakedAt,
    runs: told.length,
    retestWindow: recovered
      ? [firstFail.completedAt, lastPass.completedAt]
      : [firstPass.completedAt, firstFail.completedAt],
  }
  return { flaky: true, judgedAt: flakedAt, flake }
}

/** Attempts of one Actions workflow run share its merge commit; other apps have one suite a SHA, which says nothing. */
function sameCode(a: Run, b: Run): boolean {
  if (a.baseSha !== null && a.baseSha === b.baseSha) return true
  return a.job.app === ACTIONS_APP && a.suiteId !== null && a.suiteId === b.suiteId
}
