/** The dashboard: pages, pictures, the API and metrics. It only reads, and does not reveal what the reader may not see. */
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
import { errorAnswer } from './error-page.ts'
import { scrape } from './metrics.ts'
import { notFound, pages } from './pages.ts'
import { pictures } from './pictures.ts'
import { readableRepositories } from './view.ts'

export type { AuthOptions, DashboardDeps, ProgramStatus, Timings, Visibility } from './deps.ts'
export { PUBLIC_ONLY } from './deps.ts'
export { createTimings } from './metrics.ts'

/** All routes of the dashboard, to be mounted at `/`. */
export function dashboard(options: DashboardDeps): Hono {
  const app = new Hono()
  const gate = options.auth ? createGate(options, options.auth) : null
  const withoutSignIn = options.isPublic === false ? NOBODY : PUBLIC_ONLY
  const deps = { ...options, visibility: options.visibility ?? gate?.visibility ?? withoutSignIn }
  const headers = securityHeaders()
  // Other sites may embed pictures, so pictures set their own headers.
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
  app.onError(errorAnswer(deps))
  return app
}

/** Observes how long each route takes. Labelled by the route's pattern, since the number of addresses is unbounded. */
function timed({ timings }: DashboardDeps): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now()
    await next()
    timings?.request(routePath(c, -1), c.res.status, (performance.now() - started) / 1000)
  }
}

/** Metrics of the repositories that the reader may see, or of all with the metrics token. */
async function metrics(deps: DashboardDeps, request: Request): Promise<Response> {
  const authorization = request.headers.get('authorization') ?? ''
  const hasToken = deps.metricsToken ? isSameSecret(authorization, `Bearer ${deps.metricsToken}`) : false
  if (deps.isPublic === false && !hasToken)
    return new Response('Send the metrics token as a bearer token.\n', { status: 401 })
  const repositories = hasToken ? await readRepositories(deps.db) : await readableRepositories(deps, request)
  return new Response(await scrape(deps, repositories), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
  })
}

/** Whether `pictures.ts` serves this path. The page of a repository called `x.svg` is not a picture. */
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
    // HSTS concerns the whole host, so it is the operator's decision.
    strictTransportSecurity: false,
  })
}
