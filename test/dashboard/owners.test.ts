/** The owners and the tracking issue of a job. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenDatabase } from '../../src/db/client.ts'
import { writeJobIssue } from '../../src/db/job-issues.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { aFlake, aJob, app, aRepository, aRun, aVerdict, aWindow, openFixture } from './fixture.ts'

let database: OpenDatabase
const issue = {
  repository_id: 1,
  job_id: 11,
  issue: 77,
  full_name: 'acme/web',
  url: 'https://github.com/acme/web/issues/77',
  opened_at: '2026-02-03T11:00:00Z',
  written_at: '2026-02-03T11:00:00Z',
  closed_at: null,
  counts_from: null,
}

beforeAll(async () => {
  database = await openFixture()
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db
    .insertInto('job')
    .values([aJob({ name: 'e2e-gke' }), aJob({ job_id: 12, name: 'lint' })])
    .execute()
  await db
    .insertInto('sla_window')
    .values(aWindow({ start: '2026-02-03' }))
    .execute()
  await db
    .insertInto('flake')
    .values([aFlake(), aFlake({ job_id: 12, number: 6, head_sha: 'c'.repeat(40) })])
    .execute()
  await db
    .insertInto('run')
    .values(aRun({ started_at: '2026-02-03T09:30:00Z' }))
    .execute()
  await db
    .insertInto('verdict')
    .values(aVerdict({ flaky: true }))
    .execute()
  await writeJobIssue(db, issue)
})
afterAll(() => database.close())

const owners = [
  { job: 'e2e-*', owners: ['octocat', 'acme/testing'] },
  { job: '*', owners: ['everybody'] },
]

async function page(path: string): Promise<string> {
  const settingsOf = async () => ({ ...DEFAULT_SETTINGS, owners: owners.slice(0, 1) })
  return (await app({ db: database.db, settingsOf }).request(path)).text()
}

describe.each(['/acme/web', '/acme/web/jobs/11'])('on %s', (path) => {
  test('the owners from the settings and the open issue are shown', async () => {
    const found = await page(path)
    expect(found).toContain('href="https://github.com/octocat"')
    expect(found).toContain('href="https://github.com/orgs/acme/teams/testing"')
    expect(found).toContain('href="https://github.com/acme/web/issues/77"')
  })

  test('a closed issue, or one in another repository, is not shown', async () => {
    for (const change of [{ closed_at: '2026-02-03T12:00:00Z' }, { full_name: 'acme/secret' }]) {
      await writeJobIssue(database.db, { ...issue, ...change })
      expect(await page(path)).not.toContain('issues/77')
    }
    await writeJobIssue(database.db, issue)
  })
})

test('the API agrees, and adds the time lost', async () => {
  const { jobs } = JSON.parse(await page('/api/v1/repositories/acme/web/jobs'))
  const [one, other] = jobs
  expect(one).toMatchObject({
    job: 'e2e-gke',
    owners: ['octocat', 'acme/testing'],
    issue: 'https://github.com/acme/web/issues/77',
    waited_s: 3600,
    rerun_s: 1800,
  })
  const long = JSON.parse(await page('/api/v1/repositories/acme/web/jobs?days=61'))
  expect(long.jobs[0]).toMatchObject({ job: 'e2e-gke', waited_s: null, rerun_s: null })
  expect(other).toMatchObject({ job: 'lint', owners: [], issue: null })
})
