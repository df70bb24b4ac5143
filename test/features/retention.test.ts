/** What is forgotten and what stays, on both databases. */
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { aRun } from '../../packages/hunt/test/hunts.ts'
import { addHuntRuns, beginHunt, listHunts } from '../../src/db/hunts.ts'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { TIMERS } from '../../src/features/all.ts'
import { deleteExpired } from '../../src/features/retention/retention.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { eachDatabase } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  REPOSITORY,
} from '../support/deliveries.ts'
import { at, ms } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll } from '../support/pipeline.ts'

const DAY = 24 * 60
const log = { debug() {}, info() {}, warn() {}, error() {} }
const FLAKE = [
  pullRequestDelivery(),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  checkRunDelivery({ id: 2, minute: 20 }),
]

/** Records a delivery that arrives at that minute: what GitHub does not date is dated so. */
const arriveAt = (db: Db, minute: number, delivery: Delivery) =>
  createRecorder(db, { now: () => ms(minute), tasks: false }).record(delivery)
/** Deletes at a minute, by a clock that GitHub confirms. */
const forgetAt = (db: Db, minute: number) => deleteAt(db, minute, minute)

/** Deletes at a minute by this machine's clock, with a GitHub whose clock says another; null where GitHub cannot be reached. */
function deleteAt(db: Db, minute: number, gitHubMinute: number | null) {
  const request = async () => ({ headers: { date: new Date(ms(gitHubMinute ?? 0)).toUTCString() } })
  const appOctokit = async () => ({ request })
  return deleteExpired({
    ...{ db, now: () => ms(minute), log, settingsOf: (id) => readStoredSettings(db, id) },
    github: gitHubMinute === null ? null : ({ appOctokit } as never),
  })
}

/** Rows of every table that speaks of a repository. */
async function rowsLeft(db: Db): Promise<Record<string, number>> {
  const tables = await sql<{ name: string }>`select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'repository_id' order by 1`.execute(db)
  const left: Record<string, number> = {}
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}
      where repository_id = ${REPOSITORY.id}`.execute(db)
    if (rows[0]?.n) left[name] = rows[0].n
  }
  return left
}

function removal(action: string, name = 'installation') {
  const short = { id: REPOSITORY.id, full_name: REPOSITORY.full_name, private: false }
  const field = name === 'installation' ? { repositories: [short] } : { repositories_removed: [short] }
  return { id: `${name}-${action}`, name, payload: { action, installation: { id: 77 }, ...field } }
}

eachDatabase((db) => {
  test.each([
    ['the app is uninstalled', removal('deleted')],
    ['the repository is taken from the installation', removal('removed', 'installation_repositories')],
    ['the repository is deleted', aDelivery('repository', { action: 'deleted' })],
  ])('when %s, all of it is kept for 30 days and then gone', async (_, event) => {
    await recordAll(db(), FLAKE)
    await derive(db())
    await arriveAt(db(), 60, event)
    await forgetAt(db(), 29 * DAY)
    expect(Object.keys(await rowsLeft(db())).length).toBeGreaterThan(8)
    await forgetAt(db(), 31 * DAY)
    expect(await rowsLeft(db())).toEqual({})
  })

  test('the hunts of a removed repository are deleted under all of its names, and other hunts are kept', async () => {
    await recordAll(db(), FLAKE)
    const keep = async (name: string, repository: string, requested_key?: string) => {
      const of = { name, repository, job: 'unit', place: 'local' as const, changed: null, notes: '' }
      const started_at = new Date(ms(0)).toISOString()
      const kept = {
        ...of,
        settings: {},
        environment: {},
        started_at,
        ...(requested_key && { requested_key }),
      }
      await addHuntRuns(db(), (await beginHunt(db(), kept)).huntId, [aRun(1)])
    }
    await keep('own', 'Acme/Widgets')
    await keep('renamed since', 'acme/gadgets', `${REPOSITORY.id}/hunt:issue_comment:1`)
    await keep('of another', 'acme/others', `${REPOSITORY.id}1/hunt:issue_comment:1`)
    await arriveAt(db(), 60, removal('deleted'))
    await forgetAt(db(), 31 * DAY)
    expect((await listHunts(db())).map((one) => one.name)).toEqual(['of another'])
    expect(await db().selectFrom('hunt_run').selectAll().execute()).toHaveLength(1)
  })

  test('a repository that is installed again in time keeps everything', async () => {
    await recordAll(db(), FLAKE)
    await derive(db())
    await arriveAt(db(), 60, removal('deleted'))
    await arriveAt(db(), 10 * DAY, removal('created'))
    const before = await rowsLeft(db())
    await forgetAt(db(), 60 * DAY)
    expect(await rowsLeft(db())).toEqual(before)
  })

  test('runs are deleted after 400 days; flakes, verdicts and windows are kept, whatever arrives later', async () => {
    await recordAll(db(), FLAKE)
    await derive(db())
    const before = await readOnlyReport(db())
    await forgetAt(db(), 399 * DAY)
    expect(await rowsLeft(db())).toMatchObject({ observation: 2, run: 2, delivery: 3 })
    await forgetAt(db(), 401 * DAY)
    const left = await rowsLeft(db())
    expect(left).not.toHaveProperty('observation')
    expect(left).not.toHaveProperty('run')
    await recordAll(db(), [commentDelivery({ body: '/retest', minute: 401 * DAY })])
    await derive(db(), { now: ms(402 * DAY) })
    const { retests: _, ...after } = await readOnlyReport(db())
    const { retests: __, ...known } = before
    expect(after).toEqual(known)
  })

  test('all runs of a commit with a recent run are kept', async () => {
    await recordAll(db(), [...FLAKE, checkRunDelivery({ id: 3, minute: 30 * DAY })])
    await derive(db())
    await forgetAt(db(), 410 * DAY)
    expect(await rowsLeft(db())).toMatchObject({ observation: 3, run: 3 })
  })

  test('the setting retention.run_days of each repository says how long runs are kept', async () => {
    await recordAll(db(), FLAKE)
    await derive(db())
    const when = { valid_from: at(0), read_at: at(0) }
    const settings = { retention: { run_days: 40 } }
    await addSettings(db(), { repository_id: REPOSITORY.id, ...when, settings, sources: [], problems: [] })
    await forgetAt(db(), 39 * DAY)
    expect(await rowsLeft(db())).toMatchObject({ run: 2 })
    await forgetAt(db(), 41 * DAY)
    expect(await rowsLeft(db())).not.toHaveProperty('run')
  })

  test.each([
    ['GitHub says another time', 500 * DAY, 30],
    ['GitHub cannot be reached and there is no recent result', 500 * DAY, null],
    ['a repository was removed before', 500 * DAY, null],
  ])('a clock that is 500 days ahead deletes nothing when %s', async (_, minute, gitHub) => {
    await recordAll(db(), FLAKE)
    await derive(db())
    if (_.includes('removed')) await arriveAt(db(), 60, removal('deleted'))
    const before = await rowsLeft(db())
    await deleteAt(db(), minute, gitHub)
    expect(await rowsLeft(db())).toEqual(before)
  })

  test('recent results confirm the clock where GitHub is not set up', async () => {
    const recent = { minute: 401 * DAY, headSha: 'b'.repeat(40), headBranch: 'topic-8' }
    const newer = pullRequestDelivery({ number: 8, ...recent, openedMinute: recent.minute })
    await recordAll(db(), [...FLAKE, newer, checkRunDelivery({ id: 9, ...recent })])
    await derive(db(), { now: ms(402 * DAY) })
    await deleteAt(db(), 402 * DAY, null)
    expect(await rowsLeft(db())).toMatchObject({ run: 1, observation: 1 })
  })

  test('facts of commits without a pull request are deleted too', async () => {
    await recordAll(db(), [
      checkRunDelivery({ id: 5, minute: 10, headSha: 'c'.repeat(40), headBranch: 'wip' }),
    ])
    await derive(db())
    expect(await rowsLeft(db())).toMatchObject({ observation: 1 })
    const job = {
      ...{ repository_id: REPOSITORY.id, check_run_id: 6, run_id: 600, attempt: 1, name: 'unit' },
      ...{
        conclusion: 'failure',
        runner: null,
        had_runner: true,
        steps: 1,
        failed_steps: 1,
        cancelled_steps: 0,
      },
      ...{ started_at: null, completed_at: new Date(ms(10)).toISOString(), head_sha: 'd'.repeat(40) },
    }
    await db().insertInto('workflow_job').values(job).execute()
    await forgetAt(db(), 399 * DAY)
    expect(await rowsLeft(db())).toMatchObject({ observation: 1, workflow_job: 1 })
    await forgetAt(db(), 401 * DAY)
    const left = await rowsLeft(db())
    expect(left).not.toHaveProperty('observation')
    expect(left).not.toHaveProperty('workflow_job')
  })

  test('more than one day of runs at once is announced in the log', async () => {
    await recordAll(db(), FLAKE)
    await derive(db())
    const warn = vi.spyOn(log, 'warn')
    await forgetAt(db(), 401 * DAY)
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ heads: 1, run_days: 400 }),
      'the runs of more than one day are deleted at once',
    )
    warn.mockRestore()
  })
})

test('the process does not delete when it starts', () => {
  expect(TIMERS.filter((timer) => timer.atStart === false).map((timer) => timer.name)).toEqual(['retention'])
})
