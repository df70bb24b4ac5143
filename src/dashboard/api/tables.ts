/** The CSV tables, each at the address of its JSON plus `.csv`. */
import { Hono } from 'hono'
import { z } from 'zod'
import { readJob } from '../../db/job-table.ts'
import { readHeadsOf, readRunsOf } from '../../db/pull-requests.ts'
import type { DashboardDeps } from '../deps.ts'
import { readMonths } from '../months.ts'
import { type Grid, gridQuery, readGrid } from '../pages/grid.ts'
import { readJobDays, readLatestRuns } from '../queries/job.ts'
import { lastDays, MAX_HEADS, openRepository } from '../view.ts'
import { csv } from './csv.ts'
import { addDetailTables } from './detail-tables.ts'
import { addFlakesCsv } from './flakes-csv.ts'
import { listJobs, listRepositories, listWindows } from './lists.ts'
import { bands, freshness, incidents } from './months-and-status.ts'
import {
  bandShape,
  freshnessShape,
  historyQuery,
  incidentShape,
  monthShape,
} from './months-and-status-routes.ts'
import { daysQuery, windowsCsvQuery } from './query.ts'
import { jobShape, runJson, runShape, windowShape } from './shapes.ts'
import { addStatusTables } from './status-tables.ts'
import { jobOf, NOT_FOUND_TEXT, type Rows, sendCsv, type Table } from './table.ts'

const MAX_RUNS = 500
const ALL = { page: 1, limit: 100_000 }

/** All CSV tables, to be mounted beside the JSON routes. */
export function tables(deps: DashboardDeps): Hono {
  const app = new Hono()
  app.get('/repositories.csv', async (c) => {
    const rows = (await listRepositories(deps, c.req.raw, ALL)).repositories.map(
      ({ repository, private: isPrivate, day, week }) => ({
        repository,
        private: isPrivate,
        day: day?.start,
        day_rate: day?.rate,
        day_breached: day?.breached,
        week: week?.start,
        week_rate: week?.rate,
        week_breached: week?.breached,
      }),
    )
    const head = [
      'repository',
      'private',
      'day',
      'day_rate',
      'day_breached',
      'week',
      'week_rate',
      'week_breached',
    ]
    return sendCsv(c, csv(head, rows))
  })
  app.get('/status.csv', async (c) =>
    sendCsv(c, csv(Object.keys(freshnessShape.shape), (await freshness(deps, c.req.raw, ALL)).rows)),
  )
  const table: Table = (path, head, query, read) =>
    void app.get(`/repositories/:owner/:repo/${path}`, async (c) => {
      const parsed = query.safeParse(c.req.query())
      if (!parsed.success) return c.text('Invalid parameters.\n', 400)
      const { owner, repo } = c.req.param() as Record<'owner' | 'repo', string>
      const view = await openRepository(deps, c.req.raw, owner, repo)
      const rows = view && (await read(view, parsed.data, c))
      return rows ? sendCsv(c, csv(head, rows)) : c.text(NOT_FOUND_TEXT, 404)
    })
  table(
    'windows.csv',
    Object.keys(windowShape.shape),
    windowsCsvQuery,
    async (view, query) => (await listWindows(deps, view, query)).windows,
  )
  table('jobs.csv', Object.keys(jobShape.shape), daysQuery, async (view, query) =>
    (await listJobs(deps, view, query.days)).map((row) => ({ ...row, owners: row.owners.join(' ') })),
  )
  addFlakesCsv(app, deps)
  table('months.csv', Object.keys(monthShape.shape), z.object({}), async (view) =>
    (await readMonths(deps, view)).map((row) => ({ ...row })),
  )
  table('incidents.csv', Object.keys(incidentShape.shape), historyQuery, async (view, query) =>
    (await incidents(deps, view, query)).map(({ jobs: names, pull_requests: numbers, ...row }) => ({
      ...row,
      jobs: names.join(' '),
      pull_requests: numbers.join(' '),
    })),
  )
  table('accuracy.csv', Object.keys(bandShape.shape), historyQuery, async (view, query) =>
    (await bands(deps, view, query)).map((row) => ({ ...row })),
  )
  table(
    'grid.csv',
    ['job_id', 'job', 'pull_request', 'head_sha', 'last_at', 'result'],
    z.object({}),
    async (view, _query, c) =>
      gridRows(await readGrid(deps, view, gridQuery(new URL(c.req.url).searchParams))),
  )
  addRunTables(deps, table)
  addDetailTables(deps, table)
  addStatusTables(app, deps)
  return app
}

/** One row per cell, so that a spreadsheet's pivot table can rebuild the grid. */
function gridRows({ heads, rows }: Grid): Rows {
  return rows.flatMap(({ job, cells }) =>
    heads.flatMap(({ number, head_sha, last_at }) => {
      const mark = cells.get(`${head_sha}/${number}`)?.mark
      return mark
        ? [{ job_id: job.job_id, job: job.name, pull_request: number, head_sha, last_at, result: mark }]
        : []
    }),
  )
}

function addRunTables(deps: DashboardDeps, table: Table): void {
  table(
    'jobs/:job{[0-9]{1,16}}/days.csv',
    ['day', 'flaky', 'verdicts'],
    daysQuery,
    async (view, { days }, c) => {
      const key = jobOf(view, c)
      if (!(await readJob(deps.db, key))) return null
      const span = lastDays(view, days)
      return (await readJobDays(deps.db, key, span, view.calendar)).map((row) => ({ ...row }))
    },
  )
  table(
    'pulls/:number{[0-9]{1,9}}/runs.csv',
    ['job', ...Object.keys(runShape.shape)],
    z.object({}),
    async (view, _query, c) => {
      const [id, number] = [view.repository.repository_id, Number(c.req.param('number'))]
      const heads = await readHeadsOf(deps.db, id, number)
      if (heads.length === 0) return null
      const rows = []
      for (const { head_sha } of heads.slice(0, MAX_HEADS))
        for (const run of await readRunsOf(deps.db, id, number, head_sha))
          rows.push({ job: run.name, ...runJson(run) })
      return rows
    },
  )
  table(
    'jobs/:job{[0-9]{1,16}}/runs.csv',
    Object.keys(runShape.shape),
    daysQuery,
    async (view, _query, c) => {
      const key = jobOf(view, c)
      if (!(await readJob(deps.db, key))) return null
      return (await readLatestRuns(deps.db, key, { limit: MAX_RUNS, before: view.now + 1 })).map(runJson)
    },
  )
}
