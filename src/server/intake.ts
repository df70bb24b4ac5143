/**
 * Takes GitHub's deliveries: signature first, on the raw bytes, then one durable record, then the 2xx.
 * What goes back to GitHub is one fixed sentence: GitHub keeps answers in its delivery log, where others read them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface IntakeOptions {
  secret: string
  /** Resolves once the delivery is durable. */
  receive(delivery: { id: string; name: string; payload: object }): Promise<void>
  onFailure(error: unknown, delivery: { id: string; name: string }): void
}

/** GitHub sends no payload larger than this. */
const MOST_BYTES = 25 * 1024 * 1024

/** Answers one request to the webhook route. Never throws. */
export async function takeDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  options: IntakeOptions,
): Promise<void> {
  const answer = (status: number, sentence: string) => {
    if (response.headersSent || response.destroyed) return
    const close: Record<string, string> = status === 413 ? { connection: 'close' } : {}
    const length = { 'content-length': String(Buffer.byteLength(sentence) + 1) }
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...length, ...close }
    response.writeHead(status, headers).end(`${sentence}\n`)
  }
  if (request.method !== 'POST') return answer(405, 'Webhooks are sent with POST.')
  const signature = header(request, 'x-hub-signature-256')
  if (!signature) return answer(401, 'The signature is missing.')
  const body = await readBody(request)
  if (body === 'too large') return answer(413, 'The payload is larger than 25 MB.')
  if (body === 'broken') return answer(400, 'The payload did not arrive whole.')
  if (!isSigned(body, signature, options.secret)) return answer(401, 'The signature does not match.')
  const id = header(request, 'x-github-delivery')
  const name = header(request, 'x-github-event')
  if (!id || !name || id.length > 200 || name.length > 100)
    return answer(400, 'X-GitHub-Delivery or X-GitHub-Event is missing.')
  const payload = parsePayload(body, header(request, 'content-type'))
  if (payload === null) return answer(400, 'The payload is not a JSON object.')
  try {
    await options.receive({ id, name, payload })
    answer(202, 'Recorded.')
  } catch (error) {
    options.onFailure(error, { id, name })
    answer(503, 'The delivery could not be recorded. Please redeliver it.')
  }
}

/** HMAC-SHA256 of the raw bytes, compared in constant time. */
export function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'broken'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_BYTES) return void chunks.push(chunk)
      request.pause()
      resolve('too large')
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve('broken'))
    request.on('close', () => resolve('broken'))
  })
}

/** JSON, or the form that GitHub wraps it in when the webhook's content type is so set. */
function parsePayload(body: Buffer, contentType: string | null): object | null {
  try {
    const isForm = contentType?.startsWith('application/x-www-form-urlencoded')
    const text = isForm
      ? (new URLSearchParams(body.toString('utf8')).get('payload') ?? '')
      : body.toString('utf8')
    const payload: unknown = JSON.parse(text)
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : null
  } catch {
    return null
  }
}
