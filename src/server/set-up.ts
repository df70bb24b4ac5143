/** Probot's own set-up page, while there are no app credentials: it creates the app on GitHub from app.yml. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { run, type Server } from 'probot'
import { WEBHOOK_PATH } from './http.ts'

export interface SetUp {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): Promise<void>
}

/** Starts Probot's set-up on a loopback port of its own and hands requests on to it. */
export function createSetUp(publicUrl: string | null): SetUp {
  let server: Promise<Server> | null = null
  const start = async () => {
    process.env.NO_SMEE_SETUP = 'true'
    // Probot's manifest would send webhooks to "/"; it takes this address instead.
    if (publicUrl) process.env.WEBHOOK_PROXY_URL ??= `${publicUrl}${WEBHOOK_PATH}`
    return run(() => {}, { env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' } })
  }
  return {
    async answer(request, response) {
      if (process.env.NODE_ENV === 'production')
        return tell(
          response,
          'Set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET: the set-up page is off in production.',
        )
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
  answer: async (_request, response) => tell(response, 'This app is set up.'),
  close: async () => {},
}

function tell(response: ServerResponse, sentence: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
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
