/** What a hunt on GitHub Actions comes to. */
import { type Hunt, type HuntEnding, type HuntRun, NO_REPORTS } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'

/** The hunt with its runs in the order of starting. @param endedBy the number of the run whose failure ended it */
export function resultOf(
  { goal, parallel }: Pick<StopRule, 'goal' | 'parallel'>,
  runs: readonly HuntRun[],
  { ending, endedBy, missed }: { ending: HuntEnding; endedBy: number | null; missed: boolean },
): Hunt {
  const told = [...runs].sort(
    (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.number - b.number,
  )
  const place = told.findIndex((run) => run.number === endedBy)
  return {
    goal,
    parallel,
    ending,
    ended_by: place < 0 ? null : place + 1,
    missed,
    ordered: true,
    runs: told.map((run, i) => ({ ...run, number: i + 1 })),
    tests: [],
    reports: NO_REPORTS,
  }
}

/** What is known of a hunt that does not go on, from what was kept alone. */
export function resultSoFar(rule: StopRule, runs: readonly HuntRun[]): Hunt {
  const watched = watch(rule)
  for (const run of runs) watched.add(run)
  return resultOf(rule, runs, { ending: 'interrupted', endedBy: null, missed: watched.missed })
}
