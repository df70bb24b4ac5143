/** The database takes longer than GitHub waits: the sender is told so while there is still somebody to hear it. */
import { expect, onTestFinished, test } from 'vitest'
import { createBodyReader } from '../../src/intake/body-reader.ts'
import { receiveDelivery } from '../../src/intake/receive.ts'
import { listen, WEBHOOK_PATH } from '../../src/server/http.ts'
import { signatureOf, WEBHOOK_SECRET } from '../support/app.ts'

test('a delivery that is not recorded in time is refused, so that it can be sent again', async () => {
  const failures: unknown[] = []
  const bodies = createBodyReader()
  const server = await listen(
    {
      webhook: (request, response) =>
        receiveDelivery(request, response, {
          ...{ secret: WEBHOOK_SECRET, bodies, timeoutMs: 100 },
          receive: () => new Promise(() => {}),
          onFailure: (error) => failures.push(String(error)),
        }),
      isReady: async () => true,
      setUp: async (_request, response) => void response.end(),
      pages: { fetch: () => new Response('a page\n') },
    },
    '127.0.0.1',
    0,
  )
  onTestFinished(() => server.close())
  const headers = {
    'x-hub-signature-256': signatureOf('{}'),
    'x-github-delivery': 'a',
    'x-github-event': 'ping',
  }
  const answer = await fetch(`${server.url}${WEBHOOK_PATH}`, { method: 'POST', body: '{}', headers })
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain('Please redeliver it.')
  expect(failures).toEqual(['Error: not recorded within 0.1 s'])
})
