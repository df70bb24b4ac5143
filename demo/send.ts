/** Sends deliveries to the running server as GitHub does: signed, over HTTP, several at a time. */
import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Delivery } from '../src/intake/prepare.ts'

const MAX_CONNECTIONS = 20
const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })

/** Posts the deliveries. @throws when a response is not 2xx */
export async function sendAll(
  address: string,
  secret: string,
  deliveries: readonly Delivery[],
): Promise<void> {
  let next = 0
  const sender = async () => {
    for (let delivery = deliveries[next++]; delivery; delivery = deliveries[next++])
      await send(address, secret, delivery)
  }
  await Promise.all(Array.from({ length: Math.min(MAX_CONNECTIONS, deliveries.length) }, sender))
}

function send(address: string, secret: string, { id, name, payload }: Delivery): Promise<void> {
  const body = Buffer.from(JSON.stringify(payload))
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-github-delivery': id,
    'x-github-event': name,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      const isAccepted = (response.statusCode ?? 0) < 300
      response.on('end', () =>
        isAccepted ? resolve() : reject(new Error(`delivery ${id} got status ${response.statusCode}`)),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
