/** Signing in with the app's OAuth flow, and signing out. */
import { type Context, Hono } from 'hono'
import { html } from '../html.ts'
import { layout } from '../layout.ts'
import type { GitHubUsers } from './github-users.ts'
import { returnPath } from './return-path.ts'
import { newSecret } from './secrets.ts'
import {
  cookieName,
  readCookie,
  readViewer,
  type SessionOptions,
  setCookie,
  startSession,
  stopSession,
  type Viewer,
} from './sessions.ts'

export interface AuthRouteOptions extends SessionOptions {
  github: GitHubUsers
  publicUrl: string | null
  onSignOut(viewer: Viewer): void
}

const STATE_S = 600

/** To be mounted at `/auth`. */
export function authRoutes(options: AuthRouteOptions): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
  })
  app.get('/sign-in', async (c) => {
    const state = newSecret()
    const path = returnPath(c.req.query('to'))
    c.header('set-cookie', await setCookie(options, 'state', `${state} ${path}`, STATE_S))
    return c.redirect(options.github.signInAddress(state, callbackUrl(options, c)))
  })
  app.get('/callback', (c) => callback(options, c))
  app.post('/sign-out', async (c) => {
    if (!isFromHere(options, c)) return c.text('Sign out from a page of this site.\n', 403)
    const viewer = await readViewer(options, c.req.raw)
    c.header('set-cookie', await stopSession(options, viewer))
    if (viewer) {
      options.onSignOut(viewer)
      // The session has ended even if this fails: then the token expires within hours.
      await options.github.revoke(viewer.token).catch(() => {})
    }
    return c.redirect('/', 303)
  })
  return app
}

async function callback(options: AuthRouteOptions, c: Context): Promise<Response> {
  const kept = await readCookie(c.req.raw, cookieName(options.isSecure, 'state'), options.secret)
  const [state, path] = kept?.split(' ') ?? []
  const { code, state: returnedState } = c.req.query()
  // The state ties the callback to the browser that started it, so that a link cannot sign in somebody else.
  if (!code || !state || returnedState !== state)
    return refused(c, 'This sign-in was not started in this browser, or took longer than ten minutes.')
  try {
    const { token, expiresAt } = await options.github.exchange(code, callbackUrl(options, c))
    const { id, login } = await options.github.userOf(token)
    // End the previous session of this browser.
    const before = await readViewer(options, c.req.raw)
    if (before) await stopSession(options, before)
    const person = { userId: id, login, token, expiresAt: expiresAt === null ? null : Date.parse(expiresAt) }
    c.header('set-cookie', await startSession(options, person))
    c.header('set-cookie', await setCookie(options, 'state', '', 0), { append: true })
    return c.redirect(returnPath(path), 303)
  } catch {
    return refused(c, 'GitHub did not confirm the sign-in.')
  }
}

async function refused(c: Context, sentence: string): Promise<Response> {
  const body = html`<h1>Not signed in</h1><p>${sentence} <a href="/auth/sign-in">Try again</a></p>`
  return c.html(layout({ title: 'Not signed in', body }), 400)
}

function callbackUrl({ publicUrl }: AuthRouteOptions, c: Context): string {
  return `${publicUrl ?? new URL(c.req.url).origin}/auth/callback`
}

/** Whether the `Origin` header names this site. A request without it is refused. */
function isFromHere({ publicUrl }: AuthRouteOptions, c: Context): boolean {
  const origin = c.req.header('origin')
  return origin !== undefined && origin === new URL(publicUrl ?? c.req.url).origin
}
