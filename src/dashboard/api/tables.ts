/** The tables as CSV, at the address of their JSON with `.csv` behind it. */
import { type Context, Hono } from 'hono'
import type { z } from 'zod'
import { readJob, readLatestRuns } from '../../db/dashboard-job.ts'
import type { DashboardDeps } from '../deps.ts'
import { openRepository, type RepositoryScope } from '../scope.ts'
import { csv } from './csv.ts'
import { flakes, jobs, repositories, windows } from './data.ts'
import { daysQuery, flakesQuery, windowsQuery } from './query.ts'
import { flakeShape, jobShape, runJson, runShape, windowShape } from './shapes.ts'

type Rows = readonly Record<string, unknown>[]

const MOST_RUNS = 500

/** To be mounted beside the JSON routes. */
export function tables(deps: DashboardDeps): Hono {
  const app = new Hono()
  app.get('/repositories.csv', async (c) => {
    const rows = (await repositories(deps, c.req.raw)).map(
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
    return send(c, csv(head, rows))
  })
  const table = <Q extends z.ZodType>(
    path: string,
    head: readonly string[],
    query: Q,
    read: (scope: RepositoryScope, query: z.output<Q>, c: Context) => Promise<Rows | null>,
  ) =>
    app.get(`/repositories/:owner/:repo/${path}`, async (c) => {
      const asked = query.safeParse(c.req.query())
      if (!asked.success) return c.text('The request asks for something that cannot be.\n', 400)
      const { owner, repo } = c.req.param() as Record<'owner' | 'repo', string>
      const scope = await openRepository(deps, c.req.raw, owner, repo)
      const rows = scope && (await read(scope, asked.data, c))
      return rows ? send(c, csv(head, rows)) : c.notFound()
    })
  table(
    'windows.csv',
    Object.keys(windowShape.shape),
    windowsQuery,
    async (scope, query) => (await windows(deps, scope, query)).windows,
  )
  table('jobs.csv', Object.keys(jobShape.shape), daysQuery, (scope, query) => jobs(deps, scope, query.days))
  table(
    'flakes.csv',
    Object.keys(flakeShape.shape),
    flakesQuery,
    async (scope, query) => (await flakes(deps, scope, query))?.flakes ?? null,
  )
  table(
    'jobs/:job{[0-9]{1,16}}/runs.csv',
    Object.keys(runShape.shape),
    daysQuery,
    async (scope, _query, c) => {
      const key = { repositoryId: scope.repository.repository_id, jobId: Number(c.req.param('job')) }
      if (!(await readJob(deps.db, key))) return null
      return (await readLatestRuns(deps.db, key, { limit: MOST_RUNS, before: scope.now + 1 })).map(runJson)
    },
  )
  return app
}

function send(c: Context, body: string): Response {
  return c.body(body, 200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment',
  })
}
