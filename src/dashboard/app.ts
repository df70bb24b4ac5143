/** The dashboard: pages for people, and the pictures in them. Reads only; whoever may not see a thing is told nothing of it. */
import { type Context, Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { assets } from './assets/assets.ts'
import type { DashboardDeps } from './deps.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { homePage } from './pages/home.ts'
import { repositoryPage } from './pages/repository.ts'
import { openRepository, readableRepositories } from './scope.ts'

export type { DashboardDeps, Visibility } from './deps.ts'
export { PUBLIC_ONLY } from './deps.ts'

/** All routes of the dashboard, to be mounted at `/`. */
export function dashboard(deps: DashboardDeps): Hono {
  const app = new Hono()
  app.use(securityHeaders())
  app.route('/', assets())
  app.get('/', async (c) => {
    const repositories = await readableRepositories(deps, c.req.raw)
    const { body, measuredAt } = await homePage(deps, repositories)
    return page(c, layout({ title: 'Repositories', body, measuredAt }))
  })
  app.get('/:owner/:repo', async (c) => {
    const { owner, repo } = c.req.param()
    const scope = await openRepository(deps, c.req.raw, owner, repo)
    if (!scope) return notFound(c)
    const { body, measuredAt } = await repositoryPage(deps, scope)
    const fullName = scope.repository.full_name
    const repository = { fullName, tab: 'overview' as const, githubUrl: deps.githubUrl }
    return page(c, layout({ title: fullName, body, measuredAt, repository }))
  })
  app.notFound(notFound)
  return app
}

function securityHeaders() {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    referrerPolicy: 'same-origin',
    // Whether all of a host speaks HTTPS is for whoever runs that host to say.
    strictTransportSecurity: false,
  })
}

async function page(c: Context, document: Html): Promise<Response> {
  c.header('cache-control', 'private, no-cache')
  return c.html(document)
}

/** The same words for what does not exist and for what is not for whoever asks. */
function notFound(c: Context): Response | Promise<Response> {
  const body = html`<h1>Not found</h1><p>There is no such page, or it is not for you to see. <a href="/">All repositories</a></p>`
  return c.html(layout({ title: 'Not found', body }), 404)
}
