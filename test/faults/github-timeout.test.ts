/** Slow responses of GitHub: no call waits without a limit. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createProbot } from '../../src/github/app.ts'
import { fetchWithTimeout } from '../../src/github/timeout.ts'
import { PRIVATE_KEY, startTestApp } from '../support/app.ts'
import { checkRunDelivery, commentDelivery, pullRequestDelivery } from '../support/deliveries.ts'

const COMMENT = /\/issues\/7\/comments/
const deliveries = () => [
  pullRequestDelivery(),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  checkRunDelivery({ id: 2, conclusion: 'success', minute: 20 }),
  commentDelivery({ body: '/flake-report' }),
]

/** A server whose response begins and never ends. */
async function startTrickle(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drops = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(drops))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a response that never ends fails after the timeout', async () => {
  const url = await startTrickle()
  const answer = await fetchWithTimeout(300)(url)
  await expect(answer.text()).rejects.toThrow(/timeout/)
})

test('a call that GitHub never finishes fails like a broken connection, and at once when the app stops', async () => {
  const baseUrl = await startTrickle()
  const log = pino({ level: 'silent' })
  const stop = new AbortController()
  const app = { id: '1', privateKey: PRIVATE_KEY, webhookSecret: 'x' }
  const asking = async (timeoutMs: number) => {
    const probot = createProbot(app, { baseUrl, log, throttle: true, timeoutMs, stop: stop.signal })
    await (await probot.auth()).request('GET /app')
  }
  await expect(asking(300)).rejects.toMatchObject({ status: 500 })
  setTimeout(() => stop.abort(), 100)
  await expect(asking(60_000)).rejects.toMatchObject({ status: 500 })
})

test.each([
  ['primary-limit', 'primary-limit'],
  ['a limit of a year', 'secondary-limit'],
] as const)(
  'while GitHub refuses with %s, other work continues',
  async (_name, status) => {
    const app = await startTestApp({ throttle: true })
    await app.send(...deliveries().slice(0, 3))
    app.fakeGitHub.failNext({ path: COMMENT, status, retryAfter: 31_536_000, times: 1 })
    await app.send(...deliveries().slice(3))
    const started = Date.now()
    await app.passTo(61)
    expect(Date.now() - started).toBeLessThan(10_000)
    expect(app.answers()).toEqual([])
    await app.send(checkRunDelivery({ id: 9, name: 'later', conclusion: 'success', minute: 30 }))
    await app.passTo(62)
    const { db } = app.app.deps
    const jobs = await db.selectFrom('verdict').selectAll().execute()
    expect(jobs.length).toBeGreaterThan(1)
    await app.passTo(61 + 65)
    expect(app.answers()).toHaveLength(1)
  },
  60_000,
)

test('a proxy’s error page is not taken for an empty list of comments', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = { id: '1', privateKey: PRIVATE_KEY, webhookSecret: 'x' }
  const probot = createProbot(app, { baseUrl, log: pino({ level: 'silent' }), throttle: false })
  const octokit = await probot.auth()
  await expect(octokit.request('GET /app')).rejects.toMatchObject({ status: 502 })
})
