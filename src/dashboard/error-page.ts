/** The answer when a page fails: 503 for a transient database error, 500 for a fault of this program. */
import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { isTransient } from '../db/transient-error.ts'
import type { DashboardDeps } from './deps.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'

const UNAVAILABLE = {
  title: 'Temporarily unavailable',
  sentence: 'The database is unavailable. Try again in a moment.',
}
const INTERNAL = { title: 'Internal error', sentence: 'Internal error; see the server log.' }
const RETRY_AFTER_S = '30'

/** Answers as HTML, JSON or plain text, whichever the address serves, and passes the error to `onError`. */
export function errorAnswer({ onError }: Pick<DashboardDeps, 'onError'>): ErrorHandler {
  return (error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    const transient = isTransient(error)
    // The route's pattern, because the address itself is untrusted.
    onError?.(error, { route: routePath(c, -1), isTransient: transient })
    const status = transient ? 503 : 500
    const { title, sentence } = transient ? UNAVAILABLE : INTERNAL
    c.header('cache-control', 'no-store')
    if (status === 503) c.header('retry-after', RETRY_AFTER_S)
    const { path } = c.req
    if (path.startsWith('/api/')) return c.json({ error: sentence }, status)
    if (path === '/metrics' || /\.(?:svg|csv)$/.test(path)) return c.text(`${sentence}\n`, status)
    const body = html`<h1>${title}</h1><p>${sentence} <a href="/">All repositories</a></p>`
    return c.html(layout({ title, body }), status)
  }
}
