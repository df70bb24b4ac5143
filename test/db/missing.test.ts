/** Required jobs that report no results are named wherever the figure is shown. */
import { expect, test } from 'vitest'
import { replayText } from '../../src/cli/replay-text.ts'
import { addRequiredList } from '../../src/db/required.ts'
import { readBreach } from '../../src/derive/breach-data.ts'
import { readPullRequestReport } from '../../src/derive/report-data.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import { useDatabase } from '../support/database.ts'
import { checkRunDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'
import { at, ms } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll } from '../support/pipeline.ts'
import { Dashboard } from '../support/surfaces.ts'

const DAY = 24 * 60
const db = useDatabase()

/** A pull request a day with a result of `lint`, and of `unit` for the first days. */
async function record({ days, unitDays }: { days: number; unitDays: number }): Promise<void> {
  for (let day = 0; day < days; day++) {
    const minute = day * DAY + 10
    const head = { headSha: day.toString(16).padStart(40, '0'), headBranch: `topic-${day}`, minute }
    const number = day + 1
    const run = (name: string, i: number) =>
      checkRunDelivery({ ...head, name, id: 100 * day + i, suite: 10 * day + i })
    await recordAll(db(), [
      pullRequestDelivery({ ...head, number, openedMinute: minute }),
      run('lint', 1),
      ...(day < unitDays ? [run('unit', 2)] : []),
    ])
  }
}

async function missing(settings: Partial<Settings>) {
  const all = { ...DEFAULT_SETTINGS, ...settings }
  await derive(db(), { settings: all })
  return (await readOnlyReport(db(), all)).required.missing
}

test('a job that was renamed has no result since; one that never ran was never seen', async () => {
  await record({ days: 6, unitDays: 2 })
  expect(await missing({ required: ['lint', 'unit', 'nosuch', 'e2e-*', 'l*'] })).toEqual([
    { name: 'nosuch', last_result_at: null },
    { name: 'unit', last_result_at: at(DAY + 10) },
    { name: 'e2e-*', last_result_at: null },
  ])
})

test('a job with fewer than three pull requests, or less than a day, after its last result is not missing', async () => {
  await record({ days: 4, unitDays: 2 })
  expect(await missing({ required: ['lint', 'unit'] })).toEqual([])
})

test('ignored jobs are not missing, and neither is anything where every job counts', async () => {
  await record({ days: 3, unitDays: 0 })
  expect(await missing({ required: ['lint', 'unit'], ignore: ['unit'] })).toEqual([])
  expect(await missing({})).toEqual([])
})

test('every surface names the missing job and the assumed list', async () => {
  await record({ days: 6, unitDays: 2 })
  const jobs = ['lint', 'unit'].map((name) => ({ name, app: null, integration_id: null }))
  const list = { base_ref: 'main', valid_from: at(5 * DAY), jobs, problem: null }
  await addRequiredList(db(), REPOSITORY.id, list)
  const now = ms(6 * DAY)
  await derive(db(), { now })
  const repository = await db().selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const state = {
    missing: [{ name: 'unit', last_result_at: at(DAY + 10) }],
    assumed_before: at(5 * DAY),
  }
  const report = await readOnlyReport(db())
  expect(report.required).toMatchObject({ ...state, source: 'protection', jobs: ['lint', 'unit'] })
  const about = { db: db(), repository, settings: DEFAULT_SETTINGS, now }
  const dashboard = new Dashboard(about)
  expect(await dashboard.json('')).toMatchObject({ required: { ...state, jobs: ['lint', 'unit'] } })
  const day = report.windows.day.at(-1)?.start ?? ''
  expect((await readBreach(db(), repository, DEFAULT_SETTINGS, day))?.required).toMatchObject(state)
  const data = await readPullRequestReport(db(), repository, 1, DEFAULT_SETTINGS, now)
  expect(data.required).toMatchObject(state)
  const deliveries = { read: 0, recorded: 0, duplicates: 0, ignored: 0, rejected: [] }
  const text = replayText({ definition_version: 3, deliveries, repositories: [report] })
  for (const words of [await dashboard.page(), text]) {
    expect(words).toContain('unit is required, but has had no result since 2026-02-03.')
    expect(words).toContain('The list of required jobs read on 2026-02-07 is assumed for earlier days.')
  }
})
