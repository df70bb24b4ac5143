import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { OpenDatabase } from '../../src/db/client.ts'
import { aFlake, aJob, aPullRequestEvent, app, aRepository, aWindow, clear, openFixture } from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
afterEach(() => clear(database))

async function seed() {
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  const breach = { prs: 20, flakes: 1, flakes_counted: 1, flakes_low: 1, flakes_high: 1, breached: true }
  await db
    .insertInto('sla_window')
    .values([
      aWindow({ start: '2026-02-03', ...breach }),
      aWindow({ start: '2026-02-04', prs: 4 }),
      aWindow({ kind: 'week', start: '2026-02-02', ...breach }),
    ])
    .execute()
  await db.insertInto('job').values(aJob()).execute()
  await db.insertInto('flake').values(aFlake()).execute()
  await db.insertInto('pull_request_event').values(aPullRequestEvent()).execute()
}

async function text(path: string, status = 200): Promise<string> {
  const response = await app({ db: database.db }).request(path)
  expect(response.status).toBe(status)
  return await response.text()
}

describe('the organisation', () => {
  test('an empty database shows the next step', async () => {
    expect(await text('/')).toContain('the app may not be installed yet')
  })

  test('repositories are listed with the state of their latest week', async () => {
    await seed()
    const page = await text('/')
    expect(page).toContain('href="/acme/web"')
    expect(page).toContain(
      'This week 1 of 1 repository with data is out of SLA: 1 flake in 20 tested pull requests, 5% overall',
    )
  })

  test('a private repository is neither listed nor found', async () => {
    await seed()
    await database.db.updateTable('repository').set({ private: true }).execute()
    expect(await text('/')).not.toContain('acme/web')
    expect(await text('/acme/web', 404)).toBe(await text('/acme/nothing', 404))
  })
})

describe('one repository', () => {
  test('states whether the week is in SLA, and warns about a small sample', async () => {
    await seed()
    const page = await text('/acme/web')
    expect(page).toContain('This week is out of SLA: 1 flake in 20 tested pull requests (5%)')
    expect(page).toContain('with so few pull requests, a single flake is a breach')
  })

  test('only the latest revision of a window is shown', async () => {
    await seed()
    const revised = aWindow({ kind: 'week', start: '2026-02-02', revision: 1, prs: 25, flakes: 0 })
    await database.db.insertInto('sla_window').values(revised).execute()
    const page = await text('/acme/web')
    expect(page).toContain('0 flakes in 25 tested pull requests')
    expect(page).not.toContain('in 20 tested pull requests (')
  })

  test('is found regardless of the case of its name, as on GitHub', async () => {
    await seed()
    expect(await text('/ACME/Web')).toContain('acme/web')
  })

  test('without windows shows no data', async () => {
    await database.db.insertInto('repository').values(aRepository()).execute()
    expect(await text('/acme/web')).toContain('No data: no pull request was tested')
  })

  test('text from outside stays text', async () => {
    await seed()
    const hostile = '<script>alert(1)</script>"onload=\u202eevil'
    await database.db.updateTable('job').set({ name: hostile }).execute()
    await database.db.updateTable('pull_request_event').set({ title: hostile }).execute()
    const page = await text('/acme/web')
    expect(page.replace(/<script src="\/assets\/script\.[0-9a-f]+\.js" defer><\/script>/, '')).not.toContain(
      '<script',
    )
    expect(page).not.toContain('"onload')
    expect(page.match(/<bdi class="name long" title="&lt;script/g)).toHaveLength(3)
  })
})

describe('every answer', () => {
  test('forbids foreign and inline scripts and styles, and frames', async () => {
    const response = await app({ db: database.db }).request('/')
    const settings = response.headers.get('content-security-policy') ?? ''
    expect(settings).toContain("default-src 'none'")
    expect(settings).toContain("frame-ancestors 'none'")
    expect(settings).not.toContain('unsafe')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('assets are named by their content and may be cached indefinitely', async () => {
    const path = /\/assets\/style\.[0-9a-f]{12}\.css/.exec(await text('/'))?.[0] ?? ''
    const response = await app({ db: database.db }).request(path)
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(response.headers.get('content-type')).toContain('text/css')
  })
})
