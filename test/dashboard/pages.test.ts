import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { writeChangePoints } from '../../src/db/change-points.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { readPullRequestReport } from '../../src/derive/report-data.ts'
import { blocksAround } from '../../src/domain/attribution/change-point.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import { DAY_MS } from '../../src/domain/time.ts'
import { reportText } from '../../src/texts/report.ts'
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
  clear,
  NOW,
  openFixture,
} from './fixture.ts'

const SHA = 'a'.repeat(40)
let database: OpenDatabase

beforeAll(async () => {
  database = await openFixture()
})
afterAll(() => database.close())
afterEach(() => clear(database))

async function seed() {
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db
    .insertInto('job')
    .values([aJob(), aJob({ job_id: 12, name: 'lint' })])
    .execute()
  await db.insertInto('pull_request_event').values(aPullRequestEvent()).execute()
}

async function text(path: string, options: { status?: number; settings?: Settings } = {}): Promise<string> {
  const settingsOf = async () => options.settings ?? DEFAULT_SETTINGS
  const response = await app({ db: database.db, settingsOf }).request(path)
  expect(response.status).toBe(options.status ?? 200)
  // The visible text: without tags, and with white space collapsed.
  return (await response.text())
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, '’')
    .replace(/\s+/g, ' ')
}

describe('a flake’s page', () => {
  const evidence = {
    x: 1,
    m: 1,
    k: 1,
    n: 200,
    other_prs: 1,
    seen_on: [4],
    trunk_k: 0,
    trunk_n: 0,
    prior: 0.005,
    changed: 'code',
    window_days: 14,
  }

  test('shows the arithmetic, which gives the published reference value', async () => {
    await seed()
    // Reference value: x/m = 1/1, k = 1, n = 200 gives .295.
    await database.db
      .insertInto('flake')
      .values(aFlake({ probability: 0.295, evidence: JSON.stringify(evidence) }))
      .execute()
    const page = await text(`/acme/web/flakes/${SHA}/11`)
    expect(page).toContain('probability that the pull request caused it 29.5%')
    expect(page).not.toContain('Beyond these counts')
    expect(page).toContain('the job flaked at 1 of 200 commits, on #4')
  })

  test('says so if the attribution considers more than the counts', async () => {
    await seed()
    await database.db
      .insertInto('flake')
      .values(aFlake({ probability: 0.9, evidence: JSON.stringify(evidence) }))
      .execute()
    expect(await text(`/acme/web/flakes/${SHA}/11`)).toContain(
      'The attribution says 90%. Beyond these counts',
    )
  })

  test('lists the changes of the attribution', async () => {
    await seed()
    await database.db.insertInto('flake').values(aFlake()).execute()
    await database.db
      .insertInto('flake_revision')
      .values({
        repository_id: 1,
        head_sha: SHA,
        job_id: 11,
        revised_at: '2026-02-03T11:00:00Z',
        old: 'caused_by_pr',
        new: 'not_caused_by_pr',
        old_probability: 0.95,
        new_probability: 0.03,
        why: 'more verdicts',
      })
      .execute()
    expect(await text(`/acme/web/flakes/${SHA}/11`)).toMatch(
      /yes \(95% likely this pull request\) no \(3% likely this pull request\) more verdicts/,
    )
  })

  test.each([
    `/acme/web/flakes/${'b'.repeat(40)}/11`,
    `/acme/web/flakes/${SHA}/99`,
    '/acme/web/flakes/zzz/11',
  ])('%s is not found', async (path) => {
    await seed()
    await text(path, { status: 404 })
  })
})

describe('a pull request’s page', () => {
  test('says what to do, in the words of the report', async () => {
    await seed()
    const { db } = database
    await db
      .insertInto('run')
      .values(aRun({ outcome: 'fail' }))
      .execute()
    await db
      .insertInto('verdict')
      .values([
        aVerdict({ number: 4, head_sha: 'd'.repeat(40), flaky: true }),
        aVerdict({ number: 3, head_sha: 'e'.repeat(40) }),
      ])
      .execute()
    const page = await text('/acme/web/pull/5')
    expect(page).toContain('A retest is likely to help:')
    expect(page).toContain('also flaked on 1 of 2 results on other pull requests in 14 days: #4 (50%)')
  })

  test('gives the advice of the comment, which depends on how retests went elsewhere', async () => {
    await seed()
    const { db } = database
    const sha = (i: number) => i.toString(16).padStart(40, '0')
    const elsewhere = Array.from({ length: 12 }, (_, i) => i + 100).flatMap((number) =>
      ['10:00', '10:30'].map((time, i) =>
        aRun({
          number,
          head_sha: sha(number),
          outcome: 'fail',
          run_key: `elsewhere ${number} ${i}`,
          completed_at: `2026-02-03T${time}:00Z`,
        }),
      ),
    )
    await db
      .insertInto('run')
      .values([aRun({ outcome: 'fail' }), ...elsewhere])
      .execute()
    const [repository] = await db
      .selectFrom('repository')
      .selectAll()
      .where('repository_id', '=', 1)
      .execute()
    if (!repository) throw new Error('no repository')
    const report = await readPullRequestReport(db, repository, 5, DEFAULT_SETTINGS, NOW)
    expect(report.jobs[0]?.retests).toMatchObject({ retested: 12, passed: 0 })
    const [advice = ''] = reportText({ ...report, day: null, week: null }).split('\n')
    expect(await text('/acme/web/pull/5')).toContain(advice.replaceAll(/[*`]/g, ''))
  })

  test('lists requested retests, by comment or button', async () => {
    await seed()
    const { db } = database
    await db
      .insertInto('comment')
      .values({
        repository_id: 1,
        number: 5,
        comment_key: 'c1',
        kind: 'comment',
        author: 'someone',
        author_is_bot: false,
        association: null,
        reported_at: '2026-02-03T09:30:00Z',
        body: '/test unit',
      })
      .execute()
    await db
      .insertInto('rerun_request')
      .values({
        repository_id: 1,
        head_sha: SHA,
        run_key: 'r',
        app: 'ci',
        name: 'unit',
        actor: 'helper',
        actor_is_bot: true,
        reported_at: '2026-02-03T09:40:00Z',
      })
      .execute()
    const page = await text('/acme/web/pull/5')
    expect(page).toMatch(/someone \/test unit .* helper \(bot\) Re-run of unit/)
  })

  test('is not found if the pull request is unknown', async () => {
    await seed()
    await text('/acme/web/pull/6', { status: 404 })
  })
})

describe('the grid', () => {
  async function fill() {
    await seed()
    await database.db
      .insertInto('run')
      .values([
        aRun({ run_key: '1', outcome: 'fail' }),
        aRun({ run_key: '2', outcome: 'pass' }),
        aRun({ run_key: '3', job_id: 12, outcome: 'aborted' }),
        aRun({
          run_key: '4',
          job_id: 12,
          outcome: 'fail',
          number: 6,
          head_sha: 'c'.repeat(40),
          completed_at: '2026-02-03T12:00:00Z',
        }),
        aRun({ run_key: '5', job_id: 12, kind: 'trunk', number: null, head_sha: 'f'.repeat(40) }),
      ])
      .execute()
  }

  test('has a letter for each job and commit, newest commit first, flaky jobs on top', async () => {
    await fill()
    const response = await app({ db: database.db }).request('/api/v1/repositories/acme/web/grid')
    const body = (await response.json()) as {
      heads: { pull_request: number }[]
      jobs: { job: string; cells: string }[]
    }
    expect(body.heads.map((head) => head.pull_request)).toEqual([6, 5])
    expect(body.jobs.map(({ job, cells }) => [job, cells])).toEqual([
      ['unit', '-X'],
      ['lint', 'FA'],
    ])
  })

  test('shows the jobs that match a pattern', async () => {
    await fill()
    const page = await text('/acme/web/grid?job=^li|nothing')
    expect(page).toContain('lint')
    expect(page).not.toContain('unit')
    expect(await text('/acme/web/grid?job=(')).toContain('missing closing ). All jobs are shown.')
  })

  test('leaves out jobs that are not required', async () => {
    await fill()
    expect(
      await text('/acme/web/grid', { settings: { ...DEFAULT_SETTINGS, ignore: ['li*'] } }),
    ).not.toContain('lint')
  })
})

describe('a job’s page', () => {
  test('shows when the job began to flake, and the pull requests merged then', async () => {
    await seed()
    const { db } = database
    const verdicts = Array.from({ length: 80 }, (_, i) => {
      const judged_at = new Date(Date.parse('2025-11-20T12:00:00Z') + i * 86_400_000 * 0.9).toISOString()
      return aVerdict({
        head_sha: i.toString(16).padStart(40, '0'),
        number: i + 10,
        judged_at,
        flaky: i >= 50 && i % 2 === 0,
      })
    })
    await db.insertInto('verdict').values(verdicts).execute()
    await db
      .insertInto('flake')
      .values(aFlake({ flaked_at: '2026-01-10T12:00:00Z' }))
      .execute()
    await db
      .insertInto('pull_request_event')
      .values(
        aPullRequestEvent({
          number: 77,
          action: 'closed',
          merged: true,
          title: 'Make it slow',
          reported_at: '2026-01-03T12:00:00Z',
        }),
      )
      .execute()
    const newest = Date.parse('2026-02-03T12:00:00Z')
    await writeChangePoints(db, 1, blocksAround(newest - 90 * DAY_MS, newest))
    const page = await text('/acme/web/jobs/11')
    expect(page).toMatch(/It got worse around \w{3} \d Jan 2026/)
    expect(page).toContain('Before: flaked at 0 of 5')
    expect(page).toContain('Make it slow')
  })

  test('says so if the job is not required', async () => {
    await seed()
    expect(
      await text('/acme/web/jobs/12', { settings: { ...DEFAULT_SETTINGS, required: ['unit'] } }),
    ).toContain('does not count towards the SLA')
    await text('/acme/web/jobs/999', { status: 404 })
  })

  test('shows the hunts of this job only', async () => {
    await seed()
    expect(await text('/acme/web/jobs/11')).not.toContain('Hunts')
    const hunt = {
      place: 'local' as const,
      repository: 'Acme/Web',
      job: 'unit',
      changed: '<b>pool</b> of 4',
      notes: 'on mains',
      settings: '{}',
      environment: '{}',
      started_at: '2026-02-03T04:05:06Z',
      missed: true,
    }
    const { db } = database
    await db
      .insertInto('hunt')
      .values([
        {
          ...hunt,
          name: 'cache',
          headline: 'Missed: 6 of 131 runs failed.',
          ended_at: '2026-02-03T05:00:00Z',
        },
        { ...hunt, name: 'cache-2' },
        { ...hunt, name: 'elsewhere', repository: 'acme/other' },
      ])
      .execute()
    const page = await text('/acme/web/jobs/11')
    expect(page).toContain('They do not count towards the SLA.')
    expect(page).toContain('&lt;b&gt;pool&lt;/b&gt; of 4 Missed: 6 of 131 runs failed. on mains')
    expect(page).toContain('running or interrupted')
    expect(page).not.toContain('elsewhere')
  })
})

describe('by month', () => {
  test('counts breaches and merged fixes', async () => {
    await seed()
    const { db } = database
    await db
      .insertInto('sla_window')
      .values([
        aWindow({ start: '2026-01-05', breached: true, flakes: 2, flakes_counted: 2 }),
        aWindow({ start: '2026-01-06' }),
        aWindow({ start: '2026-01-07', prs: 0 }),
      ])
      .execute()
    await db
      .insertInto('pull_request_event')
      .values([
        aPullRequestEvent({
          number: 8,
          action: 'closed',
          merged: true,
          labels: '["kind/flake"]',
          reported_at: '2026-01-08T12:00:00Z',
        }),
        aPullRequestEvent({
          number: 9,
          action: 'closed',
          merged: true,
          labels: '["bug"]',
          reported_at: '2026-01-08T12:00:00Z',
        }),
      ])
      .execute()
    expect(await text('/acme/web/months')).toContain('Jan 2026 10% 1 of 2 0 of 0 1 2 50%')
  })
})

describe('incidents and accuracy', () => {
  test('an incident is one row, however many pull requests it affected', async () => {
    await seed()
    await database.db
      .insertInto('flake')
      .values([
        aFlake({ incident: 'i1' }),
        aFlake({ incident: 'i1', head_sha: 'c'.repeat(40), number: 6 }),
        aFlake({ head_sha: 'd'.repeat(40), number: 7 }),
      ])
      .execute()
    await database.db
      .insertInto('incident')
      .values(
        anIncident({ incident: 'i1', jobs: JSON.stringify([11]), pull_requests: JSON.stringify([5, 6]) }),
      )
      .execute()
    expect(await text('/acme/web/incidents')).toMatch(
      /3 Feb 2026, 09:00 UTC 60 min 2 80% of results unit #5 , #6/,
    )
  })

  test('a change of a job’s flake rate lists the pull requests merged then', async () => {
    await seed()
    await database.db
      .insertInto('change_point')
      .values({
        ...{ repository_id: 1, job_id: 11, changed_on: '2026-02-02' },
        ...{ before_flaky: 1, before_verdicts: 100, after_flaky: 20, after_verdicts: 100 },
      })
      .execute()
    const pullRequest = { repository_id: 1, title: 'Make it slow', subject: 'Make it slow', repeats: false }
    const branches = { author: 'octocat', head_ref: null, base_ref: 'main', files: null }
    await database.db
      .insertInto('pull_request')
      .values(
        ['2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z', '2026-02-02T23:59:59Z', '2026-02-03T00:00:00Z'].map(
          (merged_at, i) => ({
            ...{ ...pullRequest, ...branches, number: 3 + i, opened_at: '2026-01-30T00:00:00Z', merged_at },
          }),
        ),
      )
      .execute()
    expect(await text('/acme/web/incidents')).toMatch(/2 February 2026 unit 1% 20% #4|2 Feb.*unit 1% 20% #4/)
    const api = await app({ db: database.db }).request('/api/v1/repositories/acme/web/incidents')
    expect(await api.json()).toMatchObject({ incidents: [], changes: [{ job: 'unit', merged: [4, 5] }] })
  })

  test('the accuracy page compares attributions with corrections and with later flakes', async () => {
    await seed()
    const correction = JSON.stringify({
      says: 'mine',
      by: 'ada',
      at: '2026-02-03T12:00:00Z',
      why: 'I forgot a lock',
    })
    const evidence = JSON.stringify({ model: { attribution: 'not_caused_by_pr', probability: 0.02 } })
    const corrected = {
      correction,
      evidence,
      attribution: 'caused_by_pr',
      probability: 1,
      counted: false,
    } as const
    await database.db
      .insertInto('flake')
      .values([aFlake(corrected), aFlake({ head_sha: 'c'.repeat(40), number: 6 })])
      .execute()
    await database.db
      .insertInto('verdict')
      .values(
        aVerdict({ head_sha: 'e'.repeat(40), number: 9, flaky: true, judged_at: '2026-02-03T18:00:00Z' }),
      )
      .execute()
    expect(await text('/acme/web/accuracy')).toMatch(
      /Of 2 definite attributions, 1 \(50%\) was corrected.*Not caused by the pull request 2 1 0 0 2 0 0/,
    )
    const api = await app({ db: database.db }).request('/api/v1/repositories/acme/web/accuracy')
    expect(await api.json()).toMatchObject({
      attributions: [{ attribution: 'not_caused_by_pr', flakes: 2, corrected_mine: 1, later_only_others: 2 }],
    })
    expect(await text(`/acme/web/flakes/${SHA}/11`)).toMatch(
      /ada corrected this on .*: caused by the pull request. Reason: I forgot a lock/,
    )
  })

  test('the accuracy page counts attributions by certainty', async () => {
    await seed()
    await database.db
      .insertInto('flake')
      .values([aFlake(), aFlake({ head_sha: 'c'.repeat(40), probability: 0.5, counted: false })])
      .execute()
    expect(await text('/acme/web/accuracy')).toContain(
      'Of 2 flakes in 180 days, 50% have an attribution with more than 90% certainty',
    )
  })
})

describe('the first run', () => {
  test('without an app links to the set-up', async () => {
    const response = await app({ db: database.db, isSetUp: false }).request('/')
    expect(await response.text()).toContain('href="/probot"')
  })

  test('with an app and without results shows the next step', async () => {
    await seed()
    expect(await text('/')).toContain('Waiting for the first results')
  })
})

test('pictures are images with a title, and unchanged ones are not sent again', async () => {
  await seed()
  await database.db
    .insertInto('sla_window')
    .values(aWindow({ kind: 'week', start: '2026-02-02', breached: true, flakes: 1, flakes_counted: 1 }))
    .execute()
  for (const [path, words] of [
    ['/badge/acme/web.svg', 'flakiness: 10% out of SLA'],
    ['/acme/web/trend.svg', 'Flake rate over the last 90 days'],
  ] as const) {
    const site = app({ db: database.db })
    const response = await site.request(path)
    expect(response.headers.get('content-type')).toContain('image/svg+xml')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await response.text()).toContain(words)
    const again = await site.request(path, {
      headers: { 'if-none-match': response.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
  }
})
