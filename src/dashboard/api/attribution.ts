/** The API's incidents, changes of flake rates, and accuracy of attributions. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { readChangePoints } from '../../db/change-points.ts'
import { readIncidents } from '../../db/incidents.ts'
import type { DashboardDeps } from '../deps.ts'
import { readAttributionRecords, readProbabilityBands } from '../queries/accuracy.ts'
import { lastDays, openRepository } from '../view.ts'
import { accuracyRoute, incidentsRoute, NOT_FOUND } from './list-routes.ts'

/** Adds these routes to the API. */
export function addAttribution(app: OpenAPIHono, deps: DashboardDeps): void {
  const { db } = deps
  const open = (c: Context) =>
    openRepository(deps, c.req.raw, c.req.param('owner') ?? '', c.req.param('repo') ?? '')
  app.openapi(accuracyRoute, async (c) => {
    const view = await open(c)
    if (!view) return c.json(NOT_FOUND, 404)
    const span = lastDays(view, c.req.valid('query').days)
    const attributions = await readAttributionRecords(db, view.scope, span)
    return c.json({ attributions, bands: await readProbabilityBands(db, view.scope, span) }, 200)
  })
  app.openapi(incidentsRoute, async (c) => {
    const view = await open(c)
    if (!view) return c.json(NOT_FOUND, 404)
    const span = lastDays(view, c.req.valid('query').days)
    const since = new Date(span.from).toISOString().slice(0, 10)
    const changes = await readChangePoints(db, view.repository.repository_id, since)
    return c.json(
      {
        incidents: await readIncidents(db, view.scope, span),
        changes: changes.map(({ repository_id: _repository, ...change }) => change),
      },
      200,
    )
  })
}
