/** The server stops under load: accepted requests are answered, and busy connections do not delay the stop. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listen, WEBHOOK_PATH } from '../../src/server/http.ts'

test('busy keep-alive connections are answered and left within moments', async () => {
  let taken = 0
  const server = await listen(
    {
      async webhook(_request, response) {
        taken++
        await sleep(20)
        response.writeHead(202).end('Recorded.\n')
      },
      isReady: async () => true,
      setUp: async (_request, response) => void response.end(),
      pages: { fetch: () => new Response('a page\n') },
    },
    '127.0.0.1',
    0,
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 10 })
  let answered = 0
  let isOpen = true
  const ask = () =>
    new Promise<void>((resolve) => {
      request(`${server.url}${WEBHOOK_PATH}`, { agent, method: 'POST' }, (answer) => {
        answered++
        answer.resume().on('end', resolve)
      })
        .on('error', () => {
          isOpen = false
          resolve()
        })
        .end()
    })
  const asking = Array.from({ length: 10 }, async () => {
    while (isOpen) await ask()
  })
  await sleep(200)
  const started = performance.now()
  await server.close()
  expect(performance.now() - started).toBeLessThan(1000)
  isOpen = false
  await Promise.all(asking)
  expect(taken).toBeGreaterThan(10)
  expect(answered).toBe(taken)
})
