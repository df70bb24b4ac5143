import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OAuthApp } from '@octokit/oauth-app'
import { Octokit } from '@octokit/rest'
import { Webhooks } from '@octokit/webhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation, addRepository, setRole } from '../../fake-github/seed.ts'
import { addUserToken } from '../../fake-github/seed-tokens.ts'
import { clientOf } from './client.ts'

let fakeGitHub: FakeGitHub
let octokit: Awaited<ReturnType<typeof clientOf>>
let installationId: number
const repo = { owner: 'acme', repo: 'widgets' }

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  installationId = addInstallation(fakeGitHub.state, 'acme').id
  addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets', private: true })
  octokit = await clientOf(fakeGitHub, installationId)
})
afterEach(() => fakeGitHub.close())

test('an unchanged resource is answered with 304, which costs no rate limit', async () => {
  const first = await octokit.rest.repos.get(repo)
  const used = fakeGitHub.state.rateLimit.core.used
  const again = octokit.rest.repos.get({ ...repo, headers: { 'if-none-match': first.headers.etag ?? '' } })
  await expect(again).rejects.toMatchObject({ status: 304 })
  expect(fakeGitHub.state.rateLimit.core.used).toBe(used)
  expect(first.headers['x-ratelimit-remaining']).toBe(String(5000 - used))
})

test('a fault affects only the matching calls', async () => {
  fakeGitHub.failNext({ path: /^\/repos\/acme\/widgets$/, status: 502, times: 2 })
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject({ status: 502 })
  expect((await octokit.rest.issues.listForRepo(repo)).status).toBe(200)
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject({ status: 502 })
  expect((await octokit.rest.repos.get(repo)).status).toBe(200)
})

test('a response can be cut before or in the middle, and can be slow', async () => {
  const headers = { authorization: `token ${addUserToken(fakeGitHub.state, 'acme').token}` }
  const get = async () => (await fetch(`${fakeGitHub.url}/repos/acme/widgets`, { headers })).text()
  fakeGitHub.failNext({ status: 'cut' })
  await expect(get()).rejects.toThrow('fetch failed')
  fakeGitHub.failNext({ status: 'half' })
  await expect(get()).rejects.toThrow('terminated')
  fakeGitHub.failNext({ delayMs: 150 })
  const started = performance.now()
  expect(JSON.parse(await get()).full_name).toBe('acme/widgets')
  expect(performance.now() - started).toBeGreaterThan(140)
})

test('both rate limits answer as GitHub does, on demand and when exhausted', async () => {
  fakeGitHub.failNext({ status: 'secondary-limit', retryAfter: 7 })
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject({
    status: 403,
    response: { headers: { 'retry-after': '7' } },
  })
  fakeGitHub.failNext({ status: 'primary-limit' })
  const spent = { status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } }
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject(spent)
  fakeGitHub.state.rateLimit.core.limit = fakeGitHub.state.rateLimit.core.used
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject(spent)
})

test('wrong paths, parameters, fields and events are recorded as violations', async () => {
  await expect(octokit.request('GET /repos/acme/widgets/flakes')).rejects.toMatchObject({ status: 501 })
  await expect(octokit.request('GET /repos/acme/widgets/issues?stat=open')).rejects.toMatchObject({
    status: 422,
  })
  await expect(octokit.request('GET /repos/acme/widgets/issues?state=new')).rejects.toMatchObject({
    status: 422,
  })
  await expect(
    octokit.request('POST /repos/acme/widgets/issues', { title: 'x', label: ['y'] }),
  ).rejects.toMatchObject({ status: 422 })
  await fakeGitHub.deliver({ name: 'check_ran', payload: { action: 'completed' } })
  await fakeGitHub.deliver({ name: 'push', payload: { ref: 'refs/heads/main' } })
  expect(fakeGitHub.violations).toEqual([
    expect.stringContaining('does not know GET /repos/acme/widgets/flakes'),
    expect.stringMatching(/query .*stat/),
    expect.stringMatching(/query .*state/),
    expect.stringMatching(/body .*label/),
    expect.stringContaining('GitHub sends no webhook check_ran'),
    expect.stringContaining('webhook push'),
  ])
})

test('a response field that GitHub does not describe is a violation', async () => {
  const repository = fakeGitHub.state.repositories.get('acme/widgets')
  Object.assign(repository ?? {}, { description: 5 })
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject({ status: 501 })
  expect(fakeGitHub.violations).toEqual([expect.stringMatching(/answer .*description/)])
})

test('a suspended installation and an expired token are rejected', async () => {
  await octokit.rest.repos.get(repo)
  for (const token of fakeGitHub.state.tokens.values()) token.expiresAt = 0
  await expect(octokit.rest.repos.get(repo)).rejects.toMatchObject({ status: 401 })
  const installation = fakeGitHub.state.installations.get(installationId)
  Object.assign(installation ?? {}, { suspendedAt: '2026-11-01T00:00:00Z' })
  const fresh = await clientOf(fakeGitHub, installationId)
  await expect(fresh.rest.repos.get(repo)).rejects.toMatchObject({ status: 403 })
})

test('a private repository is 404 for users without a role', async () => {
  const stranger = new Octokit({
    baseUrl: fakeGitHub.url,
    auth: addUserToken(fakeGitHub.state, 'eve').token,
    log: quiet,
  })
  await expect(stranger.rest.repos.get(repo)).rejects.toMatchObject({ status: 404 })
  const nobody = new Octokit({ baseUrl: fakeGitHub.web, log: quiet })
  await expect(nobody.rest.repos.get(repo)).rejects.toMatchObject({ status: 404 })
})
const nothing = () => undefined
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

test('a user signs in over the web and lists the repositories they may see', async () => {
  const repository = fakeGitHub.state.repositories.get('acme/widgets')
  if (repository) setRole(fakeGitHub.state, repository, 'ada', 'read')
  const { clientId, clientSecret } = fakeGitHub.state.app
  const app = new OAuthApp({
    clientType: 'github-app',
    clientId,
    clientSecret,
    baseUrl: fakeGitHub.url,
    Octokit: Octokit.defaults({ baseUrl: fakeGitHub.url }),
  })
  const { url } = app.getWebFlowAuthorizationUrl({ state: 's1', redirectUrl: 'http://127.0.0.1:9/back' })
  const consent = await fetch(`${url}&login=ada`, { redirect: 'manual' })
  const back = new URL(consent.headers.get('location') ?? '')
  expect(back.searchParams.get('state')).toBe('s1')
  const { authentication } = await app.createToken({ code: back.searchParams.get('code') ?? '' })
  const ada = new Octokit({ baseUrl: fakeGitHub.url, auth: authentication.token })
  expect((await ada.rest.users.getAuthenticated()).data.login).toBe('ada')
  const installations = await ada.rest.apps.listInstallationsForAuthenticatedUser()
  expect(installations.data.installations.map((installation) => installation.id)).toEqual([installationId])
  const visible = await ada.rest.apps.listInstallationReposForAuthenticatedUser({
    installation_id: installationId,
  })
  expect(visible.data.repositories.map((repository) => repository.full_name)).toEqual(['acme/widgets'])
  expect(fakeGitHub.violations).toEqual([])
})

test('a webhook is signed, recorded with its response, listed as failed, and redelivered with the same GUID', async () => {
  const { webhookSecret } = fakeGitHub.state.app
  const webhooks = new Webhooks({ secret: webhookSecret })
  const received: { guid: string; valid: boolean }[] = []
  let answer = 500
  const receiver = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const valid = await webhooks.verify(body, String(request.headers['x-hub-signature-256']))
    received.push({ guid: String(request.headers['x-github-delivery']), valid })
    response.writeHead(answer).end('done')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => receiver.once('listening', resolve))
  fakeGitHub.state.app.webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const payload = { action: 'deleted', installation: { id: installationId } }
  const delivery = await fakeGitHub.deliver({ name: 'installation', payload, recorded: true })
  expect(delivery).toMatchObject({ statusCode: 500, response: { payload: 'done' } })
  answer = 202
  const app = await clientOf(fakeGitHub)
  const failed = await app.request('GET /app/hook/deliveries', { status: 'failure' })
  expect(failed.data.map((delivery) => delivery.guid)).toEqual([delivery.guid])
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: delivery.id })
  await fakeGitHub.settled()
  expect(received).toEqual([
    { guid: delivery.guid, valid: true },
    { guid: delivery.guid, valid: true },
  ])
  const first = await app.rest.apps.listWebhookDeliveries({ per_page: 1 })
  expect(first.data[0]).toMatchObject({ redelivery: true, status: 'OK', status_code: 202 })
  const single = await app.rest.apps.getWebhookDelivery({
    delivery_id: String(first.data[0]?.id) as unknown as number,
  })
  expect(single.data.request.payload).toEqual(payload)
  const next = /cursor=(\w+)/.exec(String(first.headers.link))?.[1] ?? ''
  const second = await app.rest.apps.listWebhookDeliveries({ per_page: 1, cursor: next })
  expect(second.data.map((item) => item.status_code)).toEqual([500])
  expect(fakeGitHub.violations).toEqual([])
  receiver.close()
})

test('every request is logged with its route template and status', async () => {
  await octokit.rest.repos.get(repo)
  expect(
    fakeGitHub.requests.map((request) => `${request.method} ${request.route} ${request.status}`),
  ).toEqual(['POST /app/installations/{installation_id}/access_tokens 201', 'GET /repos/{owner}/{repo} 200'])
})
