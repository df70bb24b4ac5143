import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { csv } from '../../src/dashboard/api/csv.ts'
import { readCursor, writeCursor } from '../../src/dashboard/api/query.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { aFlake, aJob, aPullRequestEvent, app, aRepository, aWindow, clear, openFixture } from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
afterEach(() => clear(database))

const BASE = '/api/v1/repositories/acme/web'

async function seed(flakes = 3) {
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db.insertInto('job').values(aJob()).execute()
  await db
    .insertInto('flake')
    .values(
      Array.from({ length: flakes }, (_, i) =>
        // The last two flaked at the same instant: paging must neither lose nor repeat one.
        aFlake({
          head_sha: `${i}`.repeat(40),
          number: i + 1,
          flaked_at: `2026-02-0${Math.min(i, 1) + 1}T10:00:00Z`,
        }),
      ),
    )
    .execute()
  await db
    .insertInto('sla_window')
    .values([1, 2, 3].map((day) => aWindow({ start: `2026-02-0${day}`, prs: day * 10 })))
    .execute()
}

/** The fields of answers that the tests below read. */
interface Body {
  flakes: { head_sha: string }[]
  next: string | null
  windows: { start: string }[]
  next_to: string | null
  error: string
  openapi: string
  paths: Record<string, { get: { responses: object } }>
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await app({ db: database.db }).request(path, { headers })
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? await response.json() : {}) as Body,
  }
}

describe('the API', () => {
  test('the pages of flakes together list every flake once', async () => {
    await seed(5)
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await get(`${BASE}/flakes?limit=2${cursor}`)
      seen.push(...body.flakes.map((flake) => flake.head_sha.slice(0, 1)))
      cursor = body.next ? `&cursor=${body.next}` : ''
    } while (cursor)
    expect(seen).toEqual(['4', '3', '2', '1', '0'])
  })

  test('windows are listed newest first, with figures computed from their counts', async () => {
    await seed()
    const { body } = await get(`${BASE}/windows?limit=2`)
    expect(body.windows.map((one) => one.start)).toEqual(['2026-02-03', '2026-02-02'])
    expect(body.windows[0]).toMatchObject({ prs: 30, rate: 0, breached: false, partial: false })
    const rest = await get(`${BASE}/windows?limit=2&to=${body.next_to}`)
    expect(rest.body).toMatchObject({ windows: [{ start: '2026-02-01' }], next_to: null })
  })

  test.each([
    ['flakes?limit=0', 'limit'],
    ['flakes?limit=501', 'limit'],
    ['flakes?from=yesterday', 'from'],
    ['flakes?cursor=AAAA', 'cursor'],
    ['windows?kind=year', 'kind'],
    ['grid?job=(', 'missing closing )'],
    ['pulls/x', 'number'],
    ['flakes/zz/1', 'sha'],
  ])('%s is answered with 400 and the reason', async (path, part) => {
    await seed()
    const { status, body } = await get(`${BASE}/${path}`)
    expect(status).toBe(400)
    expect(body.error).toContain(part)
  })

  test('a missing repository and a private one get the same answer', async () => {
    await seed()
    await database.db.updateTable('repository').set({ private: true }).execute()
    for (const path of [
      '',
      '/windows',
      '/jobs',
      '/flakes',
      '/jobs/11',
      `/flakes/${'0'.repeat(40)}/11`,
      '/pulls/1',
      '/grid',
      '/months',
      '/incidents',
      '/accuracy',
      '/windows.csv',
      '/jobs.csv',
      '/flakes.csv',
      '/months.csv',
      '/incidents.csv',
      '/accuracy.csv',
      '/grid.csv',
      '/jobs/11/runs.csv',
      '/jobs/11/days.csv',
      '/jobs/11/changes/2026-02-02/merged.csv',
      '/pulls/1/runs.csv',
    ]) {
      const forbidden = await get(`${BASE}${path}`)
      const unknown = await get(`/api/v1/repositories/acme/none${path}`)
      expect([path, forbidden.status]).toEqual([path, 404])
      expect(forbidden.body).toEqual(unknown.body)
    }
    expect((await get('/api/v1/repositories')).body).toEqual({ repositories: [], next_page: null })
    expect((await get('/api/v1/status')).body).toEqual({
      repositories: [],
      next_page: null,
      gaps: [],
      backfills: [],
      outbox: [],
      rate_limit: null,
    })
    const status = await app({ db: database.db }).request('/api/v1/status.csv')
    expect((await status.text()).trim().split('\r\n')).toHaveLength(1)
  })

  test('an unchanged answer is not sent again', async () => {
    await seed()
    const first = await get(`${BASE}/windows`)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).not.toBe('')
    expect((await get(`${BASE}/windows`, { 'if-none-match': etag })).status).toBe(304)
    await database.db.updateTable('sla_window').set({ prs: 99 }).execute()
    expect((await get(`${BASE}/windows`, { 'if-none-match': etag })).status).toBe(200)
  })

  test('the OpenAPI document lists every address', async () => {
    const { body } = await get('/api/v1/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toContain('/repositories/{owner}/{repo}/flakes/{sha}/{job_id}')
    for (const path of Object.values(body.paths)) expect(Object.keys(path.get.responses)).toContain('200')
  })

  test('months, incidents, accuracy and status agree with the pages', async () => {
    await seed()
    expect((await get(`${BASE}/months`)).body).toMatchObject({
      months: [{ month: '2026-02', days: 3, days_breached: 0, flakes_counted: 0 }],
    })
    expect((await get('/api/v1/status')).body).toMatchObject({
      repositories: [{ repository: 'acme/web', days_with_data: 3, longest_gap_days: 0 }],
    })
    expect((await get(`${BASE}/incidents?days=0`)).status).toBe(400)
  })

  test('tables are served as CSV', async () => {
    await seed()
    const response = await app({ db: database.db }).request(`${BASE}/flakes.csv`)
    const lines = (await response.text()).trim().split('\r\n')
    expect(response.headers.get('content-type')).toContain('text/csv')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toContain('pull_request,title,head_sha,job')
  })

  test('pull requests merged around a change of a job’s flake rate are served as CSV; any other day is not found', async () => {
    await seed()
    const { db } = database
    const merge = (number: number, day: string) =>
      aPullRequestEvent({ number, merged: true, action: 'closed', reported_at: `${day}T12:00:00Z` })
    await db
      .insertInto('pull_request_event')
      .values([
        merge(4, '2026-01-31'),
        merge(5, '2026-02-03'),
        merge(6, '2026-01-30'),
        merge(7, '2026-02-04'),
      ])
      .execute()
    await db
      .insertInto('change_point')
      .values({
        ...{ repository_id: 1, job_id: 11, changed_on: '2026-02-02' },
        ...{ before_flaky: 0, before_verdicts: 40, after_flaky: 9, after_verdicts: 20 },
      })
      .execute()
    const pages = app({ db })
    const answer = await pages.request(`${BASE}/jobs/11/changes/2026-02-02/merged.csv`)
    const [head, ...rows] = (await answer.text()).trim().split('\r\n')
    expect(head).toBe('pull_request,title,author,merged_at')
    expect(rows.map((row) => [row.split(',').at(0), row.split(',').at(-1)])).toEqual([
      ['4', '2026-01-31T12:00:00.000Z'],
      ['5', '2026-02-03T12:00:00.000Z'],
    ])
    for (const path of ['11/changes/2026-02-01', '11/changes/2026-99-99', '12/changes/2026-02-02']) {
      const none = await pages.request(`${BASE}/jobs/${path}/merged.csv`)
      const words = 'Not found, or you don’t have access.\n'
      expect([path, none.status, await none.text()]).toEqual([path, 404, words])
    }
    expect(await (await pages.request('/acme/web/jobs/11')).text()).toContain(
      `href="${BASE}/jobs/11/changes/2026-02-02/merged.csv"`,
    )
    await sql`truncate change_point`.execute(db)
  })

  test('the last run of each timer is served as CSV', async () => {
    const slots = ['2026-02-03T10:00:00Z', '2026-02-03T10:05:00Z']
    await database.db
      .insertInto('tick')
      .values(slots.map((slot) => ({ name: 'reconcile', slot })))
      .execute()
    const pages = app({ db: database.db })
    const csv = await (await pages.request('/api/v1/status/timers.csv')).text()
    expect(csv.trim().split('\r\n')).toEqual(['name,slot', 'reconcile,2026-02-03T10:05:00.000Z'])
    expect(await (await pages.request('/status')).text()).toContain('href="/api/v1/status/timers.csv"')
  })
})

describe('csv', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['-2', "'-2"],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    [null, ''],
    [-2, '-2'],
    [{ a: 1 }, '"{""a"":1}"'],
  ])('%j is written as %j', (value, cell) => {
    expect(csv(['x'], [{ x: value }])).toBe(`x\r\n${cell}\r\n`)
  })
})

describe('cursors', () => {
  test('survive a round trip', () => {
    const cursor = { flakedAt: '2026-02-01T10:00:00.000Z', headSha: 'ab'.repeat(20), jobId: 4363376621640920 }
    expect(readCursor(writeCursor(cursor))).toEqual(cursor)
  })

  test.each([
    '',
    'AAAA',
    Buffer.from("x|y'|1").toString('base64url'),
    Buffer.from('a|b|c|d').toString('base64url'),
  ])('%j is not a cursor', (text) => {
    expect(readCursor(text)).toBeNull()
  })
})
