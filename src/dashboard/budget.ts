/** The error budget of 28 days: what the target allows, what flakes spent of it, and how fast. */

import { countTested, readCounted, readRequiredShare } from '../db/budget.ts'
import type { Db, Row } from '../db/schema.ts'
import { burnRate, countFlakes, type Sla, slaOf } from '../domain/sla.ts'
import { windowOf } from '../domain/window.ts'
import { addDays } from './dates.ts'
import type { RepositoryScope } from './scope.ts'

export const BUDGET_DAYS = 28

export interface Budget {
  sla: Sla
  /** Flakes that the target allows over the pull requests tested. */
  allowed: number
  spent: number
  /** Below zero when overspent. */
  left: number
}

/**
 * Reads the budget of the 28 local days up to today. @param measuredAt when the repository's figures last changed: the
 * pull requests are counted again only then, since no run can come in without changing them
 */
export async function readBudget(db: Db, scope: RepositoryScope, measuredAt: string | null): Promise<Budget> {
  const { settings, today, flakes, now } = scope
  const from = windowOf('day', addDays(today, 1 - BUDGET_DAYS), settings.timeZone).from
  const span = { from, to: now + 1 }
  const key = [flakes.repositoryId, today, measuredAt, flakes.jobIds?.join() ?? 'all'].join('/')
  const counted = readCounted(db, flakes, span)
  const prs = await once(db, key, () => countTested(db, flakes, span))
  const sla = slaOf(countFlakes(prs, await counted, settings.target))
  const allowed = settings.target * prs
  return { sla, allowed, spent: sla.flakes_counted, left: allowed - sla.flakes_counted }
}

/** How fast a budget is spent, in words; null while it is not. */
export function burnWords(day: Sla | null, week: Sla | null, month: Sla): string | null {
  const rate = (sla: Sla | null) => (sla ? (burnRate(sla.flakes_counted, sla.prs, sla.target) ?? 0) : 0)
  if (rate(day) >= 10 && rate(week) >= 2) return 'It is being spent fast: look today.'
  if (rate(week) >= 1 && rate(month) >= 1) return 'It is being spent faster than it is earned.'
  return null
}

/**
 * Of the pull requests tested in each window and the jobs required by name, the share with a result, 0 to 1; null where
 * that cannot be said. Counted again when the window was measured again.
 */
export async function readShares(
  db: Db,
  { repository, required, jobs }: RepositoryScope,
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

const MAX_KEPT = 1000
const kept = new WeakMap<Db, Map<string, Promise<number | null>>>()

/** Counts once for one state of the figures, however many ask meanwhile. */
function once<T extends number | null>(db: Db, key: string, count: () => Promise<T>): Promise<T> {
  const own = kept.get(db) ?? new Map<string, Promise<number | null>>()
  kept.set(db, own)
  const known = own.get(key)
  if (known) return known as Promise<T>
  const fresh = count()
  fresh.catch(() => own.delete(key))
  if (own.size >= MAX_KEPT) own.clear()
  own.set(key, fresh)
  return fresh
}
