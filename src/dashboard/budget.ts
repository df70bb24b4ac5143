/** The error budget for pages and metrics: cached, and with a warning about the burn rate. */

import { countTested, type ErrorBudget, readErrorBudget, readRequiredShare } from '../db/budget.ts'
import type { Db, Row } from '../db/schema.ts'
import { burnRate, type Sla } from '../domain/sla.ts'
import type { RepositoryView } from './view.ts'

/**
 * The error budget of a repository, for pages and metrics. Tested pull requests are counted once per state of the figures.
 * @param measuredAt when the repository's figures last changed: a new run always changes it
 */
export async function readBudget(
  db: Db,
  { scope, settings, now }: RepositoryView,
  measuredAt: string | null,
): Promise<ErrorBudget> {
  const counted: typeof countTested = (_db, _scope, span) => {
    const key = ['tested', JSON.stringify(scope), span.from, span.to, measuredAt].join('/')
    return cachedCount(db, key, () => countTested(db, scope, span))
  }
  return readErrorBudget(db, scope, settings, now, counted)
}

/** A warning about the burn rate; null if the budget is not being spent too fast. */
export function burnWords(day: Sla | null, week: Sla | null, month: Sla): string | null {
  const rate = (sla: Sla | null) => (sla ? (burnRate(sla.flakes_counted, sla.prs, sla.target) ?? 0) : 0)
  if (rate(day) >= 10 && rate(week) >= 2) return 'Far over budget pace: act today.'
  if (rate(week) >= 1 && rate(month) >= 1) return 'Over budget pace.'
  return null
}

/**
 * For each window, the share (0 to 1) of required results received: of all pairs of a tested pull request and a required
 * job, those with a result. Null if no job is required by name or nothing was tested. Cached until the next measurement.
 */
export async function readShares(
  db: Db,
  { repository, required, jobs }: RepositoryView,
  windows: readonly Row<'sla_window'>[],
): Promise<(number | null)[]> {
  const { declared } = required
  const jobIds = declared.map((name) => jobs.filter((job) => job.name === name).map((job) => job.job_id))
  return Promise.all(
    windows.map(async (row) => {
      const key = [
        'share',
        repository.repository_id,
        row.kind,
        row.start,
        row.measured_at,
        declared.join('\n'),
      ]
      const span = { from: Date.parse(row.starts_at), to: Date.parse(row.ends_at) }
      return cachedCount(db, key.join('/'), () =>
        readRequiredShare(db, repository.repository_id, jobIds, span),
      )
    }),
  )
}

const MAX_CACHED = 1000
const caches = new WeakMap<Db, Map<string, Promise<number | null>>>()

/** The result of `count`, cached under `key`. Concurrent callers share one query; a failed count is not cached. */
function cachedCount<T extends number | null>(db: Db, key: string, count: () => Promise<T>): Promise<T> {
  const cache = caches.get(db) ?? new Map<string, Promise<number | null>>()
  caches.set(db, cache)
  const hit = cache.get(key)
  if (hit) return hit as Promise<T>
  const counting = count()
  counting.catch(() => cache.delete(key))
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(key, counting)
  return counting
}
