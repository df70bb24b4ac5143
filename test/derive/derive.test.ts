/** From facts to figures: only derived rows that changed are written. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { eachDatabase } from '../support/database.ts'
import {
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  namedPullRequest,
  pullRequestDelivery,
  statusDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, BASE, HEAD, REPOSITORY_ID } from '../support/facts.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../support/pipeline.ts'

const OTHER_HEAD = 'e'.repeat(40)
const failed = checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 })
const passed = checkRunDelivery({ id: 2, conclusion: 'success', minute: 20 })
const opened = pullRequestDelivery()
const flaky = [opened, failed, passed]

/** Every derived row with its physical place in the table (`ctid`), which changes when an equal row is written again. */
async function derivedRows(db: Db): Promise<unknown[]> {
  const tables = ['job', 'run', 'verdict', 'flake', 'flake_revision', 'sla_window']
  const rows: unknown[] = []
  for (const table of tables) {
    const result =
      await sql`select ${table} as table, ctid::text as place, * from ${sql.table(table)} order by ctid`.execute(
        db,
      )
    rows.push(...result.rows)
  }
  return rows
}

async function countStale(db: Db): Promise<number> {
  const { rows } = await sql<{ marks: number }>`select (select count(*) from stale_head)
    + (select count(*) from stale_verdict) + (select count(*) from stale_window) as marks`.execute(db)
  return rows[0]?.marks ?? -1
}

eachDatabase((db) => {
  test('a failure and a pass at one head become a flake, a day and a week', async () => {
    await recordAll(db(), flaky)
    await derive(db())
    const { required, windows, flakes } = await readOnlyReport(db())
    expect(required).toMatchObject({ source: 'all', jobs: ['unit'], problem: null })
    expect(flakes).toMatchObject([
      {
        pull_request: 7,
        head_sha: HEAD,
        job: 'unit',
        order: 'pass_after_fail',
        grade: 'strong',
        first_failed_at: at(10),
        flaked_at: at(20),
        runs: 2,
        retested: false,
        counted: true,
      },
    ])
    expect(windows.day).toMatchObject([
      { start: '2026-02-02', prs: 1, flakes: 1, partial: false, breached: true },
    ])
    expect(windows.week).toMatchObject([{ start: '2026-02-02', prs: 1, flakes: 1, partial: false }])
    expect(await countStale(db())).toBe(0)
  })

  test('deriving again, or receiving the same facts again, writes no row', async () => {
    await recordAll(db(), flaky)
    await derive(db())
    const before = await derivedRows(db())
    expect(before.length).toBeGreaterThan(5)
    await recordAll(
      db(),
      flaky.map((delivery) => ({ ...delivery, id: `again ${delivery.id}` })),
    )
    expect(await countStale(db())).toBeGreaterThan(0)
    await derive(db())
    expect(await derivedRows(db())).toEqual(before)
  })

  test('a run without a pull request counts once the pull request is reported', async () => {
    await recordAll(db(), [failed, passed])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toEqual([])
    await recordAll(db(), [opened])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toMatchObject([{ pull_request: 7 }])
  })

  test('a flake that later facts contradict is deleted, and its window is revised', async () => {
    const override = checkRunDelivery({ id: 1, conclusion: 'cancelled', minute: 10, toldMinute: 30 })
    await recordAll(db(), flaky)
    await derive(db())
    await recordAll(db(), [override])
    await derive(db())
    const { flakes, windows } = await readOnlyReport(db())
    expect(flakes).toEqual([])
    expect(windows.day).toMatchObject([{ prs: 1, flakes: 0, revision: 1 }])
  })

  test('a run is moved when later facts show that it belongs to another pull request', async () => {
    await recordAll(db(), [...flaky, pullRequestDelivery({ number: 5, openedMinute: -600, minute: -600 })])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toMatchObject([{ pull_request: 5 }])
    const tested = await db().selectFrom('run').select('number').distinct().orderBy('number').execute()
    expect(tested.map((row) => row.number)).toEqual([5, 7])
  })

  test('a command that arrives last still makes the flake a retested flake', async () => {
    await recordAll(db(), flaky)
    await derive(db())
    await recordAll(db(), [commentDelivery({ minute: 15 })])
    await derive(db())
    const { flakes, retests } = await readOnlyReport(db())
    expect(flakes).toMatchObject([{ retested: true }])
    expect(retests).toMatchObject([
      { pull_request: 7, command: 'retest', author: 'octocat', bot: false, head_sha: HEAD },
    ])
  })

  test('a workflow that is reported later separates jobs with the same name', async () => {
    const onPush = checkRunDelivery({ id: 2, conclusion: 'success', minute: 20, suite: 501 })
    await recordAll(db(), [opened, failed, onPush])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toHaveLength(1)
    await recordAll(db(), [workflowRunDelivery(), workflowRunDelivery({ suite: 501, event: 'push' })])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toEqual([])
  })

  test('a commit of the merge queue counts in no window', async () => {
    await recordAll(db(), [mergeGroupDelivery(), failed, passed])
    await derive(db())
    const { flakes, windows } = await readOnlyReport(db())
    expect([flakes, windows.day]).toEqual([[], []])
    expect(await db().selectFrom('verdict').select(['kind', 'number', 'flaky']).execute()).toEqual([
      { kind: 'merge_queue', number: null, flaky: true },
    ])
  })

  test('a commit that trunk and a pull request share has a verdict for each', async () => {
    const jenkins = { id: 5, slug: 'jenkins', name: 'Jenkins' }
    await recordAll(db(), [
      opened,
      checkRunDelivery({ id: 1, app: jenkins, minute: 10 }),
      checkRunDelivery({ id: 2, app: jenkins, conclusion: 'failure', minute: 60, headBranch: 'main' }),
      checkRunDelivery({ id: 3, app: jenkins, minute: 70, headBranch: 'main' }),
    ])
    await derive(db())
    const verdicts = await db()
      .selectFrom('verdict')
      .select(['kind', 'number', 'flaky'])
      .orderBy('kind')
      .execute()
    expect(verdicts).toEqual([
      { kind: 'pull_request', number: 7, flaky: false },
      { kind: 'trunk', number: null, flaky: true },
    ])
    expect((await readOnlyReport(db())).flakes).toEqual([])
  })

  test('a fork’s check run, which names no pull request, belongs to the pull request with the same head', async () => {
    await recordAll(db(), [
      pullRequestDelivery({ fork: true, headRef: 'main' }),
      checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10, headBranch: 'main' }),
      checkRunDelivery({ id: 2, minute: 20, headBranch: 'main' }),
    ])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toMatchObject([{ pull_request: 7 }])
  })

  test('a pull request of another repository is ignored', async () => {
    const pullRequests = [namedPullRequest(99, { repositoryId: 31_337 })]
    await recordAll(db(), [
      checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10, pullRequests }),
      checkRunDelivery({ id: 2, minute: 20, pullRequests }),
    ])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toEqual([])
  })

  test('late results of an old head count after a new head was pushed', async () => {
    await recordAll(db(), [
      opened,
      pullRequestDelivery({ action: 'synchronize', headSha: OTHER_HEAD, before: HEAD, minute: 5 }),
      failed,
      passed,
      checkRunDelivery({ id: 3, headSha: OTHER_HEAD, minute: 30 }),
    ])
    await derive(db())
    const { flakes, windows } = await readOnlyReport(db())
    expect(flakes).toMatchObject([{ pull_request: 7, head_sha: HEAD }])
    expect(windows.day).toMatchObject([{ prs: 1, flakes: 1, prs_with_flakes: 1 }])
  })

  test('jobs that the settings do not require count neither as tests nor as flakes', async () => {
    const settings = { ...DEFAULT_SETTINGS, required: ['lint'] }
    const lint = checkRunDelivery({ id: 3, name: 'lint', minute: 12 })
    const docsOnly = [
      pullRequestDelivery({ number: 8, headSha: OTHER_HEAD }),
      checkRunDelivery({ id: 4, headSha: OTHER_HEAD, minute: 11 }),
    ]
    await recordAll(db(), [...flaky, lint, ...docsOnly])
    await derive(db(), { settings })
    const { required, windows, flakes } = await readOnlyReport(db(), settings)
    expect(required).toMatchObject({ source: 'config', jobs: ['lint'], problem: null })
    expect(flakes).toEqual([])
    expect(windows.day).toMatchObject([{ prs: 1, flakes: 0, rate: 0, breached: false }])
  })

  test('only strong flakes count when the settings require the same base', async () => {
    const settings = { ...DEFAULT_SETTINGS, requireSameBase: true }
    const weak = [
      statusDelivery({ state: 'failure', description: 'Job failed.', build: 1, minute: 10 }),
      statusDelivery({ build: 2, minute: 20 }),
    ]
    await recordAll(db(), [opened, ...weak])
    await derive(db(), { settings })
    expect((await readOnlyReport(db(), settings)).windows.day).toMatchObject([{ prs: 1, flakes: 0 }])
  })

  test('runs that were left out are counted by their reason', async () => {
    await recordAll(db(), [
      opened,
      checkRunDelivery({ id: 1, conclusion: 'cancelled', minute: 10 }),
      checkRunDelivery({ id: 2, conclusion: 'cancelled', minute: 11 }),
      checkRunDelivery({ id: 3, conclusion: 'action_required', minute: 12 }),
      passed,
    ])
    await derive(db())
    expect((await readOnlyReport(db())).windows.day).toMatchObject([
      { left_out: { cancelled: 2, 'waiting for approval': 1 } },
    ])
  })

  test('two repositories with the same commit and number do not affect each other', async () => {
    const repository = {
      id: 1002,
      name: 'gadgets',
      full_name: 'acme/gadgets',
      private: false,
      default_branch: 'main',
      owner: { login: 'acme', id: 9, type: 'Organization' },
    }
    await recordAll(db(), [
      ...flaky,
      pullRequestDelivery({ repository }),
      checkRunDelivery({ id: 2, minute: 20, repository }),
    ])
    await derive(db())
    const flakes = await db().selectFrom('flake').select('repository_id').execute()
    expect(flakes).toEqual([{ repository_id: 1001 }])
    const days = await db()
      .selectFrom('sla_window')
      .select(['repository_id', 'flakes'])
      .where('kind', '=', 'day')
      .orderBy('repository_id')
      .execute()
    expect(days).toEqual([
      { repository_id: 1001, flakes: 1 },
      { repository_id: 1002, flakes: 0 },
    ])
  })

  test('two hundred long comments cost nothing when twenty jobs of their pull request are derived', async () => {
    const heads = Array.from({ length: 20 }, (_, i) => [
      checkRunDelivery({ id: 10 + i, name: `job ${i}`, conclusion: 'failure', minute: 10 }),
      checkRunDelivery({ id: 40 + i, name: `job ${i}`, minute: 50 }),
    ]).flat()
    const body = '/test unit lint e2e\n/retesting\n```\n'.repeat(1800)
    const comments = Array.from({ length: 200 }, (_, i) => commentDelivery({ id: i + 1, minute: 11, body }))
    await recordAll(db(), [opened, ...heads, ...comments])
    const [stored] = await db()
      .selectFrom('comment')
      .select(({ fn }) => fn.max<number>(sql`length(body)`).as('length'))
      .execute()
    expect(stored?.length).toBeLessThanOrEqual(2000)
    const started = performance.now()
    await derive(db())
    expect(performance.now() - started).toBeLessThan(3000)
    expect((await readOnlyReport(db())).flakes).toHaveLength(20)
  })

  test('a setting that names a robot or words for a retest has what it changes derived again', async () => {
    await recordAll(db(), [...flaky, commentDelivery({ body: 'Retest this please', author: 'helper' })])
    const deriveStored = () =>
      deriveAll(db(), { settingsOf: (id, trx) => readStoredSettings(trx, id), now: LATER })
    const set = (minute: number, settings: object) =>
      addSettings(db(), {
        ...{ repository_id: REPOSITORY_ID, valid_from: at(minute), read_at: at(minute) },
        ...{ settings: { ...settings }, sources: [], problems: [] },
      })
    const readRetested = async () => {
      await deriveStored()
      const report = await readOnlyReport(db(), await readStoredSettings(db(), REPOSITORY_ID))
      const flakes = await db().selectFrom('flake').select(['retested', 'retested_by_bot']).execute()
      return { flakes, retests: report.retests.map(({ command, bot }) => ({ command, bot })) }
    }
    expect(await readRetested()).toEqual({
      flakes: [{ retested: false, retested_by_bot: false }],
      retests: [],
    })
    await set(30, { retest: { words: ['retest this please'] } })
    expect(await readRetested()).toEqual({
      flakes: [{ retested: true, retested_by_bot: false }],
      retests: [{ command: 'retest', bot: false }],
    })
    await set(40, { retest: { words: ['retest this please'] }, bots: ['Helper'] })
    expect(await readRetested()).toEqual({
      flakes: [{ retested: true, retested_by_bot: true }],
      retests: [{ command: 'retest', bot: true }],
    })
    await set(50, { target: 0.02 })
    expect(await readRetested()).toEqual({
      flakes: [{ retested: false, retested_by_bot: false }],
      retests: [],
    })
  })

  describe('several processes', () => {
    test('derive the same figures as one process, while deliveries still arrive', async () => {
      const heads = Array.from({ length: 12 }, (_, i) => i.toString(16).repeat(40))
      const deliveries = heads.flatMap((headSha, i) => [
        pullRequestDelivery({ number: i + 1, headSha }),
        checkRunDelivery({ id: 2 * i + 1, headSha, conclusion: i % 3 ? 'success' : 'failure', minute: i }),
        checkRunDelivery({ id: 2 * i + 2, headSha, minute: i + 30 }),
      ])
      const options = { settingsOf: async () => DEFAULT_SETTINGS, now: LATER }
      await Promise.all([
        recordAll(db(), deliveries.slice(0, 18)),
        deriveAll(db(), options),
        recordAll(db(), deliveries.slice(18)),
        deriveAll(db(), options),
        deriveAll(db(), options),
      ])
      await derive(db())
      const together = await readOnlyReport(db())
      expect(together.flakes).toHaveLength(4)
      expect(together.windows.day).toMatchObject([{ prs: 12, flakes: 4, prs_with_flakes: 4 }])
    })
  })

  test('of two pull requests with the same head, the one that had the run’s base owns the flake', async () => {
    const description = `Job failed. BaseSHA:${BASE}`
    await recordAll(db(), [
      pullRequestDelivery({ number: 9, openedMinute: -60, baseSha: 'f'.repeat(40), baseRef: 'release' }),
      opened,
      statusDelivery({ state: 'failure', description, build: 1, minute: 10 }),
      statusDelivery({ description: `Job succeeded. BaseSHA:${BASE}`, build: 2, minute: 20 }),
    ])
    await derive(db())
    expect((await readOnlyReport(db())).flakes).toMatchObject([{ pull_request: 7, grade: 'strong' }])
    expect((await readOnlyReport(db())).windows.day).toMatchObject([
      { prs: 2, flakes: 1, prs_with_flakes: 1 },
    ])
  })
})
