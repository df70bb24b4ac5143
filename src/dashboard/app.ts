/** The dashboard: pages for people, pictures, figures for programs. Reads only; whoever may not see a thing is told nothing of it. */
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { assets } from './assets/assets.ts'
import type { DashboardDeps } from './deps.ts'
import { notFound, pages } from './pages.ts'
import { pictures } from './pictures.ts'

export type { DashboardDeps, ProgramStatus, Visibility } from './deps.ts'
export { PUBLIC_ONLY } from './deps.ts'

/** All routes of the dashboard, to be mounted at `/`. */
export function dashboard(deps: DashboardDeps): Hono {
  const app = new Hono()
  const headers = securityHeaders()
  // Pictures are for other sites too, and bring headers of their own.
  app.use((c, next) => (isPicture(c.req.path) ? next() : headers(c, next)))
  app.route('/', assets())
  app.route('/', pictures(deps))
  app.route('/', pages(deps))
  app.notFound(notFound)
  return app
}

function isPicture(path: string): boolean {
  return path.endsWith('.svg') && !path.startsWith('/assets/')
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
