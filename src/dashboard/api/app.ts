/** `/api/v1`: everything that the pages show, as JSON. The OpenAPI document is generated from the routes. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { etag } from 'hono/etag'
import { leftOutJson, readGatesLeftOut } from '../../db/gates.ts'
import { readJob } from '../../db/job-table.ts'
import { readRequiredState } from '../../db/missing.ts'
import { readFlakesOf, readHeadsOf, readRunsOf } from '../../db/pull-requests.ts'
import { countedIn } from '../../db/scope.ts'
import type { DashboardDeps } from '../deps.ts'
import { gridQuery, readGrid } from '../pages/grid.ts'
import { readFlake, readRevisions, readRunsAt } from '../queries/flake.ts'
import { readJobDays, readLatestRuns } from '../queries/job.ts'
import { readPullRequest } from '../queries/pull-request.ts'
import { readRunnerRecords } from '../queries/runners.ts'
import { lastDays, MAX_HEADS, openRepository, type RepositoryView } from '../view.ts'
import { addAttribution } from './attribution.ts'
import * as details from './detail-routes.ts'
import * as routes from './list-routes.ts'
import { coverageOf, listFlakes, listJobs, listRepositories, listWindows, newestOf } from './lists.ts'
import { addMonthsAndStatus } from './months-and-status.ts'
import { flakeRowJson, runJson } from './shapes.ts'
import { tables } from './tables.ts'

const MAX_RUNS = 100

/** The API, to be mounted at `/api/v1`. */
export function api(deps: DashboardDeps): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return
      const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
      return c.json({ error: `${problems.join('; ')}.` }, 400)
    },
  })
  const tag = etag()
  // A tag is a hash of the whole answer. This one is sent in pieces, so that it is never in memory as a whole.
  app.use((c, next) => (c.req.path.endsWith('/flakes.csv') ? next() : tag(c, next)))
  app.use(async (c, next) => {
    await next()
    c.header('cache-control', 'private, no-cache')
  })
  app.openapi(routes.repositoriesRoute, async (c) =>
    c.json(await listRepositories(deps, c.req.raw, c.req.valid('query')), 200),
  )
  addRepositoryRoutes(app, deps)
  addDetailRoutes(app, deps)
  addAttribution(app, deps)
  addMonthsAndStatus(app, deps)
  app.route('/', tables(deps))
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'flake-sla',
      version: '1',
      description:
        'Flakiness of presubmit jobs against the SLA. Append `.csv` to the address of a list to get it as CSV.',
    },
    servers: [{ url: '/api/v1' }],
  })
  app.notFound((c) => c.json(routes.NOT_FOUND, 404))
  return app
}

function open(deps: DashboardDeps, c: Context): Promise<RepositoryView | null> {
  return openRepository(deps, c.req.raw, c.req.param('owner') ?? '', c.req.param('repo') ?? '')
}

function addRepositoryRoutes(app: OpenAPIHono, deps: DashboardDeps): void {
  app.openapi(routes.repositoryRoute, async (c) => {
    const view = await open(deps, c)
    if (!view) return c.json(routes.NOT_FOUND, 404)
    const { repository, settings, names } = view
    const state = await readRequiredState(deps.db, view)
    const [latest] = await newestOf(deps, [repository])
    if (!latest) return c.json(routes.NOT_FOUND, 404)
    const coverage = await coverageOf(deps, view)
    const { target, timeZone: time_zone } = settings
    const gates = await readGatesLeftOut(deps.db, repository.repository_id, view)
    const left_out = gates.map(leftOutJson)
    const answer = { ...latest, target, time_zone, coverage, required: { ...state, jobs: names }, left_out }
    return c.json(answer, 200)
  })
  app.openapi(routes.windowsRoute, async (c) => {
    const view = await open(deps, c)
    return view
      ? c.json(await listWindows(deps, view, c.req.valid('query')), 200)
      : c.json(routes.NOT_FOUND, 404)
  })
  app.openapi(routes.jobsRoute, async (c) => {
    const view = await open(deps, c)
    if (!view) return c.json(routes.NOT_FOUND, 404)
    return c.json({ jobs: await listJobs(deps, view, c.req.valid('query').days) }, 200)
  })
  app.openapi(routes.flakesRoute, async (c) => {
    const view = await open(deps, c)
    if (!view) return c.json(routes.NOT_FOUND, 404)
    const page = await listFlakes(deps, view, c.req.valid('query'))
    return page
      ? c.json(page, 200)
      : c.json({ error: 'cursor: must be a value of `next` from an earlier answer.' }, 400)
  })
  app.openapi(routes.gridRoute, async (c) => {
    const view = await open(deps, c)
    if (!view) return c.json(routes.NOT_FOUND, 404)
    const grid = await readGrid(deps, view, gridQuery(new URL(c.req.url).searchParams))
    if (grid.problem) return c.json({ error: grid.problem }, 400)
    const heads = grid.heads.map(({ number, head_sha, last_at }) => ({
      pull_request: number,
      head_sha,
      last_at,
    }))
    const rows = grid.rows.map(({ job, cells }) => ({
      job_id: job.job_id,
      job: job.name,
      cells: grid.heads.map((head) => cells.get(`${head.head_sha}/${head.number}`)?.mark ?? '-').join(''),
    }))
    return c.json({ heads, jobs: rows, total: grid.total }, 200)
  })
}

function addDetailRoutes(app: OpenAPIHono, deps: DashboardDeps): void {
  const { db } = deps
  app.openapi(details.jobRoute, async (c) => {
    const view = await open(deps, c)
    const key = view && { repositoryId: view.repository.repository_id, jobId: c.req.valid('param').job_id }
    const job = key && (await readJob(db, key))
    if (!view || !job) return c.json(routes.NOT_FOUND, 404)
    const { now } = view
    const span = lastDays(view, c.req.valid('query').days)
    const days = await readJobDays(db, key, span, view.calendar)
    const runs = await readLatestRuns(db, key, { limit: MAX_RUNS, before: now + 1 })
    const runners = await readRunnerRecords(db, key, span)
    const { job_id, name, app: slug, source, workflow } = job
    return c.json(
      { job_id, job: name, app: slug, source, workflow, days, runners, runs: runs.map(runJson) },
      200,
    )
  })
  app.openapi(details.flakeRoute, async (c) => {
    const view = await open(deps, c)
    const { sha: headSha, job_id: jobId } = c.req.valid('param')
    const key = view && { repositoryId: view.repository.repository_id, headSha, jobId }
    const flake = key && (await readFlake(db, key))
    if (!view || !flake) return c.json(routes.NOT_FOUND, 404)
    const history = (await readRevisions(db, key)).map(
      ({ repository_id: _repository, head_sha: _sha, job_id: _job, ...revision }) => revision,
    )
    const runs = await readRunsAt(db, key)
    return c.json(
      {
        ...flakeRowJson({ ...flake, counted: countedIn(view.scope, flake) }),
        history,
        runs_at_head: runs.map(runJson),
      },
      200,
    )
  })
  app.openapi(details.pullRequestRoute, async (c) => {
    const view = await open(deps, c)
    const { number } = c.req.valid('param')
    const id = view?.repository.repository_id ?? 0
    const pullRequest = view && (await readPullRequest(db, id, number))
    const flakes = view ? await readFlakesOf(db, id, number) : []
    if (!pullRequest && flakes.length === 0) return c.json(routes.NOT_FOUND, 404)
    const heads = []
    for (const head of (await readHeadsOf(db, id, number)).slice(0, MAX_HEADS))
      heads.push({ ...head, runs: (await readRunsOf(db, id, number, head.head_sha)).map(runJson) })
    const list = flakes.map((flake) => ({
      head_sha: flake.head_sha,
      job_id: flake.job_id,
      job: flake.name,
      attribution: flake.attribution,
      probability_caused_by_pr: flake.probability,
      counted: view && countedIn(view.scope, flake),
    }))
    return c.json({ number, title: pullRequest?.title ?? null, heads, flakes: list }, 200)
  })
}
