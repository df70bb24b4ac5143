/** A fake GitHub on loopback. Tests, demo and benchmarks use it instead of github.com, with the real client. */
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import type { Contract } from './contract.ts'
import { answer, type Exchange, type Outgoing } from './exchange.ts'
import { type Fault, Faults } from './faults.ts'
import { withName } from './paging.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes/table.ts'
import type { GitHubInstance } from './shapes/instance.ts'
import { type App, type Delivery, emptyState, type State } from './state.ts'
import { type Event, send } from './webhooks.ts'

export interface FakeGitHubOptions {
  /** Port on 127.0.0.1; any free one by default. */
  port?: number
  app?: Partial<App>
  /** The clock for `created_at` and similar fields, epoch ms. Tokens and rate limits always use the real clock. */
  now?: () => number
  /** Checks every request and response against GitHub's published OpenAPI descriptions. */
  validate?: boolean
}

export interface LoggedRequest {
  method: string
  /** Template such as `/repos/{owner}/{repo}`, or the path itself when unknown. */
  route: string
  path: string
  status: number
  /** Arrival in epoch ms, and milliseconds until the response. */
  at: number
  tookMs: number
}

export interface FakeGitHub extends AsyncDisposable {
  /** REST base to give to Octokit as `baseUrl`. The same without `/api/v3` works too. */
  url: string
  /** Root of the server: web pages, sign-in. */
  web: string
  state: State
  requests: LoggedRequest[]
  /** Requests and responses that violate GitHub's description. Tests expect it to be empty. */
  violations: string[]
  /** Makes the next matching requests fail. */
  failNext: (fault: Fault) => void
  clearFaults: () => void
  /** Posts a signed webhook to the app once and records the delivery with its response. */
  deliver: (event: Event) => Promise<Delivery>
  /** Resolves once every requested redelivery was posted. */
  settled: () => Promise<void>
  close: () => Promise<void>
}

type Server = ReturnType<typeof createAdaptorServer>
type Env = { Bindings: HttpBindings }

/** Starts the server on loopback. Resolves once it listens. */
export async function startFakeGitHub(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const now = options.now ?? Date.now
  const state = emptyState(options.app ?? {}, '2024-01-01T00:00:00Z')
  const github: GitHubInstance = { state, api: '', web: '', now }
  const violations: string[] = []
  const requests: LoggedRequest[] = []
  const contract = options.validate ? await contractOf() : null
  const faults = new Faults()
  const sending = new Set<Promise<unknown>>()
  const redeliver = (id: number): void => {
    const old = state.deliveries.find((delivery) => delivery.id === id)
    if (!old) return
    const event = { name: old.event, payload: old.request.payload, id: old.guid }
    const sent = send(state, event, now, true).finally(() => sending.delete(sent))
    sending.add(sent)
  }
  const on: Exchange = { github, faults, contract, violations, redeliver }
  const server = createAdaptorServer({ fetch: routed(on, requests).fetch, hostname: '127.0.0.1' })
  github.web = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`
  github.api = `${github.web}/api/v3`
  const settled = async () => {
    await Promise.all(sending)
  }
  const close = async () => {
    await settled()
    await shut(server)
  }
  return {
    url: github.api,
    web: github.web,
    state,
    requests,
    violations,
    failNext: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    deliver: (event) => {
      const wrong = event.recorded ? null : contract?.webhook(event.name, event.payload)
      if (wrong) violations.push(wrong)
      return send(state, event, now)
    },
    settled,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** Closes the server, including kept-alive connections. */
function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

async function contractOf(): Promise<Contract> {
  const { loadContract } = await import('./contract.ts')
  return loadContract()
}

/** The Hono app with the route table. `/api/v3` and `/repositories/{id}` are normalised first. */
function routed(on: Exchange, requests: LoggedRequest[]): Hono<Env> {
  const getPath = (request: Request) => plainPath(on, new URL(request.url).pathname)
  const app = new Hono<Env>({ getPath })
  for (const route of ROUTES) {
    const pattern = route.path.replace('{path}', ':path{.+}').replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(route.method, pattern, (c) => handle(on, requests, route, c))
  }
  app.notFound((c) => {
    const { method } = c.req
    const sentence = `The fake GitHub does not know ${method} ${c.req.path}; check the path, or add the operation to its route table.`
    on.violations.push(sentence)
    requests.push({ method, route: c.req.path, path: c.req.path, status: 501, at: Date.now(), tookMs: 0 })
    return c.json({ message: sentence }, 501)
  })
  return app
}

function plainPath(on: Exchange, path: string): string {
  if (path === '/api/graphql') return '/graphql'
  const bare = path.startsWith('/api/v3/') ? path.slice('/api/v3'.length) : path
  return withName(bare, on.github.state)
}

async function handle(
  on: Exchange,
  requests: LoggedRequest[],
  route: Route,
  c: Context<Env>,
): Promise<Response> {
  const at = Date.now()
  const logged = { method: c.req.method, route: route.path, path: c.req.path, status: 0, at, tookMs: 0 }
  requests.push(logged)
  const out = await answer(on, route, {
    method: c.req.method,
    path: c.req.path,
    query: new URL(c.req.url).searchParams,
    params: c.req.param() as Record<string, string>,
    header: (name) => c.req.header(name),
    text: await c.req.text(),
  })
  logged.status = out.status
  logged.tookMs = Date.now() - at
  if (out.broken) return breakOff(c, out)
  const empty = out.status === 204 || out.status === 304
  return new Response(empty ? null : out.text, { status: out.status, headers: out.headers })
}

/** Sends half of the response or nothing, and closes the connection. */
function breakOff(c: Context<Env>, out: Outgoing): Response {
  const { outgoing } = c.env
  if (out.broken === 'cut') {
    outgoing.destroy()
    return RESPONSE_ALREADY_SENT
  }
  const bytes = Buffer.from(out.text)
  outgoing.writeHead(out.status, { ...out.headers, 'content-length': String(bytes.length) })
  outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => outgoing.destroy())
  return RESPONSE_ALREADY_SENT
}
