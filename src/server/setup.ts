/**
 * Probot's set-up page, shown while there are no app credentials. It creates the app on GitHub from app.yml. The person who
 * sets the app up decides whose webhooks are trusted, and Probot's page has no login. So it opens only with the code that the
 * process printed at its start, which is then kept in a cookie.
 */
import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { run, type Server } from 'probot'
import { isSameSecret } from '../same-secret.ts'
import { WEBHOOK_PATH } from './http.ts'

export interface SetUp {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** The path that opens the page; null once the app is set up. */
  path: string | null
  close(): Promise<void>
}

const COOKIE = 'flake-sla-set-up'
const PRODUCTION = 'The set-up page is off in production. Set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET.'

/** Starts Probot's set-up server on a loopback port when it is first needed, and forwards requests to it. */
export function createSetUp(publicUrl: string | null): SetUp {
  let server: Promise<Server> | null = null
  const code = randomBytes(24).toString('base64url')
  const start = async () => {
    process.env.NO_SMEE_SETUP = 'true'
    // Without this address Probot's manifest would send webhooks to "/".
    if (publicUrl) process.env.WEBHOOK_PROXY_URL ??= `${publicUrl}${WEBHOOK_PATH}`
    return run(() => {}, { env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' } })
  }
  return {
    path: `/probot?key=${code}`,
    async answer(request, response) {
      if (process.env.NODE_ENV === 'production') return answer(response, 200, PRODUCTION)
      if (isSameSecret(keyOf(request), code)) return open(response, code)
      if (!isSameSecret(cookieOf(request), code))
        return answer(response, 403, 'Open the address that this server printed when it started.')
      if (!isSameOrigin(request))
        return answer(response, 403, 'This request has to come from the set-up page itself.')
      server ??= start()
      const { port } = await server
      await forward(request, response, port)
    },
    async close() {
      await (await server)?.stop()
    },
  }
}

/** Answers `/probot` once the app is set up. */
export const alreadySetUp: SetUp = {
  answer: async (_request, response) => answer(response, 200, 'This app is set up.'),
  path: null,
  close: async () => {},
}

function answer(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
}

/** `SameSite=Lax`: browsers send the cookie when GitHub redirects back, and never with a form or script of another site. */
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
  return cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? ''
}

/** Browsers send `Origin` with every request that can change something. */
function isSameOrigin({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return true
  const { origin, host } = headers
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, url: path, headers } = request
    const forwarded = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response).on('close', resolve)
    })
    forwarded.on('error', reject)
    request.pipe(forwarded)
  })
}
