/** The API's months and status, and lists shared with the CSV tables. */

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { readIncidents } from '../../db/incidents.ts'
import { DAY_MS } from '../../domain/time.ts'
import { addDays, dayAt } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { readMonths } from '../months.ts'
import { readProbabilityBands } from '../queries/accuracy.ts'
import { readGapsOf, readOpenBackfills } from '../queries/backfill.ts'
import { readCoverage, readFreshness, readOutboxDepth } from '../queries/status.ts'
import { lastDays, openRepository, type RepositoryView, readableRepositories } from '../view.ts'
import { NOT_FOUND } from './list-routes.ts'
import * as routes from './months-and-status-routes.ts'
import type { PageQuery } from './query.ts'

const COVERED_DAYS = 90
const GAP_DAYS = 30
const MAX_GAPS = 100

/** Adds the routes of months and status to the API. */
export function addMonthsAndStatus(app: OpenAPIHono, deps: DashboardDeps): void {
  const open = (c: Context) =>
    openRepository(deps, c.req.raw, c.req.param('owner') ?? '', c.req.param('repo') ?? '')
  app.openapi(routes.monthsRoute, async (c) => {
    const view = await open(c)
    return view ? c.json({ months: await readMonths(deps, view) }, 200) : c.json(NOT_FOUND, 404)
  })
  app.openapi(routes.statusRoute, async (c) => {
    const program = await deps.status?.()
    const limit = program?.rateLimit
    const rateLimit = limit
      ? { remaining: limit.remaining, limit: limit.limit, reset_at: limit.resetAt }
      : null
    const ids = (await readableRepositories(deps, c.req.raw)).map((repository) => repository.repository_id)
    const outbox = await readOutboxDepth(deps.db, ids)
    const { rows, next } = await freshness(deps, c.req.raw, c.req.valid('query'))
    const storedGaps = await readGapsOf(deps.db, ids, {
      filledSince: deps.now() - GAP_DAYS * DAY_MS,
      limit: MAX_GAPS,
    })
    const backfills = (await readOpenBackfills(deps.db, ids)).map(
      ({ repository_id: _id, full_name: repository, started_at: _started, ...rest }) => ({
        repository,
        ...rest,
      }),
    )
    const gaps = storedGaps.map(({ full_name: repository, ...rest }) => ({ repository, ...rest }))
    return c.json(
      { repositories: rows, next_page: next, gaps, backfills, outbox, rate_limit: rateLimit },
      200,
    )
  })
}

/** Incidents of the last `days` days. */
export function incidents({ db }: DashboardDeps, view: RepositoryView, { days }: { days: number }) {
  return readIncidents(db, view.scope, lastDays(view, days))
}

/** Flakes of the last `days` days by the probability that their pull request caused them. */
export function bands({ db }: DashboardDeps, view: RepositoryView, { days }: { days: number }) {
  return readProbabilityBands(db, view.scope, lastDays(view, days))
}

/** One page of the repositories that the sender of `request` may see: how fresh and complete their data is. */
export async function freshness(deps: DashboardDeps, request: Request, { page, limit }: PageQuery) {
  const all = await readableRepositories(deps, request)
  const first = (page - 1) * limit
  const repositories = all.slice(first, first + limit)
  const ids = repositories.map((repository) => repository.repository_id)
  const from = addDays(dayAt(deps.now(), 'UTC'), -COVERED_DAYS)
  const fresh = new Map((await readFreshness(deps.db, ids)).map((row) => [row.repository_id, row]))
  const covered = new Map((await readCoverage(deps.db, ids, from)).map((row) => [row.repository_id, row]))
  const rows = repositories.map(({ repository_id: id, full_name: repository }) => ({
    repository,
    last_delivery_at: fresh.get(id)?.last_delivery_at ?? null,
    last_completed_at: fresh.get(id)?.last_completed_at ?? null,
    last_measured_at: fresh.get(id)?.last_measured_at ?? null,
    heads_waiting: fresh.get(id)?.waiting ?? 0,
    days_with_data: covered.get(id)?.days_with_data ?? 0,
    longest_gap_days: covered.get(id)?.longest_gap_days ?? 0,
  }))
  return { rows, next: first + rows.length < all.length ? page + 1 : null }
}
