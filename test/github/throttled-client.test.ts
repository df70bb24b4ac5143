/** Patience: GitHub's limits are kept as its answers tell them, by the fake GitHub's limits and by a server that tells nothing. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addRepository } from '../../fake-github/seed.ts'
import { addUserToken } from '../../fake-github/seed-tokens.ts'
import { type AskOptions, createThrottledClient, GraphqlRefusal } from '../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../src/github/token-client.ts'

const REPOSITORY = 'GET /repos/{owner}/{repo}'
const WIDGETS = { owner: 'acme', repo: 'widgets' }
const QUERY =
  'query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { databaseId } }'
let fakeGitHub: FakeGitHub
let token: string
let waits: number[]

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  token = addUserToken(fakeGitHub.state, 'octocat').token
  waits = []
})
afterEach(async () => {
  await fakeGitHub.close()
  expect(fakeGitHub.violations).toEqual([])
})

/** An client whose clock jumps ahead instead of waiting. */
function hasty(options: Partial<AskOptions> = {}, url = fakeGitHub.url) {
  let ahead = 0
  const wait = async (ms: number) => {
    waits.push(ms)
    ahead += ms
  }
  const now = () => Date.now() + ahead
  return createThrottledClient(tokenOctokit(token, url), { reserve: 0, wait, now, ...options })
}

const seconds = () => waits.map((ms) => Math.round(ms / 1000))

describe('a limit', () => {
  test('of requests at once is waited for as long as it says', async () => {
    fakeGitHub.failNext({ path: /widgets/, status: 'secondary-limit', retryAfter: 7 })
    const asks = hasty()
    expect((await asks.get(REPOSITORY, WIDGETS)).data).toMatchObject({ full_name: 'acme/widgets' })
    expect(seconds()).toEqual([7])
    expect(asks.calls.get('core')).toBe(2)
  })

  test('of the hour is waited for until its end', async () => {
    fakeGitHub.failNext({ path: /widgets/, status: 'primary-limit', retryAfter: 1800 })
    await hasty().get(REPOSITORY, WIDGETS)
    expect(seconds().reduce((a, b) => a + b)).toBeGreaterThanOrEqual(1800)
    expect(seconds().reduce((a, b) => a + b)).toBeLessThanOrEqual(1803)
  })

  test('of GraphQL comes with 200, and stops no REST call', async () => {
    fakeGitHub.failNext({ path: /graphql/, status: 'primary-limit', retryAfter: 600 })
    const asks = hasty()
    const waiting = asks.graphql(QUERY, WIDGETS)
    expect(await waiting).toEqual({ repository: { databaseId: expect.any(Number) } })
    expect(seconds()[0]).toBeGreaterThanOrEqual(600)
    expect(asks.calls.get('graphql')).toBe(2)
  })

  test('that is near is not run into: nothing is refused, and what is kept for others is left', async () => {
    const { core } = fakeGitHub.state.rateLimit
    Object.assign(core, { limit: 100, used: 90, resetAt: Date.now() + 1500 })
    const asks = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 4 })
    const answers = []
    for (let i = 0; i < 12; i++) answers.push(await asks.get(REPOSITORY, WIDGETS))
    expect(answers).toHaveLength(12)
    expect(fakeGitHub.requests.map((one) => one.status)).toEqual(Array(12).fill(200))
    // Six until 4 were left, then the next hour's.
    expect(core.used).toBe(6)
    expect(core.limit - core.used).toBeGreaterThan(4)
  })

  test('is one for all who ask at the same time', async () => {
    fakeGitHub.failNext({ path: /widgets/, status: 'secondary-limit', retryAfter: 1, times: 3 })
    const asks = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0 })
    await Promise.all(Array.from({ length: 3 }, () => asks.get(REPOSITORY, WIDGETS)))
    await Promise.all(Array.from({ length: 3 }, () => asks.get(REPOSITORY, WIDGETS)))
    expect(asks.calls.get('core')).toBe(9)
    expect(fakeGitHub.requests.filter((one) => one.status === 403)).toHaveLength(3)
  })

  test('that is near is not run into by many at once either', async () => {
    const { core } = fakeGitHub.state.rateLimit
    Object.assign(core, { limit: 20, used: 3, resetAt: Date.now() + 1500 })
    const asks = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0 })
    await asks.get(REPOSITORY, WIDGETS)
    await Promise.all(Array.from({ length: 30 }, () => asks.get(REPOSITORY, WIDGETS)))
    expect(fakeGitHub.requests.map((one) => one.status)).toEqual(Array(31).fill(200))
  })

  test('of a minute, which no header tells of, is kept: 840 requests, then the rest of the minute', async () => {
    const url = await plainServer(() => [200, '{}'])
    const asks = hasty({}, url)
    for (let i = 0; i < 850; i++) await asks.get(REPOSITORY, WIDGETS)
    const waited = waits.reduce((a, b) => a + b)
    expect(waited).toBeGreaterThan(30_000)
    expect(waited).toBeLessThanOrEqual(60_000)
  }, 30_000)
})

describe('an answer that tells nothing', () => {
  test('is asked for again, six times at most', async () => {
    fakeGitHub.failNext({ path: /widgets/, status: 502, times: 3 })
    fakeGitHub.failNext({ path: /widgets/, status: 'cut' })
    fakeGitHub.failNext({ path: /widgets/, status: 'half' })
    await hasty().get(REPOSITORY, WIDGETS)
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000])
    fakeGitHub.failNext({ path: /widgets/, status: 503, times: 100 })
    await expect(hasty().get(REPOSITORY, WIDGETS)).rejects.toMatchObject({ status: 503 })
  })

  test('what is forbidden or not there is told at once', async () => {
    for (const status of [401, 403, 404, 422]) {
      fakeGitHub.failNext({ path: /widgets/, status })
      await expect(hasty().get(REPOSITORY, WIDGETS)).rejects.toMatchObject({ status })
    }
    expect(waits).toEqual([])
  })
})

/** A server that answers as told, with no header that GitHub has. */
async function plainServer(answer: () => [number, string, Record<string, string>?]): Promise<string> {
  const server: Server = createServer((_request, response) => {
    const [status, text, headers] = answer()
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a server of other manners', () => {
  test('may tell no limits at all', async () => {
    const asks = hasty({}, await plainServer(() => [200, '{"id": 1}']))
    expect((await asks.get(REPOSITORY, WIDGETS)).data).toEqual({ id: 1 })
    expect([...asks.left]).toEqual([])
  })

  test('may limit without a word of how long: a minute, then two', async () => {
    let calls = 0
    const limited = '{"message": "You have exceeded a secondary rate limit"}'
    const url = await plainServer(() => (++calls < 3 ? [429, limited] : [200, '{}']))
    await hasty({}, url).get(REPOSITORY, WIDGETS)
    expect(seconds()).toEqual([60, 120])
  })

  test('may have another clock: what is waited for is the time until the reset by that clock', async () => {
    const then = Date.UTC(2020, 0, 1)
    let calls = 0
    const url = await plainServer(() => {
      const left = ++calls === 1 ? '0' : '50'
      const rate = { 'x-ratelimit-remaining': left, 'x-ratelimit-reset': String(then / 1000 + 90) }
      return [200, '{}', { ...rate, 'x-ratelimit-limit': '60', date: new Date(then).toUTCString() }]
    })
    const asks = hasty({}, url)
    await asks.get(REPOSITORY, WIDGETS)
    await asks.get(REPOSITORY, WIDGETS)
    expect(seconds().reduce((a, b) => a + b)).toBeGreaterThanOrEqual(89)
    expect(seconds().reduce((a, b) => a + b)).toBeLessThanOrEqual(92)
  })

  test.each([
    ['serves none', 404, '{"message": "Not Found"}', 1],
    ['knows a field not', 200, '{"errors": [{"message": "Field does not exist"}]}', 2],
    [
      'fails within',
      200,
      '{"data": {"repository": null}, "errors": [{"message": "Something went wrong"}]}',
      2,
    ],
  ])('of GraphQL: one that %s is a refusal', async (_what, status, text, calls) => {
    const asks = hasty({}, await plainServer(() => [status, text]))
    await expect(asks.graphql(QUERY, WIDGETS)).rejects.toBeInstanceOf(GraphqlRefusal)
    await expect(asks.graphql(QUERY, WIDGETS)).rejects.toBeInstanceOf(GraphqlRefusal)
    expect(asks.calls.get('graphql')).toBe(calls)
    expect(waits).toEqual([])
  })

  test('may answer with a page: that is asked for again, and of GraphQL it is a refusal', async () => {
    const url = await plainServer(() => [200, '<p>Sign in</p>', { 'content-type': 'text/html' }])
    await expect(hasty({}, url).graphql(QUERY, WIDGETS)).rejects.toBeInstanceOf(GraphqlRefusal)
    await expect(hasty({}, url).get(REPOSITORY, WIDGETS)).rejects.toMatchObject({ status: 502 })
    expect(waits).toHaveLength(5)
  })

  test('of GraphQL: parts that are not to be seen are null', async () => {
    const body = '{"data": {"repository": {"c0": null}}, "errors": [{"type": "FORBIDDEN", "message": "No"}]}'
    const asks = hasty({}, await plainServer(() => [200, body]))
    expect(await asks.graphql(QUERY, WIDGETS)).toEqual({ repository: { c0: null } })
  })
})
