/** Combines sessions, visibility and the sign-in routes, and closes the site to readers who are not signed in. */
import type { Hono, MiddlewareHandler } from 'hono'
import type { AuthOptions, DashboardDeps, Visibility } from '../deps.ts'
import { html } from '../html.ts'
import { layout } from '../layout.ts'
import { gitHubUsers } from './github-users.ts'
import { returnPath } from './return-path.ts'
import { authRoutes } from './routes.ts'
import { readViewer, rotate, type Viewer } from './sessions.ts'
import { createVisibility } from './visibility.ts'

export interface Gate {
  visibility: Visibility
  /** Identifies the reader and refuses what is closed. Must run before all routes. */
  guard: MiddlewareHandler
  /** To be mounted at `/auth`. */
  routes: Hono
}

/** The gate of a program with OAuth credentials. */
export function createGate(
  deps: Pick<DashboardDeps, 'db' | 'now' | 'publicUrl' | 'isPublic'>,
  auth: AuthOptions,
): Gate {
  const { db, now, publicUrl } = deps
  const { secret } = auth
  const isPublic = deps.isPublic ?? true
  const github = auth.github ?? gitHubUsers(auth)
  const sessions = { db, now, secret, isSecure: publicUrl?.startsWith('https:') ?? false }
  const viewers = new WeakMap<Request, Promise<Viewer | null>>()
  // The session is read once per request, however many repositories are checked.
  const viewerOf = (request: Request) => {
    const viewer = viewers.get(request) ?? readViewer(sessions, request)
    viewers.set(request, viewer)
    return viewer
  }
  const visibility = createVisibility({ github, now, isPublic, viewerOf })
  const guard: MiddlewareHandler = async (c, next) => {
    const viewer = await viewerOf(c.req.raw)
    c.set('viewer', { login: viewer?.login ?? null })
    if (!viewer && !isPublic && !isOpen(c.req.path, c.req.query('key'))) return closed(c.req.path, c)
    const cookie =
      viewer && c.req.method === 'GET' && !isShared(c.req.path) ? await rotate(sessions, viewer) : null
    await next()
    if (cookie) c.header('set-cookie', cookie, { append: true })
  }
  const routes = authRoutes({ ...sessions, github, publicUrl, onSignOut: visibility.forgetViewer })
  return { visibility, guard, routes }
}

/** The guard of a server that is not public and has no sign-in. */
export const closedGuard: MiddlewareHandler = async (c, next) =>
  isOpen(c.req.path, c.req.query('key')) && !c.req.path.startsWith('/auth/')
    ? next()
    : closed(c.req.path, c, false)

/** Paths whose answers must not set a session cookie: shared caches keep them, or signing in sets its own cookie. */
function isShared(path: string): boolean {
  return path.startsWith('/auth/') || path.startsWith('/assets/') || path.endsWith('.svg')
}

/** What is open even on a closed site: sign-in, assets, pictures with a signed address, and metrics (which check a token). */
function isOpen(path: string, key: string | undefined): boolean {
  const isSignedPicture = key !== undefined && path.endsWith('.svg')
  return path.startsWith('/auth/') || path.startsWith('/assets/') || isSignedPicture || path === '/metrics'
}

function closed(
  path: string,
  c: Parameters<MiddlewareHandler>[0],
  canSignIn = true,
): Response | Promise<Response> {
  if (path.startsWith('/api/') || path.endsWith('.svg')) return c.json({ error: 'Sign in required.' }, 401)
  const to = encodeURIComponent(returnPath(path))
  const body = html`<h1>Sign-in required</h1><p>This site is visible only to people who can read its repositories on GitHub. ${canSignIn ? html`<a href="/auth/sign-in?to=${to}">Sign in with GitHub</a>` : 'Sign-in is not configured on this server.'}</p>`
  return c.html(layout({ title: 'Sign in', body }), 401)
}
