/** The flakes of the API by local day, and as CSV with every row. The titles of pull requests do not depend on the order of events. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { OpenDatabase } from '../../src/db/client.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { aFlake, aJob, aPullRequestEvent, app, aRepository, aWindow, clear, openFixture } from './fixture.ts'

const BASE = '/api/v1/repositories/acme/web'
let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
afterEach(() => clear(database))

const shaOf = (i: number) => i.toString(16).padStart(40, '0')

async function seed(times: readonly string[]): Promise<void> {
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db.insertInto('job').values(aJob()).execute()
  const flakes = times.map((flaked_at, i) =>
    aFlake({ head_sha: shaOf(i), flaked_at, first_failed_at: flaked_at }),
  )
  for (let i = 0; i < flakes.length; i += 500)
    await db
      .insertInto('flake')
      .values(flakes.slice(i, i + 500))
      .execute()
}

const site = (timeZone = 'UTC') =>
  app({ db: database.db, settingsOf: async () => ({ ...DEFAULT_SETTINGS, timeZone }) })

describe('from and to', () => {
  const times = [
    '2026-02-01T10:59:59Z',
    '2026-02-01T11:00:00Z',
    '2026-02-02T10:59:59Z',
    '2026-02-02T11:00:00Z',
  ]
  const listed = async (timeZone: string, query: string) => {
    const answer = await site(timeZone).request(`${BASE}/flakes?${query}`)
    const { flakes } = (await answer.json()) as { flakes: { flaked_at: string }[] }
    return flakes.map(({ flaked_at }) => new Date(flaked_at).toISOString().replace('.000Z', 'Z')).sort()
  }

  test.each([
    ['Pacific/Auckland', 'from=2026-02-02&to=2026-02-02', times.slice(1, 3)],
    ['Pacific/Auckland', 'from=2026-02-02', times.slice(1)],
    ['Pacific/Auckland', 'to=2026-02-01', times.slice(0, 1)],
    ['UTC', 'from=2026-02-02&to=2026-02-02', times.slice(2)],
  ])('are local days in %s: %s', async (timeZone, query, expected) => {
    await seed(times)
    expect(await listed(timeZone, query)).toEqual(expected)
  })

  test('are days as they were measured, when the time zone changed since', async () => {
    await seed(times)
    const bounds = { starts_at: '2026-02-01T11:00:00Z', ends_at: '2026-02-02T11:00:00Z' }
    await database.db
      .insertInto('sla_window')
      .values(aWindow({ start: '2026-02-02', ...bounds }))
      .execute()
    expect(await listed('UTC', 'from=2026-02-02&to=2026-02-02')).toEqual(times.slice(1, 3))
  })
})

describe('flakes.csv', () => {
  const START = Date.parse('2026-01-01T00:00:00Z')
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => new Date(START + Math.floor(i / 3) * 60_000).toISOString())
  const linesOf = async (answer: Response) => (await answer.text()).trimEnd().split('\r\n')

  test('has every flake once', async () => {
    await seed(many(1203))
    const answer = await site().request(`${BASE}/flakes.csv`)
    expect(answer.headers.get('link')).toBeNull()
    const [head, ...rows] = await linesOf(answer)
    expect(head).toContain('head_sha')
    const shas = rows.map((row) => /[0-9a-f]{40}/.exec(row)?.[0])
    expect(new Set(shas)).toEqual(new Set(Array.from({ length: 1203 }, (_, i) => shaOf(i))))
    expect(rows).toHaveLength(1203)
  })

  test.each([0, 1, 500, 501])('has %i rows for as many flakes', async (count) => {
    await seed(many(count))
    expect(await linesOf(await site().request(`${BASE}/flakes.csv`))).toHaveLength(count + 1)
  })

  test('reads one page at a time', async () => {
    await seed(many(1203))
    const reader = (await site().request(`${BASE}/flakes.csv`)).body?.getReader()
    await reader?.read()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value).trimEnd().split('\r\n')).toHaveLength(500)
    await reader?.cancel()
  })

  test('with a limit is one page, and links to the next', async () => {
    await seed(many(5))
    const rows: string[] = []
    let address: string | undefined = `${BASE}/flakes.csv?limit=2`
    while (address !== undefined) {
      const answer = await site().request(address)
      rows.push(...(await linesOf(answer)).slice(1))
      address = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect(rows).toHaveLength(5)
    expect(new Set(rows).size).toBe(5)
  })

  test.each(['limit=0', 'limit=x', 'cursor=AAAA', 'from=2026-02-30'])('with %s is refused', async (query) => {
    await seed([])
    expect((await site().request(`${BASE}/flakes.csv?${query}`)).status).toBe(400)
  })
})

test('windows.csv has every day', async () => {
  await seed([])
  const days = Array.from({ length: 150 }, (_, i) =>
    new Date(Date.UTC(2025, 8, 1 + i)).toISOString().slice(0, 10),
  )
  await database.db
    .insertInto('sla_window')
    .values(days.map((start) => aWindow({ start })))
    .execute()
  const text = await (await site().request(`${BASE}/windows.csv`)).text()
  expect(text.trimEnd().split('\r\n')).toHaveLength(151)
})

test.each([
  ['in order', false],
  ['in reverse', true],
])(
  'of two titles of one second the same is shown, when the events arrived %s',
  async (_order, isReversed) => {
    await seed(['2026-02-02T11:00:00Z'])
    await sql`set enable_indexscan = off`.execute(database.db)
    const events = ['opened', 'edited'].map((action) =>
      aPullRequestEvent({ action, title: `Title when ${action}` }),
    )
    for (const event of isReversed ? events.reverse() : events)
      await database.db.insertInto('pull_request_event').values(event).execute()
    const answer = await site().request(`${BASE}/flakes/${shaOf(0)}/11`)
    expect(answer.status).toBe(200)
    const page = await (await site().request(`/acme/web/flakes/${shaOf(0)}/11`)).text()
    expect(page).toContain('Title when opened')
  },
)
