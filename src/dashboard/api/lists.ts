/** The lists of the API, for JSON and CSV. They use the same queries as the pages, so that both agree. */

import { readTimeLost } from '../../db/budget.ts'
import { readFlakePage } from '../../db/flakes.ts'
import { readJobCosts } from '../../db/jobs.ts'
import type { Db, Row } from '../../db/schema.ts'
import type { Span } from '../../db/scope.ts'
import { readWindows } from '../../db/sla.ts'
import { type WindowKind, windowOf } from '../../domain/window.ts'
import { readShares } from '../budget.ts'
import { addDays, dayAt } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { ownersOf, trackingIssues } from '../job-owners.ts'
import { readNewestWindows } from '../queries/windows.ts'
import { lastDays, type RepositoryView, readableRepositories } from '../view.ts'
import { type PageQuery, readCursor, writeCursor } from './query.ts'
import { flakeRowJson, jobJson, windowRowJson } from './shapes.ts'

const BACK_DAYS = 400
// Time lost needs the runs around each flake, which is too slow for longer time spans.
const MAX_TIMED_DAYS = 60

/** One page of the repositories that the sender of `request` may see, by name, each with its latest day and week with data. */
export async function listRepositories(deps: DashboardDeps, request: Request, page: PageQuery) {
  const all = await readableRepositories(deps, request)
  const first = (page.page - 1) * page.limit
  const shown = all.slice(first, first + page.limit)
  const next = first + shown.length < all.length ? page.page + 1 : null
  return { repositories: await newestOf(deps, shown), next_page: next }
}

/** The latest day and week with data of these repositories. */
export async function newestOf(
  { db, now }: Pick<DashboardDeps, 'db' | 'now'>,
  rows: readonly Row<'repository'>[],
) {
  const ids = rows.map((row) => row.repository_id)
  const today = dayAt(now(), 'UTC')
  const range = { from: addDays(today, -35), to: addDays(today, 1) }
  const weeks = await readNewestWindows(db, ids, 'week', range)
  const days = await readNewestWindows(db, ids, 'day', range)
  const json = (row: Row<'sla_window'> | undefined) => (row ? windowRowJson(row) : null)
  return rows.map(({ full_name, private: isPrivate, repository_id }) => ({
    repository: full_name,
    private: isPrivate,
    day: json(days.get(repository_id)),
    week: json(weeks.get(repository_id)),
  }))
}

/** The share of required results received in the latest day and week with data. */
export async function coverageOf({ db }: Pick<DashboardDeps, 'db'>, view: RepositoryView) {
  const ids = [view.repository.repository_id]
  const range = { from: addDays(view.today, -35), to: view.today }
  const newest = async (kind: WindowKind) => [...(await readNewestWindows(db, ids, kind, range)).values()]
  const [day = null] = await readShares(db, view, await newest('day'))
  const [week = null] = await readShares(db, view, await newest('week'))
  return { day, week }
}

/** One page of windows, newest first. */
export async function listWindows(
  { db }: DashboardDeps,
  { repository, today }: RepositoryView,
  query: { kind: WindowKind; from?: string | undefined; to?: string | undefined; limit: number },
) {
  const to = query.to ?? today
  const from = query.from ?? addDays(to, -BACK_DAYS)
  const rows = await readWindows(db, repository.repository_id, query.kind, { from, to })
  const page = rows.reverse().slice(0, query.limit)
  const last = page.at(-1)
  const next = rows.length > page.length && last ? addDays(last.start, -1) : null
  return { windows: page.map(windowRowJson), next_to: next }
}

/** Jobs that flaked in the last `days` days, most expensive first. */
export async function listJobs({ db }: DashboardDeps, view: RepositoryView, days: number) {
  const { scope, settings } = view
  const span = lastDays(view, days)
  const costs = await readJobCosts(db, scope, span)
  const ids = costs.map((cost) => cost.job_id)
  const timesLost = days <= MAX_TIMED_DAYS ? await readTimeLost(db, scope, span, ids) : []
  const lost = new Map(timesLost.map((row) => [row.job_id, row]))
  const issues = await trackingIssues({ db }, view)
  const total = costs.reduce((sum, cost) => sum + cost.flakes_counted, 0)
  return costs.map((cost) => ({
    ...jobJson(cost, total),
    waited_s: lost.get(cost.job_id)?.waited_s ?? null,
    rerun_s: lost.get(cost.job_id)?.rerun_s ?? null,
    owners: ownersOf(settings, cost.name),
    issue: issues.get(cost.job_id)?.url ?? null,
  }))
}

export interface FlakesQuery {
  from?: string | undefined
  to?: string | undefined
  job_id?: number | undefined
  attribution?: string | undefined
  limit: number
  cursor?: string | undefined
}

/**
 * One page of flakes, newest first; null if the cursor is invalid. With `job_id` it lists every flake of that job, with
 * `counted` false for those out of scope; otherwise the flakes in scope.
 */
export async function listFlakes({ db }: DashboardDeps, view: RepositoryView, query: FlakesQuery) {
  const after = query.cursor === undefined ? null : readCursor(query.cursor)
  if (query.cursor !== undefined && after === null) return null
  const page = { limit: query.limit + 1, after, attribution: query.attribution ?? null, jobId: query.job_id }
  const rows = await readFlakePage(db, view.scope, await readSpan(db, view, query), page)
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  const more = rows.length > shown.length && last
  const next = more
    ? writeCursor({ flakedAt: last.flaked_at, headSha: last.head_sha, jobId: last.job_id })
    : null
  return { flakes: shown.map(flakeRowJson), next }
}

/** The time from the local day `from` to the local day `to`, both inclusive; until now where `to` is missing. */
async function readSpan(db: Db, view: RepositoryView, { from, to }: FlakesQuery): Promise<Span> {
  const first = from === undefined ? null : await readDay(db, view, from)
  const last = to === undefined ? null : await readDay(db, view, to)
  return { from: first?.from ?? 0, to: last?.to ?? view.now + 1 }
}

/** A local day as it was measured, which can be in another time zone than today's; else in today's time zone. */
async function readDay(db: Db, { repository, settings }: RepositoryView, day: string): Promise<Span> {
  const [row] = await readWindows(db, repository.repository_id, 'day', { from: day, to: day })
  if (row) return { from: Date.parse(row.starts_at), to: Date.parse(row.ends_at) }
  return windowOf('day', day, settings.timeZone)
}
