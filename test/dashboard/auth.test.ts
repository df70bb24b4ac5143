import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type GitHubUsers, gitHubUsers } from '../../src/dashboard/auth/github-users.ts'
import { returnPath } from '../../src/dashboard/auth/return-path.ts'
import { seal, unseal } from '../../src/dashboard/auth/secrets.ts'
import { pictureKey } from '../../src/dashboard/signed-pictures.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { HOUR_MS } from '../../src/domain/time.ts'
import { app, aRepository, aWindow, clear, NOW, openFixture } from './fixture.ts'

const SECRET = 'a secret of more than thirty-two characters'

let database: OpenDatabase
let now = NOW

/** A fake of the GitHub requests of signing in. Of its two people, only `reader` can read the private repository 1. */
let asked: string[] = []
const github: GitHubUsers = {
  signInAddress: (state, redirectUrl) =>
    `https://github.com/login/oauth/authorize?state=${state}&redirect_uri=${encodeURIComponent(redirectUrl)}`,
  async exchange(code) {
    if (code === 'bad') throw new Error('bad_verification_code')
    return { token: `token of ${code}`, expiresAt: null }
  },
  userOf: async (token) => ({ id: token.endsWith('reader') ? 1 : 2, login: token.split(' ').at(-1) ?? '' }),
  async repositoriesOf(token, installationId) {
    asked.push(`${token}/${installationId}`)
    return new Set(token.endsWith('reader') ? [1] : [])
  },
  async revoke(token) {
    asked.push(`revoked ${token}`)
  },
}

function site(options: { isPublic?: boolean; publicUrl?: string } = {}) {
  return app({
    db: database.db,
    now: () => now,
    publicUrl: options.publicUrl ?? null,
    isPublic: options.isPublic ?? true,
    auth: { clientId: 'Iv1.x', clientSecret: 's', apiUrl: 'http://127.0.0.1:1', secret: SECRET, github },
  })
}

/** The cookies that a browser would send next, without the deleted ones. */
function cookies(response: Response): string {
  const kept = response.headers.getSetCookie().filter((one) => !one.includes('Max-Age=0'))
  return kept.map((one) => one.split(';')[0]).join('; ')
}

async function signIn(who: string, to = '/acme/web'): Promise<{ cookie: string; response: Response }> {
  const begun = await site().request(`/auth/sign-in?to=${encodeURIComponent(to)}`)
  const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state')
  const response = await site().request(`/auth/callback?code=${who}&state=${state}`, {
    headers: { cookie: cookies(begun) },
  })
  return { cookie: cookies(response), response }
}

function get(path: string, cookie = '', options = {}): Promise<Response> {
  return Promise.resolve(site(options).request(path, { headers: { cookie } }))
}

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
beforeEach(async () => {
  now = NOW
  asked = []
  await database.db
    .insertInto('repository')
    .values(aRepository({ private: true }))
    .execute()
  await database.db
    .insertInto('sla_window')
    .values(aWindow({ kind: 'week', start: '2026-02-02' }))
    .execute()
})
afterEach(async () => {
  await clear(database)
  await database.db.deleteFrom('session').execute()
})

describe('a private repository', () => {
  test('is visible only to people who can read it on GitHub', async () => {
    const { cookie } = await signIn('reader')
    const other = (await signIn('stranger')).cookie
    for (const path of [
      '/acme/web',
      '/acme/web/grid',
      '/acme/web/trend.svg',
      '/badge/acme/web.svg',
      '/api/v1/repositories/acme/web',
    ]) {
      expect([path, (await get(path, cookie)).status]).toEqual([path, 200])
      expect([path, (await get(path)).status]).toEqual([path, 404])
      expect([path, (await get(path, other)).status]).toEqual([path, 404])
    }
    expect(await (await get('/', cookie)).text()).toContain('acme/web')
    expect(await (await get('/', other)).text()).not.toContain('acme/web')
    expect(await (await get('/metrics')).text()).not.toContain('acme/web')
  })

  test('access is queried from GitHub once in five minutes, with the person’s own token', async () => {
    const { cookie } = await signIn('reader')
    const one = site()
    const look = () => one.request('/acme/web', { headers: { cookie } })
    await look()
    await look()
    expect(asked).toEqual(['token of reader/7'])
    now += 6 * 60_000
    await look()
    expect(asked).toEqual(['token of reader/7', 'token of reader/7'])
  })

  test('is hidden while GitHub does not answer, and visible again afterwards', async () => {
    const { cookie } = await signIn('reader')
    const { repositoriesOf } = github
    github.repositoriesOf = async () => Promise.reject(new Error('502'))
    expect((await get('/acme/web', cookie)).status).toBe(404)
    github.repositoriesOf = repositoriesOf
    expect((await get('/acme/web', cookie)).status).toBe(200)
  })

  test.each([
    ['a guessed one', () => 'flake-sla-session=guessed'],
    [
      'one signed by somebody else',
      (cookie: string) => cookie.replace(/\.[^.]*$/, '.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D'),
    ],
    ['a changed one', (cookie: string) => cookie.replace('flake-sla-session=', 'flake-sla-session=x')],
  ])('cookie: %s opens nothing', async (_name, change) => {
    const { cookie } = await signIn('reader')
    expect((await get('/acme/web', change(cookie))).status).toBe(404)
  })

  test('a picture is visible at its own signed address', async () => {
    const key = pictureKey(SECRET, 1, 'badge')
    expect((await get(`/badge/acme/web.svg?key=${key}`)).status).toBe(200)
    expect((await get(`/acme/web/trend.svg?key=${key}`)).status).toBe(404)
    expect((await get('/badge/acme/web.svg?key=guess')).status).toBe(404)
    expect((await get(`/badge/acme/other.svg?key=${key}`)).status).toBe(404)
  })
})

describe('a session', () => {
  test('ends at sign-out, and its token is revoked', async () => {
    const { cookie } = await signIn('reader')
    const headers = { cookie, origin: 'http://localhost' }
    const response = await site().request('/auth/sign-out', { method: 'POST', headers })
    expect(response.status).toBe(303)
    expect(asked).toContain('revoked token of reader')
    expect((await get('/acme/web', cookie)).status).toBe(404)
  })

  test('ends at sign-out under its previous name too', async () => {
    const { cookie } = await signIn('reader')
    now += HOUR_MS
    const renewed = cookies(await get('/acme/web', cookie))
    expect((await get('/acme/web', cookie)).status).toBe(200)
    const headers = { cookie: renewed, origin: 'http://localhost' }
    await site().request('/auth/sign-out', { method: 'POST', headers })
    expect((await get('/acme/web', cookie)).status).toBe(404)
  })

  test('ends when somebody signs in from the same browser', async () => {
    const { cookie } = await signIn('reader')
    const begun = await get('/auth/sign-in', cookie)
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state')
    await get(`/auth/callback?code=stranger&state=${state}`, `${cookie}; ${cookies(begun)}`)
    expect((await get('/acme/web', cookie)).status).toBe(404)
  })

  test('is renamed by a page, never by a file that shared caches keep', async () => {
    const { cookie } = await signIn('reader')
    now += HOUR_MS
    const page = await (await get('/help')).text()
    const asset = /\/assets\/[^"]+/.exec(page)?.[0] ?? ''
    for (const path of [asset, '/badge/acme/web.svg', '/acme/web/trend.svg']) {
      const response = await get(path, cookie)
      expect([path, response.status]).toEqual([path, 200])
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect((await get('/help', cookie)).headers.getSetCookie()).toHaveLength(1)
  })

  test('ends after eight hours', async () => {
    const { cookie } = await signIn('reader')
    now += 8 * HOUR_MS
    expect((await get('/acme/web', cookie)).status).toBe(404)
  })

  test('is renamed after an hour; the old name stays valid for a minute', async () => {
    const { cookie } = await signIn('reader')
    now += HOUR_MS
    const response = await get('/acme/web', cookie)
    const renewed = cookies(response)
    expect(renewed).not.toBe('')
    expect(renewed).not.toBe(cookie)
    expect((await get('/acme/web', cookie)).status).toBe(200)
    now += 61_000
    expect((await get('/acme/web', cookie)).status).toBe(404)
    expect((await get('/acme/web', renewed)).status).toBe(200)
    now += 7 * HOUR_MS
    expect((await get('/acme/web', renewed)).status).toBe(404)
  })

  test('cannot be used by somebody who reads the database', async () => {
    const { cookie } = await signIn('reader')
    const stored = JSON.stringify(await database.db.selectFrom('session').selectAll().execute())
    expect(stored).not.toContain('token of reader')
    expect(stored).not.toContain(decodeURIComponent(cookie).split('=')[1]?.split('.')[0])
  })

  test('cookies are hidden from scripts and other sites', async () => {
    const { response } = await signIn('reader')
    const [cookie] = response.headers.getSetCookie()
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Lax/)
    const secure = await site({ publicUrl: 'https://flakes.example' }).request('/auth/sign-in')
    expect(secure.headers.get('set-cookie')).toMatch(/^__Host-.*Secure/)
    expect(secure.headers.get('location')).toContain(
      encodeURIComponent('https://flakes.example/auth/callback'),
    )
  })
})

describe('signing in', () => {
  test.each([
    ['without the cookie of the start', (state: string) => [`code=reader&state=${state}`, ''] as const],
    ['with another state', (_state: string, cookie: string) => ['code=reader&state=other', cookie] as const],
    [
      'with a code that GitHub does not know',
      (state: string, cookie: string) => [`code=bad&state=${state}`, cookie] as const,
    ],
    ['without a code', (state: string, cookie: string) => [`state=${state}`, cookie] as const],
  ])('%s is refused', async (_name, answer) => {
    const begun = await site().request('/auth/sign-in')
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const [query, cookie] = answer(state, cookies(begun))
    const response = await get(`/auth/callback?${query}`, cookie)
    expect(response.status).toBe(400)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('returns to the page where it started', async () => {
    expect((await signIn('reader', '/acme/web/grid?job=a')).response.headers.get('location')).toBe(
      '/acme/web/grid?job=a',
    )
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/..//evil.example',
    '/%2e%2e//evil.example',
    '/./\\evil.example',
    '',
    '/auth/sign-in',
  ])('never redirects to %j', (path) => {
    expect(returnPath(path)).toMatch(/^\/(evil\.example)?$/)
    expect(returnPath(path).startsWith('//')).toBe(false)
  })

  test.each([
    ['no origin', {}],
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
  ])('signing out from %s is refused', async (_name, headers) => {
    const { cookie } = await signIn('reader')
    const response = await site().request('/auth/sign-out', {
      method: 'POST',
      headers: { cookie, ...headers },
    })
    expect(response.status).toBe(403)
    expect((await get('/acme/web', cookie)).status).toBe(200)
  })
})

describe('when nothing is public', () => {
  test.each([
    '/',
    '/acme/web',
    '/help',
    '/status',
    '/api/v1/repositories',
    '/api/v1/openapi.json',
    '/badge/acme/web.svg',
  ])('%s requires sign-in', async (path) => {
    await database.db.updateTable('repository').set({ private: false }).execute()
    expect((await get(path, '', { isPublic: false })).status).toBe(401)
  })

  test('a stranger who signs in sees nothing, a reader everything', async () => {
    await database.db.updateTable('repository').set({ private: false }).execute()
    const stranger = (await signIn('stranger')).cookie
    const reader = (await signIn('reader')).cookie
    expect((await get('/acme/web', stranger, { isPublic: false })).status).toBe(404)
    expect((await get('/acme/web', reader, { isPublic: false })).status).toBe(200)
    expect(await (await get('/metrics', '', { isPublic: false })).text()).not.toContain('acme/web')
  })

  test('everything is closed if sign-in is not configured', async () => {
    await database.db.updateTable('repository').set({ private: false }).execute()
    const closed = app({ db: database.db, isPublic: false })
    for (const path of ['/', '/acme/web', '/api/v1/repositories', '/badge/acme/web.svg?key=x'])
      expect((await closed.request(path)).status).toBeGreaterThanOrEqual(401)
    expect(await (await closed.request('/metrics')).text()).not.toContain('acme/web')
  })
})

describe('seal', () => {
  test('decrypts only with the same secret, and only unchanged text', () => {
    const sealed = seal(SECRET, 'ghu_x')
    expect(unseal(SECRET, sealed)).toBe('ghu_x')
    expect(unseal(`${SECRET}.`, sealed)).toBeNull()
    expect(unseal(SECRET, `A${sealed.slice(1)}`)).toBeNull()
    expect(unseal(SECRET, 'short')).toBeNull()
  })
})

describe('GitHub', () => {
  let server: Server
  const seen: string[] = []

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
      const json = (value: object) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
      if (request.url === '/login/oauth/access_token')
        return json({
          access_token: 'ghu_1',
          token_type: 'bearer',
          scope: '',
          expires_in: 28800,
          refresh_token: 'ghr_1',
          refresh_token_expires_in: 15811200,
        })
      if (request.url === '/api/v3/user') return json({ id: 5, login: 'octocat' })
      if (request.url?.startsWith('/api/v3/user/installations/7/repositories'))
        return json({ total_count: 1, repositories: [{ id: 99 }] })
      return response.writeHead(request.method === 'DELETE' ? 204 : 404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => void server.close())

  test('receives the requests that its documentation describes', async () => {
    const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`
    const users = gitHubUsers({ clientId: 'Iv1.x', clientSecret: 's', apiUrl })
    expect(users.signInAddress('st', 'https://a.example/auth/callback')).toContain('/login/oauth/authorize?')
    const { token, expiresAt } = await users.exchange('code', 'https://a.example/auth/callback')
    expect(token).toBe('ghu_1')
    expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(0)
    expect(await users.userOf(token)).toEqual({ id: 5, login: 'octocat' })
    expect(await users.repositoriesOf(token, 7)).toEqual(new Set([99]))
    await expect(users.repositoriesOf(token, 8)).rejects.toThrow()
    await users.revoke(token)
    expect(seen.at(-1)).toMatch(/^DELETE \/api\/v3\/applications\/Iv1.x\/token Basic /i)
    expect(seen.find((one) => one.includes('/user '))).toContain('token ghu_1')
  })
})
