/** Builds the hunt from its runs on GitHub Actions. */
import { type Hunt, type HuntEnding, type HuntRun, NO_REPORTS } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'

/** The hunt with its runs in order of start. @param endedBy the number of the run whose failure ended it */
export function resultOf(
  { goal, parallel }: Pick<StopRule, 'goal' | 'parallel'>,
  runs: readonly HuntRun[],
  { ending, endedBy, missed }: { ending: HuntEnding; endedBy: number | null; missed: boolean },
): Hunt {
  const ordered = [...runs].sort(
    (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.number - b.number,
  )
  const position = ordered.findIndex((run) => run.number === endedBy)
  return {
    goal,
    parallel,
    ending,
    ended_by: position < 0 ? null : position + 1,
    missed,
    ordered: true,
    runs: ordered.map((run, i) => ({ ...run, number: i + 1 })),
    tests: [],
    reports: NO_REPORTS,
  }
}

/** The result of a hunt that will not continue, from its stored runs. */
export function resultSoFar(rule: StopRule, runs: readonly HuntRun[]): Hunt {
  const watched = watch(rule)
  for (const run of runs) watched.add(run)
  return resultOf(rule, runs, { ending: 'interrupted', endedBy: null, missed: watched.missed })
}
