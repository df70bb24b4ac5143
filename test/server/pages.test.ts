/** The pages of a running server: the effect of its configuration, and its own status. */
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { startTestApp } from '../support/app.ts'
import { pullRequestDelivery } from '../support/deliveries.ts'

const SIGN_IN = { clientId: 'Iv1.test', clientSecret: 'known to tests', secret: 's'.repeat(32) }
const OPEN = { signIn: null, isPublic: true, metricsToken: null, off: [] }

test('an app with credentials and no data waits for its first delivery, then shows its results', async () => {
  const { app, send } = await startTestApp()
  expect(await read(`${app.url}/`)).toContain('Waiting for the first results')
  expect(await send(pullRequestDelivery())).toEqual([202])
  const status = await read(`${app.url}/status`)
  expect(status).toContain('pull_request')
  expect(status).not.toContain('None came in')
})

test('an app without credentials leads to the set-up', async () => {
  const { app } = await startTestApp({ config: { app: null } })
  const page = await read(`${app.url}/`)
  expect(page).toContain('Set up flake-sla')
  expect(page).toContain('href="/probot"')
})

test('metrics include the time of deliveries, responses and queries', async () => {
  const { app, send } = await startTestApp({ config: { database: 'memory' } })
  await send(pullRequestDelivery())
  await read(`${app.url}/status`)
  const metrics = await read(`${app.url}/metrics`)
  expect(metrics).toContain('flake_sla_handler_seconds_count{event="pull_request",outcome="recorded"} 1')
  expect(metrics).toContain('flake_sla_http_request_seconds_count{route="/status",status="200"} 1')
  expect(metrics).toMatch(/flake_sla_query_seconds_count [1-9]/)
})

test('with OAuth credentials, pages offer to sign in, which leads to GitHub', async () => {
  const { app } = await startTestApp({ config: { pages: { ...OPEN, signIn: SIGN_IN } } })
  expect(await read(`${app.url}/`)).toContain('href="/auth/sign-in')
  const answer = await fetch(`${app.url}/auth/sign-in`, { redirect: 'manual' })
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toContain('client_id=Iv1.test')
})

test('PUBLIC=off closes everything but health, and says what a missing variable turns off', async () => {
  const { pages } = readConfig({ PUBLIC: 'off', GITHUB_CLIENT_ID: 'x' })
  expect(pages.off).toEqual([
    'Sign-in is off, because GITHUB_CLIENT_SECRET and SESSION_SECRET are not set: with PUBLIC=off, nobody can see anything.',
    'METRICS_TOKEN is not set: /metrics is closed, because PUBLIC is off.',
  ])
  const { app } = await startTestApp({ config: { pages } })
  const statuses: [string, number][] = []
  for (const path of [
    '/',
    '/status',
    '/acme/widgets',
    '/api/v1/repositories',
    '/metrics',
    '/badge/acme/widgets.svg',
  ]) {
    const answer = await fetch(app.url + path)
    statuses.push([path, answer.status])
    // An unread response keeps its connection open, and stopping the server waits for it.
    await answer.text()
  }
  expect(statuses.filter(([, status]) => status !== 401)).toEqual([])
  expect(await read(`${app.url}/healthz`)).toBe('ok\n')
  expect(await read(`${app.url}/readyz`)).toBe('ready\n')
})

test('the status page lists the features that are off', async () => {
  const { app } = await startTestApp({ config: { pages: readConfig({}).pages } })
  expect(await read(`${app.url}/status`)).toContain('Sign-in is off, because GITHUB_CLIENT_ID, ')
})

test('the remaining rate limit comes from GitHub’s responses', async () => {
  const { app, send } = await startTestApp()
  await send(pullRequestDelivery())
  const { installation_id } = await app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const octokit = await app.deps.github?.octokitOf(installation_id ?? 0)
  await octokit?.rest.apps.listReposAccessibleToInstallation()
  expect(await read(`${app.url}/status`)).toMatch(/[\d,]+ of [\d,]+ requests left; resets at/)
})

test.each([
  [{ SESSION_SECRET: 'short' }, /SESSION_SECRET.*32 characters/],
  [{ METRICS_TOKEN: 'short' }, /METRICS_TOKEN.*16 characters/],
  [{ PUBLIC: 'maybe' }, /PUBLIC/],
])('%j is refused with a sentence', (env, sentence) => {
  expect(() => readConfig(env)).toThrow(sentence)
})

async function read(url: string): Promise<string> {
  const answer = await fetch(url)
  return answer.text()
}
