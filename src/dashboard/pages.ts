/** The routes of all pages. Each finds its subject, or answers 404. */
import { type Context, Hono } from 'hono'
import type { DashboardDeps } from './deps.ts'
import { type Html, html } from './html.ts'
import { layout, type Page, type Tab } from './layout.ts'
import { accuracyPage } from './pages/accuracy.ts'
import type { Reader } from './pages/first-run.ts'
import { flakePage } from './pages/flake.ts'
import { gridPage, gridQuery, readGrid } from './pages/grid.ts'
import { helpPage } from './pages/help.ts'
import { homePage } from './pages/home.ts'
import { incidentsPage } from './pages/incidents.ts'
import { jobPage } from './pages/job.ts'
import { monthsPage } from './pages/months.ts'
import { pullRequestPage } from './pages/pull-request.ts'
import { repositoryPage } from './pages/repository.ts'
import { statusPage } from './pages/status.ts'
import { openRepository, type RepositoryView, readableRepositories } from './view.ts'

interface Content {
  title?: string
  body: Html
  measuredAt?: string | null
  tab?: Tab
}

type Handler = (view: RepositoryView, c: Context) => Promise<Content | null>

/** All pages, to be mounted at `/`. */
export function pages(deps: DashboardDeps): Hono {
  const app = new Hono()
  app.get('/', async (c) => {
    const options = { page: c.req.query('page'), reader: readerOf(c) }
    const { body, measuredAt, isMoving } = await homePage(
      deps,
      await readableRepositories(deps, c.req.raw),
      options,
    )
    return send(c, { title: 'Repositories', body, measuredAt, isMoving })
  })
  app.get('/help', (c) => send(c, { title: 'Help', body: helpPage(deps.commands ?? []) }))
  app.get('/status', async (c) => {
    const page = await statusPage(deps, await readableRepositories(deps, c.req.raw), c.req.query('page'))
    return send(c, { title: 'Status', ...page })
  })
  app.get(
    '/:owner/:repo',
    ofRepository(deps, async (view) => ({ ...(await repositoryPage(deps, view)), tab: 'overview' })),
  )
  app.get(
    '/:owner/:repo/grid',
    ofRepository(deps, async (view, c) => {
      const query = gridQuery(new URL(c.req.url).searchParams)
      return { title: 'Grid', body: gridPage(view, query, await readGrid(deps, view, query)), tab: 'grid' }
    }),
  )
  app.get(
    '/:owner/:repo/jobs/:job{[0-9]{1,16}}',
    ofRepository(deps, async (view, c) =>
      content(
        jobName(view, Number(c.req.param('job'))),
        await jobPage(deps, view, Number(c.req.param('job'))),
      ),
    ),
  )
  app.get(
    '/:owner/:repo/pull/:number{[0-9]{1,9}}',
    ofRepository(deps, async (view, c) => {
      const number = Number(c.req.param('number'))
      return content(`#${number}`, await pullRequestPage(deps, view, number))
    }),
  )
  app.get(
    '/:owner/:repo/flakes/:sha{[0-9a-f]{40,64}}/:job{[0-9]{1,16}}',
    ofRepository(deps, async (view, c) =>
      content('Flake', await flakePage(deps, view, c.req.param('sha') ?? '', Number(c.req.param('job')))),
    ),
  )
  const tabs = { months: monthsPage, incidents: incidentsPage, accuracy: accuracyPage }
  const titles = { months: 'Months', incidents: 'Incidents', accuracy: 'Accuracy' }
  for (const tab of ['months', 'incidents', 'accuracy'] as const) {
    const handler: Handler = async (view) => ({ title: titles[tab], body: await tabs[tab](deps, view), tab })
    app.get(`/:owner/:repo/${tab}`, ofRepository(deps, handler))
  }
  app.notFound(notFound)
  return app
}

/** The browser tab's title. */
function jobName({ jobs }: RepositoryView, jobId: number): string {
  return jobs.find((job) => job.job_id === jobId)?.name ?? 'Job'
}

function content(title: string, body: Html | null): Content | null {
  return body === null ? null : { title, body }
}

function ofRepository(deps: DashboardDeps, handler: Handler) {
  return async (c: Context): Promise<Response> => {
    const view = await openRepository(deps, c.req.raw, c.req.param('owner') ?? '', c.req.param('repo') ?? '')
    const found = view && (await handler(view, c))
    if (!view || !found) return notFound(c)
    const fullName = view.repository.full_name
    const { title, tab = null, ...rest } = found
    const repository = { fullName, tab, githubUrl: deps.githubUrl }
    return send(c, { title: title ? `${title} · ${fullName}` : fullName, repository, ...rest })
  }
}

/** The reader, if this server has a sign-in. */
function viewerOf(c: Context): Page['viewer'] {
  const viewer = c.get('viewer') as { login: string | null } | undefined
  if (!viewer) return undefined
  const { pathname, search } = new URL(c.req.url)
  return { login: viewer.login, path: `${pathname}${search}` }
}

function readerOf(c: Context): Reader {
  const viewer = viewerOf(c)
  if (!viewer) return 'no sign-in'
  return viewer.login === null ? 'signed out' : 'signed in'
}

async function send(c: Context, page: Page, status: 200 | 404 = 200): Promise<Response> {
  c.header('cache-control', 'private, no-cache')
  return c.html(layout({ ...page, viewer: viewerOf(c) }), status)
}

/** The same answer for what does not exist and for what the reader may not see. */
export async function notFound(c: Context): Promise<Response> {
  const body = html`<h1>Not found</h1><p>This page does not exist, or you don’t have access. <a href="/">All repositories</a></p>`
  return send(c, { title: 'Not found', body }, 404)
}
