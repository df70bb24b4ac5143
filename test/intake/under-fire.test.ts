/** The server under fire: requests that no honest client sends, over raw sockets. After each the server goes on. */
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createBodyReader } from '../../src/intake/body-reader.ts'
import { receiveDelivery } from '../../src/intake/receive.ts'
import { createRefusalLog } from '../../src/intake/refusal-log.ts'
import { listen, type Routes, type RunningServer, WEBHOOK_PATH } from '../../src/server/http.ts'
import { signatureOf, WEBHOOK_SECRET } from '../support/app.ts'
import { checkRunDelivery } from '../support/deliveries.ts'
import { sendRaw } from '../support/raw.ts'

const FAST = { headers: 300, request: 600, idle: 900, check: 50 }
const SMALL = { maxBytes: 1_000_000, maxHeldBytes: 3_000_000 }
const BODY = JSON.stringify(checkRunDelivery().payload)

interface Tried extends RunningServer {
  received: { id: string; name: string; payload: object }[]
  refused: string[]
}

/** The server with small limits, in front of a recorder that only remembers, or fails with `error`. */
async function start(error?: Error): Promise<Tried> {
  const received: Tried['received'] = []
  const refused: string[] = []
  const options = {
    secret: WEBHOOK_SECRET,
    bodies: createBodyReader(SMALL),
    receive: async (delivery: Tried['received'][number]) => {
      if (error) throw error
      received.push(delivery)
    },
    onFailure: () => {},
    onRefused: (sentence: string) => refused.push(sentence),
  }
  const routes: Routes = {
    webhook: (request, response) => receiveDelivery(request, response, options),
    isReady: async () => true,
    setUp: async (_request, response) => void response.end(),
    pages: { fetch: () => new Response('a page\n'.repeat(1_000_000)) },
  }
  const server = await listen(routes, '127.0.0.1', 0, FAST)
  return { ...server, received, refused }
}

let server: Tried
beforeAll(async () => {
  server = await start()
})
afterAll(() => server.close())

const post = (more: string, body = '') =>
  `POST ${WEBHOOK_PATH} HTTP/1.1\r\nHost: x\r\nX-GitHub-Delivery: a\r\nX-GitHub-Event: check_run\r\n${more}\r\n${body}`
const signed = (body: string, more = '') =>
  post(
    `X-Hub-Signature-256: ${signatureOf(body)}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}`,
    body,
  )

async function goesOn(): Promise<void> {
  const before = server.received.length
  expect((await sendRaw(server.url, [signed(BODY, 'Connection: close\r\n')])).statuses).toEqual([202])
  expect(server.received.length).toBe(before + 1)
}

describe('a body', () => {
  const unsigned = 'X-Hub-Signature-256: sha256=0\r\n'
  const chunk = `${(100_000).toString(16)}\r\n${'a'.repeat(100_000)}\r\n`

  test('announced too large is refused before it is sent', async () => {
    const answer = await sendRaw(server.url, [post(`${unsigned}Content-Length: 1000001\r\n`)])
    expect(answer.statuses).toEqual([413])
    expect(answer.closedAfter).toBeLessThan(300)
    await goesOn()
  })

  test('announced too large is not asked for by 100-continue', async () => {
    const answer = await sendRaw(server.url, [
      post(`${unsigned}Expect: 100-continue\r\nContent-Length: 1000001\r\n`),
    ])
    expect(answer.statuses.at(-1)).toBe(413)
    expect(answer.closedAfter).not.toBeNull()
  })

  test('in chunks without an end is cut off at the limit', async () => {
    const parts = [post(`${unsigned}Transfer-Encoding: chunked\r\n`), ...Array<string>(40).fill(chunk)]
    const answer = await sendRaw(server.url, parts, { pause: 1 })
    expect(answer.statuses).toEqual([413])
    expect(answer.closedAfter).not.toBeNull()
    await goesOn()
  })

  test.each([
    ['shorter than announced', post(`${unsigned}Content-Length: 100\r\n`, 'hello')],
    ['in a chunk that never ends', post(`${unsigned}Transfer-Encoding: chunked\r\n`, 'fff\r\nhello')],
    ['that never begins', post(`${unsigned}Content-Length: 5\r\n`)],
  ])('%s is given up on', async (_name, request) => {
    const answer = await sendRaw(server.url, [request])
    expect(answer.statuses).toEqual([408])
    expect(answer.closedAfter).toBeGreaterThan(400)
    await goesOn()
  })

  test('that comes a byte at a time, each in time, is given up on as a whole', async () => {
    const drops = function* () {
      yield post(`${unsigned}Content-Length: 1000\r\n`)
      for (let i = 0; i < 1000; i++) yield 'a'
    }
    const answer = await sendRaw(server.url, drops(), { pause: 20, timeout: 2500 })
    expect(answer.closedAfter).toBeLessThan(1200)
    await goesOn()
  })

  test('longer than announced ends the connection: the rest is no second request', async () => {
    const answer = await sendRaw(server.url, [`${signed(BODY)}${'x'.repeat(50)}\r\n\r\n`])
    expect(answer.statuses.at(-1)).toBe(400)
    expect(answer.closedAfter).toBeLessThan(300)
    await goesOn()
  })

  test('that is compressed is never unpacked', async () => {
    const before = server.received.length
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
    const head = post(
      `Content-Encoding: gzip\r\nX-Hub-Signature-256: ${signatureOf(bomb)}\r\nContent-Length: ${bomb.length}\r\n`,
    )
    expect((await sendRaw(server.url, [head, bomb], { timeout: 300 })).statuses).toEqual([400])
    expect(server.received.length).toBe(before)
  })

  test('of many strangers at once is held only up to a bound, while small ones are taken', async () => {
    const large = [post(`${unsigned}Content-Length: 900000\r\n`), 'a'.repeat(800_000)]
    const held = Array.from({ length: 6 }, () => sendRaw(server.url, large, { timeout: 1200 }))
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect((await sendRaw(server.url, [signed(BODY)], { timeout: 200 })).statuses).toEqual([202])
    const statuses = (await Promise.all(held)).flatMap((one) => one.statuses).sort()
    expect(statuses).toEqual([408, 408, 408, 503, 503, 503])
    expect((await sendRaw(server.url, [signed(' '.repeat(900_000))], { timeout: 300 })).statuses).toEqual([
      400,
    ])
    await goesOn()
  })
})

describe('a sender', () => {
  test.each([
    ['says nothing', []],
    ['does not end its headers', ['POST / HTTP/1.1\r\nHost: x\r\n']],
  ])('that %s is dropped', async (_name, parts) => {
    const answer = await sendRaw(server.url, parts)
    expect(answer.closedAfter).toBeLessThan(1400)
    await goesOn()
  })

  test('that sends a header at a time is dropped', async () => {
    const drops = function* () {
      yield 'POST / HTTP/1.1\r\nHost: x\r\n'
      for (let i = 0; i < 500; i++) yield `X-${i}: a\r\n`
    }
    const answer = await sendRaw(server.url, drops(), { pause: 20 })
    expect(answer.closedAfter).toBeLessThan(900)
    await goesOn()
  })
})

describe('nothing is smuggled past: a request', () => {
  test.each([
    [
      'with a length and chunks',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      '0\r\n\r\nGET /healthz',
    ],
    ['with two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'hello'],
    ['with a list of lengths', 'Content-Length: 5, 5\r\n', 'hello'],
    ['with a negative length', 'Content-Length: -5\r\n', 'hello'],
    ['with a signed length', 'Content-Length: +5\r\n', 'hello'],
    ['with a hexadecimal length', 'Content-Length: 0x5\r\n', 'hello'],
    ['with a space before the colon', 'Content-Length : 5\r\n', 'hello'],
    ['with a folded header', 'X: a\r\n b\r\n', ''],
    ['with a lone carriage return', 'X: a\rb\r\n', ''],
    ['with NUL in a header', 'X: a\0b\r\n', ''],
    [
      'with an unknown transfer coding',
      'Transfer-Encoding: xchunked\r\n',
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    [
      'with chunks not last',
      'Transfer-Encoding: chunked, gzip\r\n',
      '0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    ['with a broken chunk size', 'Transfer-Encoding: chunked\r\n', 'zz\r\nhello\r\n0\r\n\r\n'],
  ])('%s gets no success, and nothing after it is answered', async (_name, headers, body) => {
    const before = server.received.length
    const answer = await sendRaw(server.url, [post(`X-Hub-Signature-256: sha256=0\r\n${headers}`, body)])
    expect(answer.statuses.filter((status) => status < 400)).toEqual([])
    expect(answer.closedAfter).not.toBeNull()
    expect(server.received.length).toBe(before)
    await goesOn()
  })

  test.each([
    ['the signature', `X-Hub-Signature-256: ${signatureOf(BODY)}\r\n`, 401],
    ['the event', 'X-GitHub-Event: status\r\n', 400],
    ['the delivery', 'X-GitHub-Delivery: b\r\n', 400],
  ])('that names %s twice is refused', async (_name, more, status) => {
    const before = server.received.length
    expect((await sendRaw(server.url, [signed(BODY, more)], { timeout: 300 })).statuses).toEqual([status])
    expect(server.received.length).toBe(before)
  })

  test.each([
    ['a line break in its id', 'a\u0085b', 'check_run'],
    ['an id of 201 characters', 'a'.repeat(201), 'check_run'],
    ['an event named __proto__.x', 'a', '__proto__.x'],
    ['an event of other letters', 'a', 'Check_Run'],
  ])('with %s is refused', async (_name, id, name) => {
    const head = `POST ${WEBHOOK_PATH} HTTP/1.1\r\nHost: x\r\nX-GitHub-Delivery: ${id}\r\nX-GitHub-Event: ${name}\r\nX-Hub-Signature-256: ${signatureOf(BODY)}\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n`
    const answer = await sendRaw(server.url, [Buffer.from(head, 'latin1'), BODY], { timeout: 300 })
    expect(answer.statuses).toEqual([400])
  })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'that is a %s delivers nothing, override or not',
    async (method) => {
      const before = server.received.length
      const request = signed(BODY, 'X-HTTP-Method-Override: POST\r\n').replace('POST ', `${method} `)
      expect((await sendRaw(server.url, [request], { timeout: 300 })).statuses[0]).toBe(405)
      expect(server.received.length).toBe(before)
      const health = `${method} /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
      const expected = method === 'GET' || method === 'HEAD' ? 200 : 405
      expect((await sendRaw(server.url, [health])).statuses).toEqual([expected])
    },
  )

  test.each([
    `${WEBHOOK_PATH}/`,
    `/${WEBHOOK_PATH}`,
    '/api/github/%77ebhooks',
    '/API/github/webhooks',
    `http://x${WEBHOOK_PATH}`,
  ])('to %s is none to the webhook address', async (path) => {
    const before = server.received.length
    await sendRaw(server.url, [signed(BODY).replace(WEBHOOK_PATH, path)], { timeout: 200 })
    expect(server.received.length).toBe(before)
  })
})

test.each([
  ['TLS', Buffer.from([0x16, 3, 1, 0, 1, 0])],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['headers of 20 KB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
  ['3,000 headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X: a\r\n'.repeat(3000)}\r\n`],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
])('%s is turned away', async (_name, bytes) => {
  const answer = await sendRaw(server.url, [bytes])
  expect(answer.statuses.filter((status) => status < 400)).toEqual([])
  expect(answer.closedAfter).toBeLessThan(1400)
  await goesOn()
})

test('a reader who asks for much and takes nothing is dropped', async () => {
  const { connect } = await import('node:net')
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5))
  socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')))
  socket.resume()
  expect(await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 800))])).toBe('closed')
  await goesOn()
})

test('a failure inside tells GitHub nothing of it', async () => {
  const failing = await start(new Error('password=hunter2 at /srv/app/db.ts'))
  onTestFinished(() => failing.close())
  const answer = await sendRaw(failing.url, [signed(BODY)], { timeout: 200 })
  expect(answer.statuses).toEqual([503])
  expect(answer.text).toContain('The delivery could not be recorded.')
  expect(answer.text).not.toMatch(/hunter2|srv|Error|at /)
})

test('every refusal of an unknown sender is told, a log of them at most once a minute', async () => {
  await sendRaw(server.url, [signed(BODY).replace('sha256=', 'sha256=0')], { timeout: 200 })
  expect(server.refused).toContain('The signature does not match.')
  const told: [string, number][] = []
  let now = 0
  const refuse = createRefusalLog(
    () => now,
    (sentence, count) => told.push([sentence, count]),
  )
  for (now = 0; now < 120_000; now += 1000) refuse(`at ${now}`)
  expect(told).toEqual([
    ['at 0', 1],
    ['at 60000', 60],
  ])
})

test('the port in use is a mistake that ends the start', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as { port: number }
  const routes = {
    webhook: async () => {},
    isReady: async () => true,
    setUp: async () => {},
    pages: { fetch: () => new Response() },
  }
  await expect(listen(routes, '127.0.0.1', port)).rejects.toThrow('EADDRINUSE')
})
