/** The HTTP server: webhooks, health, set-up, and everything else to the dashboard. */
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
  /** Stops listening, waits for answers under way (5 s at most), and ends. */
  close(): Promise<void>
}

/** How long a sender may take, in ms. Those who take longer are cut off. */
export interface TimeLimits {
  headers: number
  /** Headers and body. */
  request: number
  /** Without a byte either way. */
  silence: number
  /** How often is looked for slow ones. */
  check: number
}

/** GitHub itself gives up after 10 s. */
const TIME_LIMITS: TimeLimits = { headers: 10_000, request: 20_000, silence: 60_000, check: 2_000 }
// Longer than the proxies in front keep theirs, which would else send a delivery into a connection just closed.
const KEEP_ALIVE_MS = 75_000
const MAX_CONNECTIONS = 4_000
/** Whoever stops a container ends it by force after ten seconds, and the database is to be closed by then. */
const MAX_STOP_MS = 5000

/** Listens on `host`:`port`; port 0 takes a free one. */
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
  const underWay = new Set<ServerResponse>()
  const server = createServer(times, (request, response) => {
    underWay.add(response)
    response.once('close', () => underWay.delete(response))
    if (!server.listening) leave(response)
    route(routes, pages, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end('Something went wrong here.\n')
    })
  })
  // Also drops those who ask for much and do not read it.
  server.setTimeout(limits.silence)
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${taken}`, close: () => stop(server, underWay) }
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
  // Everything else is for reading, but for a form or two among the pages.
  if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) return say(response, 405, 'Ask with GET.')
  if (path === '/healthz') return say(response, 200, 'ok')
  if (path === '/readyz')
    return (await routes.isReady()) ? say(response, 200, 'ready') : say(response, 503, 'not ready')
  return pages(request, response)
}

function say(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
    .end(`${text}\n`)
}

/** The last answer on its connection: who keeps theirs busy would otherwise hold up the stop. */
function leave(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
}

async function stop(server: Server, underWay: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const response of underWay) leave(response)
  server.closeIdleConnections()
  const patience = setTimeout(() => server.closeAllConnections(), MAX_STOP_MS)
  await closed
  clearTimeout(patience)
}
