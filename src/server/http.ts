/** The HTTP server: routes webhooks, health checks and set-up, and passes everything else to the dashboard. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

export const WEBHOOK_PATH = '/api/github/webhooks'

export interface Routes {
  webhook(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Whether the database answers and is migrated. */
  isReady(): Promise<boolean>
  setUp(request: IncomingMessage, response: ServerResponse): Promise<void>
  pages: { fetch(request: Request): Response | Promise<Response> }
}

export interface RunningServer {
  url: string
  /** Stops listening and waits for open requests, at most 5 s. */
  close(): Promise<void>
}

/** Limits for slow clients, in ms. A connection that exceeds one is closed. */
export interface TimeLimits {
  headers: number
  /** For headers and body together. */
  request: number
  /** Without a byte in either direction. */
  idle: number
  /** How often connections are checked. */
  check: number
}

/** GitHub's own limit for a delivery is 10 s. */
const TIME_LIMITS: TimeLimits = { headers: 10_000, request: 20_000, idle: 60_000, check: 2_000 }
// Longer than reverse proxies keep their connections: otherwise they send a delivery into a connection that just closed.
const KEEP_ALIVE_MS = 75_000
const MAX_CONNECTIONS = 4_000
/** A container is killed ten seconds after it is asked to stop. The database has to be closed by then. */
const MAX_STOP_MS = 5000

/** Listens on `host` and `port`; port 0 means any free port. @throws when the port is in use */
export async function listen(
  routes: Routes,
  host: string,
  port: number,
  limits: TimeLimits = TIME_LIMITS,
): Promise<RunningServer> {
  const pages = getRequestListener((request) => routes.pages.fetch(request))
  const times = {
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: limits.check,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const open = new Set<ServerResponse>()
  const server = createServer(times, (request, response) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    if (!server.listening) closeAfter(response)
    route(routes, pages, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end('Internal error; see the server log.\n')
    })
  })
  // Also closes connections of clients that do not read what they asked for.
  server.setTimeout(limits.idle)
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${taken}`, close: () => stop(server, open) }
}

async function route(
  routes: Routes,
  pages: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (path === WEBHOOK_PATH) return routes.webhook(request, response)
  if (path === '/probot' || path.startsWith('/probot/')) return routes.setUp(request, response)
  // POST is for the forms of a few pages.
  if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) return answer(response, 405, 'Use GET.')
  if (path === '/healthz') return answer(response, 200, 'ok')
  if (path === '/readyz')
    return (await routes.isReady()) ? answer(response, 200, 'ready') : answer(response, 503, 'not ready')
  return pages(request, response)
}

function answer(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    .end(`${text}\n`)
}

/** Closes the connection after this answer. A client that keeps it busy would otherwise delay the stop. */
function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

async function stop(server: Server, open: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const response of open) closeAfter(response)
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), MAX_STOP_MS)
  await closed
  clearTimeout(timer)
}
