/** The dashboard: pages for people, pictures, figures for programs. Reads only; whoever may not see a thing is told nothing of it. */
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { routePath } from 'hono/route'
import { secureHeaders } from 'hono/secure-headers'
import { readRepositories } from '../db/repositories.ts'
import { isSameSecret } from '../same-secret.ts'
import { api } from './api/app.ts'
import { assets } from './assets/assets.ts'
import { closedGuard, createGate } from './auth/gate.ts'
import { type DashboardDeps, NOBODY, PUBLIC_ONLY } from './deps.ts'
import { failed } from './error-page.ts'
import { scrape } from './metrics.ts'
import { notFound, pages } from './pages.ts'
import { pictures } from './pictures.ts'
import { readableRepositories } from './view.ts'

export type { AuthOptions, DashboardDeps, ProgramStatus, Timings, Visibility } from './deps.ts'
export { PUBLIC_ONLY } from './deps.ts'
export { createTimings } from './metrics.ts'

/** All routes of the dashboard, to be mounted at `/`. */
export function dashboard(given: DashboardDeps): Hono {
  const app = new Hono()
  const gate = given.auth ? createGate(given, given.auth) : null
  const otherwise = given.isPublic === false ? NOBODY : PUBLIC_ONLY
  const deps = { ...given, visibility: given.visibility ?? gate?.visibility ?? otherwise }
  const headers = securityHeaders()
  // Pictures are for other sites too, and bring headers of their own.
  app.use((c, next) => (isPicture(c.req.path) ? next() : headers(c, next)))
  app.use(timed(deps))
  app.use(compress())
  if (gate) app.use(gate.guard)
  else if (deps.isPublic === false) app.use(closedGuard)
  app.route('/', assets())
  if (gate) app.route('/auth', gate.routes)
  app.route('/api/v1', api(deps))
  app.get('/metrics', (c) => metrics(deps, c.req.raw))
  app.route('/', pictures(deps))
  app.route('/', pages(deps))
  app.notFound(notFound)
  app.onError(failed(deps))
  return app
}

/** How long each route takes, under the route's pattern: addresses are without end. */
function timed({ timings }: DashboardDeps): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now()
    await next()
    timings?.request(routePath(c, -1), c.res.status, (performance.now() - started) / 1000)
  }
}

/** Public repositories for everybody; all of them for who brings the token. */
async function metrics(deps: DashboardDeps, request: Request): Promise<Response> {
  const given = request.headers.get('authorization')
  const isKnown = deps.metricsToken ? isSameSecret(given ?? '', `Bearer ${deps.metricsToken}`) : false
  if (deps.isPublic === false && !isKnown) return new Response('Bring the metrics token.\n', { status: 401 })
  const repositories = isKnown ? await readRepositories(deps.db) : await readableRepositories(deps, request)
  return new Response(await scrape(deps, repositories), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
  })
}

/** The addresses of `pictures.ts` and no other: a repository may be called `x.svg`, and its page is a page. */
function isPicture(path: string): boolean {
  return /^\/badge\/[^/]+\/.+\.svg$/.test(path) || /^\/[^/]+\/[^/]+\/trend\.svg$/.test(path)
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
