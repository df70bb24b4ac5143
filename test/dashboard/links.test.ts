/** Every internal link works: pages, pictures, tables, style sheet and script. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpenDatabase } from '../../src/db/client.ts'
import {
  aFlake,
  aJob,
  anIncident,
  aPullRequestEvent,
  app,
  aRepository,
  aRun,
  aVerdict,
  aWindow,
  openFixture,
} from './fixture.ts'

let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db.insertInto('job').values(aJob()).execute()
  await db
    .insertInto('sla_window')
    .values([aWindow({ start: '2026-02-03' }), aWindow({ kind: 'week', start: '2026-02-02' })])
    .execute()
  await db
    .insertInto('run')
    .values([
      aRun({ run_key: 'c/1', outcome: 'fail', completed_at: '2026-02-03T09:00:00Z' }),
      aRun({ run_key: 'c/2' }),
    ])
    .execute()
  await db
    .insertInto('verdict')
    .values(aVerdict({ flaky: true }))
    .execute()
  await db
    .insertInto('flake')
    .values(aFlake({ incident: 'x' }))
    .execute()
  const hit = { jobs: JSON.stringify([11]), pull_requests: JSON.stringify([5]) }
  await db
    .insertInto('incident')
    .values(anIncident({ incident: 'x', ...hit }))
    .execute()
  await db.insertInto('pull_request_event').values(aPullRequestEvent()).execute()
  await db
    .insertInto('change_point')
    .values({
      ...{ repository_id: 1, job_id: 11, changed_on: '2026-02-02' },
      ...{ before_flaky: 0, before_verdicts: 40, after_flaky: 9, after_verdicts: 20 },
    })
    .execute()
})
afterAll(() => database.close())

test('every internal link is answered, and tables have the announced content type', async () => {
  const pages = app({ db: database.db })
  const seen = new Map<string, number>()
  const waiting = ['/']
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    const answer = await pages.request(path)
    seen.set(path, answer.status)
    const type = answer.headers.get('content-type') ?? ''
    if (path.includes('.csv')) expect([path, type]).toEqual([path, expect.stringContaining('text/csv')])
    if (!type.startsWith('text/html')) continue
    const text = await answer.text()
    for (const [, link] of text.matchAll(/(?:href|src)="(\/[^"#]*)/g))
      if (link) waiting.push(link.replaceAll('&amp;', '&'))
  }
  expect([...seen].filter(([, status]) => status !== 200)).toEqual([])
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([
      '/acme/web/jobs/11',
      '/acme/web/pull/5',
      `/acme/web/flakes/${'a'.repeat(40)}/11`,
      '/api/v1/repositories/acme/web/incidents.csv',
      '/api/v1/repositories/acme/web/jobs/11/runs.csv',
      '/api/v1/repositories/acme/web/jobs/11/changes/2026-02-02/merged.csv',
      '/api/v1/repositories/acme/web/pulls/5/runs.csv',
      '/api/v1/status.csv',
      '/api/v1/status/timers.csv',
    ]),
  )
})
