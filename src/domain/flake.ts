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

/** The verdict of the runs of one job at one head and base branch, in any order; null when none passed. */
export function judge(runs: readonly Run[]): Verdict | null {
  const judged = runs.filter(hasResult).sort(byCompletion)
  const flakes = lanesOf(judged).flatMap((lane) => flakeOf(roundsOf(lane)) ?? [])
  const [flake] = flakes.sort((a, b) => a.flakedAt - b.flakedAt || a.firstFailedAt - b.firstFailedAt)
  if (flake) return { flaky: true, judgedAt: flake.flakedAt, flake }
  const [first] = judged
  // Failures of jobs that share a name and were not run again leave it open which of them would have passed.
  if (!first || judged.some(({ outcome }) => outcome === 'fail')) return null
  return { flaky: false, judgedAt: first.completedAt, flake: null }
}

/** Whether a run passed or failed. */
export function hasResult({ outcome }: Run): boolean {
  return outcome === 'pass' || outcome === 'fail'
}

/**
 * Runs that can be compared. Without its workflow, two jobs of one name in different workflows look alike; they are recognised by
 * check suites that overlap in time, because one workflow rarely runs twice at once.
 */
function lanesOf(runs: readonly Run[]): Run[][] {
  const [first] = runs
  if (!first) return []
  if (first.job.app !== ACTIONS_APP || first.job.workflow !== null) return [[...runs]]
  const suites = [...Map.groupBy(runs, ({ suiteId, key }) => suiteId ?? key).values()]
  const spans = suites.map(spanOf).sort((a, b) => a.from - b.from)
  const overlap = spans.some(
    (span, i) => i > 0 && span.from < Math.max(...spans.slice(0, i).map(({ to }) => to)),
  )
  return overlap ? suites : [[...runs]]
}

function spanOf(runs: readonly Run[]): { from: number; to: number } {
  return {
    from: Math.min(...runs.map(startOf)),
    to: Math.max(...runs.map(({ completedAt }) => completedAt)),
  }
}

function startOf({ startedAt, completedAt }: Run): number {
  return startedAt ?? completedAt
}

/**
 * The runs that were executed side by side, oldest first. In one check suite of Actions only one attempt runs at a time, so runs that
 * overlap, or belong to one attempt, are different jobs of one name: legs of a matrix, or a report named like its job.
 */
function roundsOf(runs: readonly Run[]): Run[][] {
  const suites = Map.groupBy(runs, ({ job, suiteId, key }) =>
    job.app === ACTIONS_APP && suiteId !== null ? suiteId : key,
  )
  const rounds = [...suites.values()].flatMap((suite) => {
    const attempts = Map.groupBy(suite, ({ attempt }) => attempt)
    return [...attempts].flatMap(([attempt, ofAttempt]) =>
      attempt === null ? overlapping(ofAttempt) : [ofAttempt],
    )
  })
  return rounds.sort((a, b) => byCompletion(a[0] as Run, b[0] as Run))
}

/** Groups of runs whose times overlap; each in the order of completion. */
function overlapping(runs: readonly Run[]): Run[][] {
  const groups: Run[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const run of runs.toSorted((a, b) => startOf(a) - startOf(b) || byCompletion(a, b))) {
    if (startOf(run) < end) groups[groups.length - 1]?.push(run)
    else groups.push([run])
    end = Math.max(end, run.completedAt)
  }
  return groups.map((group) => group.sort(byCompletion))
}

/** The first round whose number of failures differs from what the rounds before it left; null when there is none. */
function firstChange(rounds: readonly Run[][]): { index: number; improved: boolean } | null {
  let failing = failuresIn(rounds[0] ?? [])
  for (let index = 1; index < rounds.length; index++) {
    const round = rounds[index] ?? []
    // A round can run only some of the jobs again: first those that failed.
    const before = Math.min(failing, round.length)
    const now = failuresIn(round)
    if (now !== before) return { index, improved: now < before }
    failing += now - before
  }
  return null
}

/** The flake in the rounds of a job; null when no round changed the number of failures. */
function flakeOf(rounds: readonly Run[][]): FlakeDetails | null {
  const change = firstChange(rounds)
  const round = change ? (rounds[change.index] ?? []) : []
  const all = rounds.flat().sort(byCompletion)
  const passes = all.filter(({ outcome }) => outcome === 'pass')
  const failures = all.filter(({ outcome }) => outcome === 'fail')
  const [firstFailure, firstPass] = change?.improved
    ? [failures[0], round.find(({ outcome }) => outcome === 'pass')]
    : [round.find(({ outcome }) => outcome === 'fail'), passes[0]]
  const lastPass = passes[passes.length - 1]
  if (!firstFailure || !firstPass || !lastPass) return null
  const recovered = lastPass.completedAt > firstFailure.completedAt && isAfter(rounds, lastPass, firstFailure)
  return {
    order: recovered ? 'pass_after_fail' : 'fail_after_pass',
    grade: isStrong(rounds) ? 'strong' : 'weak',
    firstFailedAt: firstFailure.completedAt,
    flakedAt: Math.max(firstPass.completedAt, firstFailure.completedAt),
    runs: all.length,
    retestWindow: recovered
      ? [firstFailure.completedAt, lastPass.completedAt]
      : [firstPass.completedAt, firstFailure.completedAt],
  }
}

function failuresIn(round: readonly Run[]): number {
  return round.filter(({ outcome }) => outcome === 'fail').length
}

/** Whether the first run belongs to another round than the second: jobs that ran side by side do not follow each other. */
function isAfter(rounds: readonly Run[][], run: Run, other: Run): boolean {
  return !rounds.some((round) => round.includes(run) && round.includes(other))
}

/** Whether a failure and a pass of different rounds tested the same code. */
function isStrong(rounds: readonly Run[][]): boolean {
  return rounds.some((round, i) =>
    rounds.some(
      (other, j) =>
        i !== j &&
        round.some(
          (failure) =>
            failure.outcome === 'fail' &&
            other.some((pass) => pass.outcome === 'pass' && isSameCode(failure, pass)),
        ),
    ),
  )
}

/** Attempts of one Actions workflow run share its merge commit. Other apps have one suite per SHA, whatever the base. */
function isSameCode(a: Run, b: Run): boolean {
  if (a.baseSha !== null && a.baseSha === b.baseSha) return true
  return a.job.app === ACTIONS_APP && a.suiteId !== null && a.suiteId === b.suiteId
}
