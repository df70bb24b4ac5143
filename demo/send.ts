/** Sends deliveries to the running server as GitHub does: signed, over HTTP, many at once. */
import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Delivery } from '../src/intake/prepare.ts'

const AT_ONCE = 20
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

/** Posts the deliveries. @throws when one is not answered with a 2xx */
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
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, deliveries.length) }, sender))
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
    const outgoing = request(address, { method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      const isGood = (answer.statusCode ?? 0) < 300
      answer.on('end', () =>
        isGood ? resolve() : reject(new Error(`delivery ${id} was answered with ${answer.statusCode}`)),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
