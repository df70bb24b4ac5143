/** Every address of a private repository answers a reader without access as if the repository did not exist. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dashboard } from '../../src/dashboard/app.ts'
import type { GitHubUsers } from '../../src/dashboard/auth/github-users.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { HOUR_MS } from '../../src/domain/time.ts'
import {
  aFlake,
  aJob,
  anIncident,
  aPullRequestEvent,
  aRepository,
  aRun,
  aVerdict,
  aWindow,
  NOW,
  openFixture,
} from './fixture.ts'

const SHA = 'a'.repeat(40)
/** Texts that occur only in the private repository. */
const SECRETS = ['hidden-repo', 'hidden-job', 'hidden title', 'hidden-author', 'hidden_event', 'hidden_task']

let database: OpenDatabase
let now = NOW

const github: GitHubUsers = {
  signInAddress: (state) => `https://github.com/login/oauth/authorize?state=${state}`,
  exchange: async (code) => ({ token: code, expiresAt: null }),
  userOf: async (token) => ({ id: token === 'reader' ? 1 : 2, login: token }),
  repositoriesOf: async (token) => new Set(token === 'reader' ? [1] : []),
  revoke: async () => {},
}

function site() {
  return dashboard({
    db: database.db,
    now: () => now,
    settingsOf: async () => DEFAULT_SETTINGS,
    publicUrl: null,
    githubUrl: 'https://github.com',
    auth: { clientId: 'x', clientSecret: 'y', apiUrl: 'http://127.0.0.1:1', secret: 's'.repeat(40), github },
  })
}

beforeAll(async () => {
  database = await openFixture()
  const { db } = database
  const hidden = aRepository({ full_name: 'acme/hidden-repo', private: true })
  await db
    .insertInto('repository')
    .values([hidden, aRepository({ repository_id: 2, full_name: 'acme/open' })])
    .execute()
  await db
    .insertInto('job')
    .values(aJob({ name: 'hidden-job' }))
    .execute()
  await db
    .insertInto('sla_window')
    .values([
      aWindow({ start: '2026-02-03', flakes: 1, flakes_counted: 1, breached: true }),
      aWindow({ kind: 'week', start: '2026-02-02', flakes: 1, flakes_counted: 1, breached: true }),
      aWindow({ repository_id: 2, kind: 'week', start: '2026-02-02' }),
    ])
    .execute()
  await db
    .insertInto('flake')
    .values(aFlake({ incident: 'x' }))
    .execute()
  await db
    .insertInto('incident')
    .values(anIncident({ incident: 'x' }))
    .execute()
  await db
    .insertInto('run')
    .values([aRun({ run_key: '1', outcome: 'fail' }), aRun({ run_key: '2' })])
    .execute()
  await db
    .insertInto('verdict')
    .values(aVerdict({ flaky: true }))
    .execute()
  await db
    .insertInto('pull_request_event')
    .values(aPullRequestEvent({ title: 'hidden title', author: 'hidden-author' }))
    .execute()
  await db
    .insertInto('change_point')
    .values({
      ...{ repository_id: 1, job_id: 11, changed_on: '2026-02-02' },
      ...{ before_flaky: 0, before_verdicts: 40, after_flaky: 9, after_verdicts: 20 },
    })
    .execute()
  await db
    .insertInto('delivery')
    .values({
      repository_id: 1,
      guid: 'g',
      event: 'hidden_event',
      action: null,
      outcome: 'recorded',
      reason: null,
      received_at: '2026-02-04T11:30:00Z',
    })
    .execute()
  await db
    .insertInto('outbox')
    .values({
      repository_id: 1,
      task_key: 'k',
      kind: 'hidden_task',
      payload: '{}',
      created_at: '2026-02-04T11:30:00Z',
      due_at: '2026-02-04T11:30:00Z',
      done_at: null,
      result: null,
      url: null,
      last_error: null,
    })
    .execute()
})
afterAll(() => database.close())

async function cookieOf(who: string): Promise<string> {
  const cookies = (response: Response) =>
    response.headers
      .getSetCookie()
      .filter((one) => !one.includes('Max-Age=0'))
      .map((one) => one.split(';')[0])
      .join('; ')
  const begun = await site().request('/auth/sign-in')
  const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state')
  return cookies(
    await site().request(`/auth/callback?code=${who}&state=${state}`, {
      headers: { cookie: cookies(begun) },
    }),
  )
}

/** Every address below a repository, taken from the program's own table of routes. */
function addressesOf(repository: string): string[] {
  const [owner = '', repo = ''] = repository.split('/')
  const values: Record<string, string> = {
    owner,
    repo,
    job: '11',
    job_id: '11',
    number: '5',
    sha: SHA,
    day: '2026-02-02',
    file: `${repo}.svg`,
  }
  const patterns = site()
    .routes.filter(({ method, path }) => method === 'GET' && path.includes(':owner'))
    .map(({ path }) => path)
  return [...new Set(patterns)].map((pattern) =>
    pattern.replace(
      /:(\w+)(?:\{(?:[^{}]|\{[^}]*\})*\})?/g,
      (_all, name: string) => values[name] ?? `no-${name}`,
    ),
  )
}

const ask = (path: string, cookie: string) => site().request(path, { headers: { cookie } })

async function answer(path: string, cookie: string): Promise<{ status: number; body: string }> {
  const response = await ask(path, cookie)
  // The answer may contain the requested address, as the path to return to: that reveals nothing.
  const body = (await response.text()).replaceAll('none-at-all', 'X').replaceAll('hidden-repo', 'X')
  return { status: response.status, body }
}

test('all addresses are tested, and a reader with access gets an answer', async () => {
  const addresses = addressesOf('acme/hidden-repo')
  expect(addresses.length).toBeGreaterThan(25)
  expect(addresses.filter((path) => path.includes('no-'))).toEqual([])
  const reader = await cookieOf('reader')
  const refused: string[] = []
  for (const path of addresses) if ((await ask(path, reader)).status !== 200) refused.push(path)
  expect(refused).toEqual([])
})

describe.each([
  ['no cookie', async () => ''],
  ['another person’s cookie', () => cookieOf('stranger')],
  ['a forged cookie', async () => 'flake-sla-session=guess.c2lnbmF0dXJl'],
  [
    'an old cookie',
    async () => {
      const cookie = await cookieOf('reader')
      now += 9 * HOUR_MS
      return cookie
    },
  ],
  [
    'the cookie of who signed out',
    async () => {
      const cookie = await cookieOf('reader')
      const headers = { cookie, origin: 'http://localhost' }
      await site().request('/auth/sign-out', { method: 'POST', headers })
      return cookie
    },
  ],
])('with %s', (_what, cookieFor) => {
  test('every address answers as it does for a repository that does not exist', async () => {
    const cookie = await cookieFor()
    const unknown = addressesOf('acme/none-at-all')
    for (const [i, path] of addressesOf('acme/hidden-repo').entries()) {
      const found = await answer(path, cookie)
      expect([path, found.status]).toEqual([path, 404])
      expect([path, found]).toEqual([path, await answer(unknown[i] ?? '', cookie)])
    }
    now = NOW
  })

  test('pages about all repositories contain nothing of it', async () => {
    const cookie = await cookieFor()
    const about = site()
      .routes.filter(({ method, path }) => method === 'GET' && !path.includes(':') && !path.includes('*'))
      .map(({ path }) => path)
    expect(about).toEqual(expect.arrayContaining(['/', '/status', '/metrics', '/api/v1/openapi.json']))
    for (const path of new Set(about)) {
      const body = await (await ask(path, cookie)).text()
      expect([path, SECRETS.filter((secret) => body.includes(secret))]).toEqual([path, []])
    }
    now = NOW
  })
})

test('a reader with access finds these texts, so searching for them proves something', async () => {
  const reader = await cookieOf('reader')
  const pages = ['/', '/status', '/acme/hidden-repo', '/acme/hidden-repo/pull/5']
  const bodies = await Promise.all(pages.map(async (path) => (await ask(path, reader)).text()))
  expect(SECRETS.filter((secret) => !bodies.join('').includes(secret))).toEqual([])
})

test('the page of a repository named like a picture has the headers of a page', async () => {
  await database.db
    .insertInto('repository')
    .values(aRepository({ repository_id: 3, full_name: 'acme/x.svg' }))
    .execute()
  for (const path of ['/acme/x.svg', '/no/such/x.svg', '/acme/hidden-repo/jobs/1.svg']) {
    const response = await site().request(path)
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(response.headers.get('x-frame-options')).toBe('DENY')
  }
})
