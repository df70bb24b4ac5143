/** The pull requests merged around the day on which a job's flake rate changed: one of them may be the cause. */

import { addDays } from './dates.ts'
import type { DashboardDeps } from './deps.ts'
import { type Merged, readMerged } from './queries/job.ts'
import type { RepositoryView } from './view.ts'

/** Pull requests merged from two days before a local day (`YYYY-MM-DD`) to the end of the day after it, oldest first. */
export function readMergedAround(
  db: DashboardDeps['db'],
  { repository, calendar }: RepositoryView,
  day: string,
  limit: number,
): Promise<Merged[]> {
  const span = {
    from: calendar.of('day', addDays(day, -2)).from,
    to: calendar.of('day', addDays(day, 1)).to,
  }
  return readMerged(db, repository.repository_id, span, limit)
}
