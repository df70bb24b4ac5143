/** Puts the parts of signing in together: who asks, what they may see, and what is closed to the rest. */
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
  /** Knows who asks and closes what is closed; before all routes. */
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
  // One look at the session a request, however many repositories are asked about.
  const viewerOf = (request: Request) => {
    const known = viewers.get(request) ?? readViewer(sessions, request)
    viewers.set(request, known)
    return known
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
  const routes = authRoutes({ ...sessions, github, publicUrl, onSignOut: visibility.deleteExpired })
  return { visibility, guard, routes }
}

/** The gate of a program that has no way to sign in and is not public. */
export const closedGuard: MiddlewareHandler = async (c, next) =>
  isOpen(c.req.path, c.req.query('key')) && !c.req.path.startsWith('/auth/')
    ? next()
    : closed(c.req.path, c, false)

/** What caches may keep for everybody must never carry one person's cookie; and signing in sets its own. */
function isShared(path: string): boolean {
  return path.startsWith('/auth/') || path.startsWith('/assets/') || path.endsWith('.svg')
}

/** What is open even when nothing is: signing in, the style sheet of its page, and pictures with a signed address. */
function isOpen(path: string, key: string | undefined): boolean {
  const isSignedPicture = key !== undefined && path.endsWith('.svg')
  return path.startsWith('/auth/') || path.startsWith('/assets/') || isSignedPicture || path === '/metrics'
}

function closed(
  path: string,
  c: Parameters<MiddlewareHandler>[0],
  canSignIn = true,
): Response | Promise<Response> {
  if (path.startsWith('/api/') || path.endsWith('.svg')) return c.json({ error: 'Sign in first.' }, 401)
  const to = encodeURIComponent(returnPath(path))
  const body = html`<h1>Not public</h1><p>Only people who can read the repositories on GitHub may see this. ${canSignIn ? html`<a href="/auth/sign-in?to=${to}">Sign in with GitHub</a>` : 'This server has no credentials for signing in.'}</p>`
  return c.html(layout({ title: 'Sign in', body }), 401)
}
