/**
 * Takes GitHub's deliveries: signature first, on the raw bytes, then one durable record, then the 2xx.
 * What goes back to GitHub is one fixed sentence: GitHub keeps answers in its delivery log, where others read them.
 */
import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSameSecret } from '../same-secret.ts'
import type { BodyProblem, BodyReader } from './body.ts'

export interface IntakeOptions {
  secret: string
  bodies: BodyReader
  /** Resolves once the delivery is durable. */
  receive(delivery: { id: string; name: string; payload: object }): Promise<void>
  onFailure(error: unknown, delivery: { id: string; name: string }): void
  /** How long `receive` may take, in ms; GitHub itself hangs up after ten seconds. */
  timeoutMs?: number
  /** A request that was refused before its signature was known to be GitHub's. */
  onRefused?(sentence: string): void
}

const PROBLEMS: Record<BodyProblem, [status: number, sentence: string]> = {
  'too large': [413, 'The payload is larger than 25 MB.'],
  broken: [400, 'The payload did not arrive whole.'],
  busy: [503, 'Too much is being received at once. Please redeliver it.'],
}

/** A refusal that GitHub hears is in its delivery log with our sentence; one that comes later is "timed out". */
const GITHUB_TIMEOUT_MS = 9000

/** Printable ASCII: an id goes into the log as it is. */
const ID = /^[\x21-\x7e]{1,200}$/
const NAME = /^[a-z_]{1,100}$/

/** Answers one request to the webhook route. Never throws. */
export async function takeDelivery(
  request: IncomingMessage,
  response: ServerResponse,
  options: IntakeOptions,
): Promise<void> {
  const answer = (status: number, sentence: string) => {
    if (response.headersSent || response.destroyed) return
    // What was not read would be read as the next request, or have to be waited for.
    const close: Record<string, string> = request.complete ? {} : { connection: 'close' }
    const length = { 'content-length': String(Buffer.byteLength(sentence) + 1) }
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...length, ...close }
    response.writeHead(status, headers).end(`${sentence}\n`)
  }
  const refuse = (status: number, sentence: string) => {
    options.onRefused?.(sentence)
    answer(status, sentence)
  }
  if (request.method !== 'POST') return answer(405, 'Webhooks are sent with POST.')
  const signature = header(request, 'x-hub-signature-256')
  if (!signature) return refuse(401, 'The signature is missing.')
  const body = await options.bodies.read(request, response)
  if (typeof body === 'string') return refuse(...PROBLEMS[body])
  if (!isSigned(body, signature, options.secret)) return refuse(401, 'The signature does not match.')
  const id = header(request, 'x-github-delivery')
  const name = header(request, 'x-github-event')
  if (!id || !name || !ID.test(id) || !NAME.test(name))
    return answer(400, 'X-GitHub-Delivery or X-GitHub-Event is missing.')
  const payload = parsePayload(body, header(request, 'content-type'))
  if (payload === null) return answer(400, 'The payload is not a JSON object.')
  try {
    await inTime(options.receive({ id, name, payload }), options.timeoutMs ?? GITHUB_TIMEOUT_MS)
    answer(202, 'Recorded.')
  } catch (error) {
    options.onFailure(error, { id, name })
    answer(503, 'The delivery could not be recorded. Please redeliver it.')
  }
}

/**
 * Fails when `recorded` takes longer. It may come about even so: a delivery that was refused, is stored, and is sent again
 * counts once.
 */
function inTime(recorded: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not recorded within ${ms / 1000} s`)), ms)
    recorded.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** HMAC-SHA256 of the raw bytes, compared in constant time. */
export function isSigned(body: Buffer, signature: string, secret: string): boolean {
  return isSameSecret(signature, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
}

/** A header that was sent once; two of one name could mean something else to whoever stands before us. */
function header(request: IncomingMessage, name: string): string | null {
  const [value, ...more] = request.headersDistinct[name] ?? []
  return value && more.length === 0 ? value : null
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
