import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTimings } from '../../src/dashboard/app.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { app, aRepository, aWindow, clear, openFixture } from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
afterEach(() => clear(database))

function namesIn(path: string): Set<string> {
  const found =
    readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').match(/flake_sla_[a-z_]+/g) ?? []
  return new Set(found.map((name) => name.replace(/_bucket$/, '')))
}

async function seed(): Promise<void> {
  const { db } = database
  await db
    .insertInto('repository')
    .values([aRepository(), aRepository({ repository_id: 2, full_name: 'acme/secret', private: true })])
    .execute()
  const figures = {
    prs: 50,
    flakes: 2,
    flakes_counted: 1,
    flakes_low: 1,
    flakes_caused_by_pr: 1,
    breached: true,
  }
  await db
    .insertInto('sla_window')
    .values([
      aWindow({ start: '2026-02-03', ...figures }),
      aWindow({ repository_id: 2, start: '2026-02-03', ...figures }),
    ])
    .execute()
}

describe('/metrics', () => {
  test.each([
    ['2026-01-31', 'a day of the last week', 0],
    ['2026-02-02', 'a day before the last closed day', 0],
    ['2026-02-03', 'the last closed day', 1],
    ['2026-02-04', 'today', 0],
  ])(
    'a breach of %s is shown as that of the last closed day: %s, %i samples',
    async (start, _which, samples) => {
      const { db } = database
      await db.insertInto('repository').values(aRepository()).execute()
      await db
        .insertInto('sla_window')
        .values(aWindow({ start, prs: 50, breached: true }))
        .execute()
      const text = await (await app({ db }).request('/metrics')).text()
      expect(text.match(/^flake_sla_breached\{.*window="day"/gm) ?? []).toHaveLength(samples)
    },
  )

  test.each([
    ['Pacific/Auckland', '2026-02-04'],
    ['America/Los_Angeles', '2026-02-03'],
    ['UTC', '2026-02-03'],
  ])('the last closed day in %s is %s', async (timeZone, expected) => {
    const { db } = database
    await db.insertInto('repository').values(aRepository()).execute()
    // Other figures than those of the test before, which are cached.
    const measured_at = `2026-02-04T10:00:${10 + timeZone.length}Z`
    const starts = ['2026-02-02', '2026-02-03', '2026-02-04', '2026-02-05']
    await db
      .insertInto('sla_window')
      .values(starts.map((start, i) => aWindow({ start, prs: 10 + i, measured_at })))
      .execute()
    const text = await (
      await app({ db, settingsOf: async () => ({ ...DEFAULT_SETTINGS, timeZone }) }).request('/metrics')
    ).text()
    const prs = 10 + starts.indexOf(expected)
    expect(text).toContain(`flake_sla_pull_requests_tested{repository="acme/web",window="day"} ${prs}\n`)
  })

  test('the week is that of the last closed day', async () => {
    const { db } = database
    await db.insertInto('repository').values(aRepository()).execute()
    await db
      .insertInto('sla_window')
      .values(['2026-01-26', '2026-02-02'].map((start, i) => aWindow({ kind: 'week', start, prs: 10 + i })))
      .execute()
    const text = await (await app({ db }).request('/metrics')).text()
    expect(text).toContain('flake_sla_pull_requests_tested{repository="acme/web",window="week"} 11\n')
  })

  test('shows the figures of the last closed day', async () => {
    await seed()
    const text = await (await app({ db: database.db }).request('/metrics')).text()
    expect(text).toContain('flake_sla_rate{repository="acme/web",window="day"} 0.02')
    expect(text).toContain('flake_sla_burn_rate{repository="acme/web",window="day"} 2')
    expect(text).toContain(
      'flake_sla_flakes{repository="acme/web",window="day",attribution="caused_by_pr"} 1',
    )
  })

  test('names private repositories only with the token', async () => {
    await seed()
    const site = app({ db: database.db, metricsToken: 'a long token' })
    const text = async (authorization?: string) =>
      (await site.request('/metrics', { headers: authorization ? { authorization } : {} })).text()
    expect(await text()).not.toContain('acme/secret')
    expect(await text('Bearer another token')).not.toContain('acme/secret')
    expect(await text('Bearer a long token')).toContain('acme/secret')
    const without = app({ db: database.db })
    const answer = await without.request('/metrics', { headers: { authorization: 'Bearer ' } })
    expect(await answer.text()).not.toContain('acme/secret')
  })

  test('a repository without data has no rate, rather than zero', async () => {
    await database.db.insertInto('repository').values(aRepository()).execute()
    expect(await (await app({ db: database.db }).request('/metrics')).text()).not.toContain('flake_sla_rate{')
  })

  test('labels request durations by the route’s pattern, not its address', async () => {
    await seed()
    const site = app({ db: database.db, timings: createTimings() })
    await site.request('/acme/web')
    await site.request('/acme/nothing')
    const text = await (await site.request('/metrics')).text()
    expect(text).toContain('flake_sla_http_request_seconds_count{route="/:owner/:repo",status="200"} 1')
    expect(text).toContain('flake_sla_http_request_seconds_count{route="/:owner/:repo",status="404"} 1')
    expect(text).not.toContain('nothing')
  })

  test('the documentation lists every metric, and documentation, alerts and dashboard name no other', async () => {
    await seed()
    const status = async () => ({ rateLimit: { remaining: 1, limit: 2, resetAt: '2026-02-04T13:00:00Z' } })
    const site = app({ db: database.db, timings: createTimings(), status })
    const text = await (await site.request('/metrics')).text()
    const told = new Set([...text.matchAll(/^# TYPE (flake_sla_\S+)/gm)].map((match) => match[1]))
    expect(told.size).toBeGreaterThan(15)
    expect(namesIn('docs/metrics.md')).toEqual(told)
    for (const path of ['deploy/alerts.yml', 'deploy/grafana-dashboard.json'])
      for (const name of namesIn(path)) expect([path, name, told.has(name)]).toEqual([path, name, true])
  })
})
