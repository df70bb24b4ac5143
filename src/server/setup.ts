/**
 * Probot's own set-up page, while there are no app credentials: it creates the app on GitHub from app.yml.
 * Whoever sets the app up decides whose webhooks are believed, and Probot's page asks nobody who they are; so it opens only
 * to whoever brings the code that the process printed where it was started, and keeps it in a cookie.
 */
import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { run, type Server } from 'probot'
import { isSameSecret } from '../same-secret.ts'
import { WEBHOOK_PATH } from './http.ts'

export interface SetUp {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** The path that opens the page; null where there is nothing to set up. */
  path: string | null
  close(): Promise<void>
}

const COOKIE = 'flake-sla-set-up'

/** Starts Probot's set-up on a loopback port of its own and hands requests on to it. */
export function createSetUp(publicUrl: string | null): SetUp {
  let server: Promise<Server> | null = null
  const code = randomBytes(24).toString('base64url')
  const start = async () => {
    process.env.NO_SMEE_SETUP = 'true'
    // Probot's manifest would send webhooks to "/"; it takes this address instead.
    if (publicUrl) process.env.WEBHOOK_PROXY_URL ??= `${publicUrl}${WEBHOOK_PATH}`
    return run(() => {}, { env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' } })
  }
  return {
    path: `/probot?key=${code}`,
    async answer(request, response) {
      if (process.env.NODE_ENV === 'production')
        return tell(
          response,
          200,
          'Set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET: the set-up page is off in production.',
        )
      if (isSameSecret(keyOf(request), code)) return open(response, code)
      if (!isSameSecret(cookieOf(request), code))
        return tell(response, 403, 'Open the address that this server printed when it started.')
      if (!isFromHere(request)) return tell(response, 403, 'This can only be asked from our own pages.')
      server ??= start()
      const { port } = await server
      await forward(request, response, port)
    },
    async close() {
      await (await server)?.stop()
    },
  }
}

/** What `/probot` says once the app is set up. */
export const alreadySetUp: SetUp = {
  answer: async (_request, response) => tell(response, 200, 'This app is set up.'),
  path: null,
  close: async () => {},
}

function tell(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
}

/** The cookie comes along when GitHub sends the browser back, and never with a form or script of another site. */
function open(response: ServerResponse, code: string): void {
  response
    .writeHead(303, {
      location: '/probot',
      'set-cookie': `${COOKIE}=${code}; Path=/probot; HttpOnly; SameSite=Lax; Max-Age=3600`,
      'referrer-policy': 'no-referrer',
    })
    .end()
}

function keyOf(request: IncomingMessage): string {
  return new URLSearchParams(request.url?.split('?')[1] ?? '').get('key') ?? ''
}

function cookieOf(request: IncomingMessage): string {
  const cookies = request.headers.cookie?.split(/; */) ?? []
  return cookies.find((one) => one.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? ''
}

/** A browser names the site that a change comes from. */
function isFromHere({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  const { origin, host } = headers
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, url: path, headers } = request
    const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response).on('close', resolve)
    })
    onward.on('error', reject)
    request.pipe(onward)
  })
}
