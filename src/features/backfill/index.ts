/** Reading history over the API: of repositories that are new here, and of results whose pull request is unknown. */
import type { FeatureTimer } from '../feature.ts'
import { assignOrphanHeads } from './orphan-results.ts'
import { type ReadRequiredJobs, readAllHistory } from './timer.ts'

/** @param readRequiredJobs called once the history of a repository is complete */
export function timersWith(readRequiredJobs: ReadRequiredJobs): readonly FeatureTimer[] {
  return [
    {
      name: 'backfill',
      schedule: '2-59/5 * * * *',
      run: (deps, process) => readAllHistory(deps, { ...process, readRequiredJobs }),
    },
    {
      name: 'orphan-results',
      schedule: '4-59/5 * * * *',
      run: async (deps, { signal }) => void (await assignOrphanHeads(deps, signal)),
    },
  ]
}
