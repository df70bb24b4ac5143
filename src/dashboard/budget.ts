/** The error budget as pages and metrics read it: cached, and with a sentence about the pace. */

import { countTested, type ErrorBudget, readErrorBudget, readRequiredShare } from '../db/budget.ts'
import type { Db, Row } from '../db/schema.ts'
import { burnRate, type Sla } from '../domain/sla.ts'
import type { RepositoryView } from './view.ts'

/**
 * The error budget of a repository, for pages and metrics. The pull requests tested are counted once per state of the figures.
 * @param measuredAt when the repository's figures last changed: a new run always changes it
 */
export async function readBudget(
  db: Db,
  { scope, settings, now }: RepositoryView,
  measuredAt: string | null,
): Promise<ErrorBudget> {
  const counted: typeof countTested = (_db, _scope, span) => {
    const key = ['tested', JSON.stringify(scope), span.from, span.to, measuredAt].join('/')
    return once(db, key, () => countTested(db, scope, span))
  }
  return readErrorBudget(db, scope, settings, now, counted)
}

/** A sentence about the pace at which the budget is spent; null while the pace is fine. */
export function burnWords(day: Sla | null, week: Sla | null, month: Sla): string | null {
  const rate = (sla: Sla | null) => (sla ? (burnRate(sla.flakes_counted, sla.prs, sla.target) ?? 0) : 0)
  if (rate(day) >= 10 && rate(week) >= 2) return 'Far over budget pace: look today.'
  if (rate(week) >= 1 && rate(month) >= 1) return 'Over budget pace.'
  return null
}

/**
 * Of each window, the share (0 to 1) of pairs of a pull request tested and a required job that have a result; null where no
 * job is required by name or nothing was tested. A window is counted again after it was measured again.
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
      return once(db, key.join('/'), () => readRequiredShare(db, repository.repository_id, jobIds, span))
    }),
  )
}

const MAX_CACHED = 1000
const cached = new WeakMap<Db, Map<string, Promise<number | null>>>()

/** The result of `count`, shared by all who ask with the same key. A failed count is not kept. */
function once<T extends number | null>(db: Db, key: string, count: () => Promise<T>): Promise<T> {
  const own = cached.get(db) ?? new Map<string, Promise<number | null>>()
  cached.set(db, own)
  const hit = own.get(key)
  if (hit) return hit as Promise<T>
  const fresh = count()
  fresh.catch(() => own.delete(key))
  if (own.size >= MAX_CACHED) own.clear()
  own.set(key, fresh)
  return fresh
}
