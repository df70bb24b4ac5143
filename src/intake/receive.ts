/**
 * Receives GitHub's deliveries: the signature of the raw bytes is checked first, then the delivery is stored durably, then
 * GitHub gets a 2xx. The answer is always a fixed sentence, because GitHub keeps it in a log that others can read.
 */
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSameSecret } from '../same-secret.ts'
import type { BodyProblem, BodyReader } from './body-reader.ts'

export interface ReceiveOptions {
  secret: string
  bodies: BodyReader
  /** Resolves once the delivery is durable. */
  receive(delivery: { id: string; name: string; payload: object }): Promise<void>
  onFailure(error: unknown, delivery: { id: string; name: string }): void
  /** Limit for `receive`, in ms. */
  timeoutMs?: number
  /** Called with the reason when a request is refused before its signature is known to be valid. */
  onRefused?(reason: string): void
}

const PROBLEMS: Record<BodyProblem, [status: number, sentence: string]> = {
  'too large': [413, 'The payload is larger than 25 MB.'],
  broken: [400, 'The payload did not arrive completely.'],
  busy: [503, 'Too much is being received at once. Please redeliver it.'],
}

/** GitHub closes the connection after ten seconds. An earlier answer appears in its delivery log, a later one does not. */
const GITHUB_TIMEOUT_MS = 9000

/** Printable ASCII, because the id is written to the log as it is. */
const ID = /^[\x21-\x7e]{1,200}$/
const NAME = /^[a-z_]{1,100}$/

/** Answers one request to the webhook route. Never throws. */
export async function receiveDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiveOptions,
): Promise<void> {
  const answer = (status: number, sentence: string) => send(request, response, status, sentence)
  const refuse = (status: number, sentence: string) => {
    options.onRefused?.(sentence)
    answer(status, sentence)
  }
  if (request.method !== 'POST') return answer(405, 'Webhooks are sent with POST.')
  const signature = singleHeader(request, 'x-hub-signature-256')
  if (!signature) return refuse(401, 'The signature is missing.')
  const body = await options.bodies.read(request, response)
  if (typeof body === 'string') return refuse(...PROBLEMS[body])
  if (!isSigned(body, signature, options.secret)) return refuse(401, 'The signature does not match.')
  const id = singleHeader(request, 'x-github-delivery')
  const name = singleHeader(request, 'x-github-event')
  if (!id || !name || !ID.test(id) || !NAME.test(name))
    return answer(400, 'X-GitHub-Delivery or X-GitHub-Event is missing.')
  const payload = parsePayload(body, singleHeader(request, 'content-type'))
  if (payload === null) return answer(400, 'The payload is not a JSON object.')
  try {
    await withTimeout(options.receive({ id, name, payload }), options.timeoutMs ?? GITHUB_TIMEOUT_MS)
    answer(202, 'Recorded.')
  } catch (error) {
    options.onFailure(error, { id, name })
    answer(503, 'The delivery could not be recorded. Please redeliver it.')
  }
}

function send(request: IncomingMessage, response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent || response.destroyed) return
  // The unread rest of a body would be read as the next request.
  const close: Record<string, string> = request.complete ? {} : { connection: 'close' }
  const length = { 'content-length': String(Buffer.byteLength(sentence) + 1) }
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...length, ...close }
  response.writeHead(status, headers).end(`${sentence}\n`)
}

/**
 * Rejects when `recorded` takes longer than `ms`. The delivery may be stored all the same. GitHub then redelivers it, and it
 * counts once.
 */
function withTimeout(recorded: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not recorded within ${ms / 1000} s`)), ms)
    recorded.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Whether the signature is the HMAC-SHA256 of the raw bytes. */
export function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  return isSameSecret(signature, expected)
}

/** A header that was sent once. A proxy in front of this server could understand two of one name differently. */
function singleHeader(request: IncomingMessage, name: string): string | null {
  const [value, ...more] = request.headersDistinct[name] ?? []
  return value && more.length === 0 ? value : null
}

/** The payload as JSON, or in the form that GitHub sends when the webhook's content type is set to it. */
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
