/** Sends signed webhooks to the app once, as GitHub does, and records each delivery. */
import { createHmac, randomUUID } from 'node:crypto'
import { newId } from './seed.ts'
import { toInstant } from './shapes/instance.ts'
import type { Delivery, State } from './state.ts'

/** GitHub's timeout for a response. */
const PATIENCE_MS = 10_000

export interface Event {
  /** Event name, such as `pull_request`. */
  name: string
  payload: Record<string, unknown>
  /** GUID of the delivery; a new one by default. */
  id?: string
  /** Whether the payload was recorded elsewhere or is broken on purpose. It is not checked against GitHub's description. */
  recorded?: boolean
}

/** Posts one event to the app's webhook address and records the delivery. A failed delivery does not throw. */
export async function send(
  state: State,
  event: Event,
  now: () => number,
  redelivery = false,
): Promise<Delivery> {
  const guid = event.id ?? randomUUID()
  const body = JSON.stringify(event.payload)
  const headers = requestHeaders(state, event.name, guid, body)
  const started = now()
  const answer = await post(state.app.webhookUrl, headers, body)
  const delivery: Delivery = {
    id: newId(state),
    guid,
    deliveredAt: toInstant(started),
    redelivery,
    duration: answer.seconds,
    status: answer.status,
    statusCode: answer.statusCode,
    event: event.name,
    action: typeof event.payload.action === 'string' ? event.payload.action : null,
    installationId: idOf(event.payload.installation),
    repositoryId: idOf(event.payload.repository),
    request: { headers, payload: event.payload },
    response: { headers: answer.headers, payload: answer.body },
  }
  state.deliveries.push(delivery)
  return delivery
}

function idOf(value: unknown): number | null {
  if (typeof value !== 'object' || !value || !('id' in value)) return null
  return typeof value.id === 'number' ? value.id : null
}

/** The value of `X-Hub-Signature-256`. */
function signature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

function requestHeaders(state: State, name: string, guid: string, body: string): Record<string, string> {
  return {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/fake',
    'x-github-delivery': guid,
    'x-github-event': name,
    'x-github-hook-id': '1',
    'x-github-hook-installation-target-id': String(state.app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature-256': signature(state.app.webhookSecret, body),
  }
}

interface PostAnswer {
  status: string
  statusCode: number
  seconds: number
  headers: Record<string, string>
  body: string
}

async function post(url: string | null, headers: Record<string, string>, body: string): Promise<PostAnswer> {
  const started = performance.now()
  const took = () => Math.round(performance.now() - started) / 1000
  const failed = (status: string) => ({ status, statusCode: 0, seconds: took(), headers: {}, body: '' })
  if (!url) return failed('failed to connect to host')
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    const text = await response.text()
    return {
      status: response.ok ? 'OK' : response.statusText || `Invalid HTTP Response: ${response.status}`,
      statusCode: response.status,
      seconds: took(),
      headers: Object.fromEntries(response.headers),
      body: text,
    }
  } catch (error) {
    return failed(
      error instanceof Error && error.name === 'TimeoutError' ? 'timed out' : 'failed to connect to host',
    )
  }
}
