/** What is answered where a page could not be made: mostly the database is away for a while, and nothing is wrong with the page. */
import type { ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { isTransient } from '../db/transient-error.ts'
import type { DashboardDeps } from './deps.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'

const AWAY =
  'The database cannot be reached. It is tried again with every request; webhooks are refused meanwhile.'
const BROKEN = 'Something went wrong here. The log says what.'
const RETRY_AFTER_S = '30'

/** Answers in the caller's language, 503 for what passes and 500 for what does not, and hands the error to `onError`. */
export function failed({ onError }: Pick<DashboardDeps, 'onError'>): ErrorHandler {
  return (error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    const isPassing = isTransient(error)
    // The route's pattern: an address is whatever a stranger wrote.
    onError?.(error, { route: routePath(c, -1), isPassing })
    const [status, sentence] = isPassing ? ([503, AWAY] as const) : ([500, BROKEN] as const)
    c.header('cache-control', 'no-store')
    if (status === 503) c.header('retry-after', RETRY_AFTER_S)
    const { path } = c.req
    if (path.startsWith('/api/')) return c.json({ error: sentence }, status)
    if (path === '/metrics' || /\.(?:svg|csv)$/.test(path)) return c.text(`${sentence}\n`, status)
    const body = html`<h1>Not now</h1><p>${sentence} <a href="/">All repositories</a></p>`
    return c.html(layout({ title: 'Not now', body }), status)
  }
}
