/** How complete the data is: backfills, gaps, and the share of required results received. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GitHubUsers } from '../../src/dashboard/auth/github-users.ts'
import { startBackfill } from '../../src/db/backfill.ts'
import { finishPage } from '../../src/db/backfill-pages.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { readCoverage } from '../../src/db/coverage.ts'
import { deleteCursor, saveCursor } from '../../src/db/delivery-checks.ts'
import { openGap } from '../../src/db/gaps.ts'
import { newPage } from '../../src/domain/backfill-page.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { aJob, app, aRepository, aRun, aWindow, clear, openFixture } from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.db
    .insertInto('repository')
    .values([aRepository(), aRepository({ repository_id: 2, full_name: 'acme/secret', private: true })])
    .execute()
})
afterEach(async () => {
  await clear(database)
  await sql`truncate backfill, backfill_page, gap, missed_delivery`.execute(database.db)
})

async function text(path: string, deps: Partial<Parameters<typeof app>[0]> = {}): Promise<string> {
  const response = await app({ db: database.db, ...deps }).request(path)
  expect(response.status).toBe(200)
  return (await response.text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

/** A backfill with one of two pages read. */
async function backfill(repositoryId: number): Promise<void> {
  const { db } = database
  const page = (cursor: string) => newPage('pulls', cursor, { cursor, first: 25, alone: false })
  const wanted = { since: '2025-11-06T00:00:00Z', now: '2026-02-04T11:00:00Z', overlapMs: 0, keptDays: null }
  await startBackfill(db, repositoryId, wanted, () => [page('first'), page('second')])
  const stored = await db
    .selectFrom('backfill_page')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('page_key', '=', 'pulls:first')
    .executeTakeFirstOrThrow()
  await finishPage(db, stored, { facts: [], next: [], found: [4, 5, 6] })
}

describe('a running backfill', () => {
  test('is shown on the home page with its progress, and the page refreshes itself', async () => {
    await backfill(1)
    expect(await text('/')).toMatch(
      /The backfill from GitHub is in progress.*acme\/web 6 Nov 2025 1 of 2 1 of 2 pages 3 /,
    )
    const page = await (await app({ db: database.db }).request('/')).text()
    expect(page).toContain('<main id="main" data-refresh="5">')
    expect(page).toContain('<noscript><meta http-equiv="refresh"')
  })

  test('is mentioned beside the figures, and on the status page', async () => {
    await database.db
      .insertInto('sla_window')
      .values(aWindow({ kind: 'week', start: '2026-02-02' }))
      .execute()
    expect(await text('/')).not.toContain('Backfill of')
    await backfill(1)
    expect(await text('/')).toContain('Backfill of acme/web since 6 Nov 2025 in progress')
    expect(await text('/status')).toContain('1 of 2 pages')
  })

  test('in a repository without access is not mentioned', async () => {
    await backfill(2)
    expect(await text('/')).not.toContain('acme/secret')
    expect(await text('/status')).not.toContain('acme/secret')
    expect(await text('/api/v1/status')).not.toContain('acme/secret')
  })
})

describe('a gap', () => {
  const gap = {
    repository_id: 1,
    from_at: '2026-01-20T00:00:00Z',
    to_at: '2026-01-25T00:00:00Z',
    reason: 'the server was away',
    filled_at: null,
  }

  test('is described, and described as filled once it is', async () => {
    expect(await text('/status')).toContain('No open gaps')
    await openGap(database.db, gap)
    expect(await text('/status')).toContain(
      'acme/web : the server was away from 20 Jan 2026, 00:00 UTC to 25 Jan 2026, 00:00 UTC . Results may be missing',
    )
    const csv = await (await app({ db: database.db }).request('/api/v1/status/gaps.csv')).text()
    expect(csv).toBe(
      'full_name,from_at,to_at,reason,filled_at\r\nacme/web,2026-01-20T00:00:00.000Z,2026-01-25T00:00:00.000Z,the server was away,\r\n',
    )
    await sql`update gap set filled_at = '2026-02-01T10:00:00Z'`.execute(database.db)
    expect(await text('/status')).toContain('Backfilled on 1 Feb 2026, 10:00 UTC ; nothing is missing now')
  })

  test('in a repository without access is not mentioned', async () => {
    await openGap(database.db, { ...gap, repository_id: 2 })
    expect(await text('/status')).toContain('No open gaps')
    expect(JSON.parse(await text('/api/v1/status')).gaps).toEqual([])
  })

  test('missed deliveries are counted', async () => {
    await database.db
      .insertInto('missed_delivery')
      .values({
        guid: 'g',
        delivery_id: '1',
        repository_id: 1,
        event: 'check_run',
        delivered_at: '2026-02-04T10:00:00Z',
        tried_at: null,
        done_at: null,
        result: null,
      })
      .execute()
    expect(await text('/status')).toContain('1 delivery not received from GitHub; redelivery requested')
  })

  test('the status page says that the delivery log is still being read', async () => {
    const rest = { which: 'failed', cursor: 'v1_5', since: '2026-02-03T08:00:00Z' } as const
    await saveCursor(database.db, rest)
    expect(await text('/status')).toMatch(
      /delivery log is being read back to .*8:00.*; until that is done, results may be missing/,
    )
    await deleteCursor(database.db, rest)
    expect(await text('/status')).not.toContain('delivery log')
  })
})

describe('a reader without access to any repository', () => {
  const github = {} as GitHubUsers
  const auth = {
    clientId: 'x',
    clientSecret: 'y',
    apiUrl: 'http://127.0.0.1:1',
    secret: 's'.repeat(40),
    github,
  }

  test('is asked to sign in, in the same words whether or not there are private repositories', async () => {
    await database.db.deleteFrom('repository').where('repository_id', '=', 1).execute()
    const some = await text('/', { auth })
    expect(some).toContain('Sign in with GitHub to see yours')
    await database.db.deleteFrom('repository').execute()
    expect(await text('/', { auth })).toBe(some)
  })

  test('is told if sign-in is not configured', async () => {
    await database.db.deleteFrom('repository').where('repository_id', '=', 1).execute()
    expect(await text('/')).toContain('Private repositories are hidden: sign-in is not configured.')
  })
})

describe('required jobs', () => {
  test('without a result do not count as passed: the tile shows the share of results received', async () => {
    const { db } = database
    await db
      .insertInto('job')
      .values([aJob(), aJob({ job_id: 12, name: 'lint' })])
      .execute()
    await db
      .insertInto('sla_window')
      .values(aWindow({ start: '2026-02-03', prs: 2 }))
      .execute()
    await db
      .insertInto('run')
      .values([
        aRun({ run_key: '1' }),
        aRun({ run_key: '2', job_id: 12 }),
        aRun({ run_key: '3', number: 6, head_sha: 'c'.repeat(40) }),
      ])
      .execute()
    const settingsOf = async () => ({ ...DEFAULT_SETTINGS, required: ['unit', 'lint'] })
    expect(await text('/acme/web', { settingsOf })).toContain('Required results received: 75%.')
    const answer = await text('/api/v1/repositories/acme/web', { settingsOf })
    expect(JSON.parse(answer).coverage).toEqual({ day: 0.75, week: null })
    // The command line agrees.
    const row = await db.selectFrom('sla_window').selectAll().executeTakeFirstOrThrow()
    expect(await readCoverage(db, 1, ['unit', 'lint'], [row])).toEqual([0.75])
    expect(await text('/acme/web')).not.toContain('Required results received')
  })
})
