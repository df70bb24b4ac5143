/** The settings file on GitHub: read when it changes, the last good one kept, and a pull request told what it would change. */
import { describe, expect, test } from 'vitest'
import { addPull, addRepository } from '../../fake-github/seed.ts'
import { readNewestSettings } from '../../src/db/settings.ts'
import { readWindows } from '../../src/db/sla.ts'
import { requestStaleSettings, withKnownTimeZone } from '../../src/features/settings/refresh.ts'
import { startTestApp as startWith, type TestApp, type TestAppOptions } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import { checkRunDelivery, pullRequestDelivery, pushDelivery } from '../support/deliveries.ts'
import { at, HEAD, ms, REPOSITORY_ID } from '../support/facts.ts'

const PATH = '.github/flake-sla.yml'
const db = useDatabase()
const startTestApp = (options: TestAppOptions = {}) =>
  startWith({ ...options, database: { name: 'memory', embedded: true, db: db(), close: async () => {} } })
const settingsOf = ({ app }: TestApp) => app.deps.settingsOf(REPOSITORY_ID)

/** Somebody pushes the settings to the default branch. */
async function pushSettings(test: TestApp, text: string | null, minute: number) {
  if (text === null) test.repository.contents.delete(PATH)
  else test.repository.contents.set(PATH, text)
  const after = minute.toString(16).padStart(40, '0')
  await test.send(pullRequestDelivery(), pushDelivery({ after }))
  await test.passTo(minute)
}

test('a push of the settings file changes what counts from then on', async () => {
  const it = await startTestApp()
  await pushSettings(it, 'target: 0.05', 70)
  expect((await settingsOf(it)).target).toBe(0.05)
  await pushSettings(it, 'target: 0.02', 80)
  expect((await settingsOf(it)).target).toBe(0.02)
  const rows = await it.app.deps.db.selectFrom('settings').selectAll().orderBy('valid_from').execute()
  expect(rows.map((row) => [row.valid_from, row.settings])).toEqual([
    [at(60), { target: 0.05 }],
    [at(70), { target: 0.02 }],
  ])
})

test('an invalid file leaves the last valid one in force, until it is fixed or removed', async () => {
  const it = await startTestApp()
  await pushSettings(it, 'target: 0.05', 70)
  await pushSettings(it, 'target: lots', 80)
  expect((await settingsOf(it)).target).toBe(0.05)
  expect((await readNewestSettings(it.app.deps.db, REPOSITORY_ID))?.problems).toEqual([
    `acme/widgets/${PATH}: line 1: target: is "lots"; allowed: a number above 0 and at most 1, such as 0.01`,
  ])
  await pushSettings(it, null, 90)
  expect((await settingsOf(it)).target).toBe(0.01)
})

test('a time zone must be a name that the program and the database know', async () => {
  const it = await startTestApp()
  await pushSettings(it, 'time_zone: Europe/Berlin', 70)
  await pushSettings(it, 'time_zone: "+02:00"', 80)
  expect((await readNewestSettings(it.app.deps.db, REPOSITORY_ID))?.problems).toEqual([
    expect.stringContaining('time_zone: is "+02:00"; allowed: an IANA time zone'),
  ])
  expect((await settingsOf(it)).timeZone).toBe('Europe/Berlin')
  const unknown = { settings: { time_zone: 'Mars/Base' }, sources: [], problems: [] }
  expect((await withKnownTimeZone(it.app.deps.db, unknown)).problems).toEqual([
    'time_zone: is "Mars/Base", which the database does not know',
  ])
})

test('the organisation’s file applies where the repository’s file sets nothing', async () => {
  const it = await startTestApp()
  addRepository(it.fakeGitHub.state, {
    owner: 'acme',
    name: '.github',
    contents: { [PATH]: 'target: 0.03\ntime_zone: Europe/Berlin' },
  })
  await pushSettings(it, 'target: 0.04', 70)
  expect(await settingsOf(it)).toMatchObject({ target: 0.04, timeZone: 'Europe/Berlin' })
})

test('settings are read once a day, even without a webhook about a push', async () => {
  const it = await startTestApp()
  await it.send(pullRequestDelivery())
  it.repository.contents.set(PATH, 'target: 0.05')
  await requestStaleSettings(it.app.deps)
  await it.passTo(70)
  expect((await settingsOf(it)).target).toBe(0.05)
  it.repository.contents.set(PATH, 'target: 0.06')
  const reads = it.fakeGitHub.requests.length
  await requestStaleSettings(it.app.deps)
  await it.passTo(80)
  expect(it.fakeGitHub.requests).toHaveLength(reads)
  await it.passTo(70 + 24 * 60 + 1)
  await requestStaleSettings(it.app.deps)
  await it.passTo(70 + 24 * 60 + 2)
  expect((await settingsOf(it)).target).toBe(0.06)
})

const DAY = 24 * 60

/** A flake of a job at its own head of its own pull request, in `minute` and ten minutes later. */
function flakeOf(name: string, number: number, minute: number) {
  const headSha = number.toString(16).repeat(40).slice(0, 40)
  const run = { name, headSha, suite: number, headBranch: `topic-${number}` }
  return [
    pullRequestDelivery({ number, headSha, minute: minute - 5, openedMinute: minute - 5 }),
    checkRunDelivery({ ...run, id: 10 * number, minute, conclusion: 'failure' }),
    checkRunDelivery({ ...run, id: 10 * number + 1, minute: minute + 10 }),
  ]
}

async function flakesOfWindows({ app }: TestApp, kind: 'day' | 'week') {
  const rows = await readWindows(app.deps.db, REPOSITORY_ID, kind)
  return rows.map((row) => [row.start, row.prs, row.flakes, row.required_source])
}

describe('a job that is taken out of the required jobs', () => {
  test('changes no closed window, not even by a late delivery, and keeps its flakes of this week', async () => {
    const it = await startTestApp()
    await pushSettings(it, 'required: [unit, lint]', 70)
    await it.send(...flakeOf('unit', 1, 90), ...flakeOf('lint', 2, DAY + 90))
    await it.passTo(2 * DAY + 10)
    const before = await flakesOfWindows(it, 'day')
    await pushSettings(it, 'required: [lint]', 2 * DAY + 20)
    await it.send(...flakeOf('unit', 3, DAY + 300), ...flakeOf('unit', 4, 2 * DAY + 300))
    await it.passTo(3 * DAY + 10)
    expect(before).toEqual([
      ['2026-02-02', 1, 1, 'config'],
      ['2026-02-03', 1, 1, 'config'],
    ])
    // The late flake of Tuesday counts as it would have on Tuesday; Wednesday has no required job any more.
    expect(await flakesOfWindows(it, 'day')).toEqual([
      ['2026-02-02', 1, 1, 'config'],
      ['2026-02-03', 2, 2, 'config'],
      ['2026-02-04', 0, 0, 'config'],
    ])
    expect(await flakesOfWindows(it, 'week')).toEqual([['2026-02-02', 3, 3, 'config']])
  })

  test('counts again while every job counts', async () => {
    const it = await startTestApp()
    await pushSettings(it, 'required: [lint]', 70)
    await it.passTo(DAY)
    await pushSettings(it, 'required: auto', DAY + 1)
    await it.passTo(2 * DAY)
    await pushSettings(it, 'required: [lint]', 2 * DAY + 1)
    await it.send(
      ...flakeOf('unit', 1, 120),
      ...flakeOf('unit', 2, DAY + 90),
      ...flakeOf('unit', 3, 2 * DAY + 90),
    )
    await it.passTo(3 * DAY + 10)
    expect((await flakesOfWindows(it, 'day')).filter(([, prs]) => prs !== 0)).toEqual([
      ['2026-02-03', 1, 1, 'all'],
    ])
  })
})

test('a push that is read late holds from the push, between the versions before and after it', async () => {
  const it = await startTestApp()
  const read = async (sha: string, text: string, minute: number) => {
    it.repository.contents.set(`${sha}:${PATH}`, text)
    it.repository.branches.set(sha, { ...it.repository.branches.get('main'), name: sha } as never)
    const push = pushDelivery({ after: sha })
    const repository = { ...(push.payload.repository as object), pushed_at: ms(minute) / 1000 }
    await it.send({ ...push, payload: { ...push.payload, repository } })
    await it.app.settle()
  }
  await it.passTo(1000)
  await read('1'.repeat(40), 'required: [unit]', 100)
  await read('3'.repeat(40), 'required: [slow]', 300)
  await read('2'.repeat(40), 'required: [lint]', 200)
  // Two pushes in one second.
  await read('4'.repeat(40), 'required: [last]', 300)
  expect((await settingsOf(it)).required).toEqual(['last'])
  await it.app.deps.db.deleteFrom('settings').where('valid_from', '>', at(300)).execute()
  const { required, earlierRules, rulesKnownFrom } = await settingsOf(it)
  expect([required, rulesKnownFrom]).toEqual([['slow'], ms(100)])
  expect(earlierRules.map((rules) => [rules.required, rules.until])).toEqual([
    [['unit'], ms(200)],
    [['lint'], ms(300)],
  ])
})

test('an open window is measured against the new target; a closed one keeps the target of its time', async () => {
  const it = await startTestApp()
  const target = async (start: string) => {
    const { db } = it.app.deps
    const query = db.selectFrom('sla_window').select(['target']).where('kind', '=', 'day')
    return (await query.where('start', '=', start).orderBy('revision', 'desc').execute())[0]?.target
  }
  await it.send(pullRequestDelivery(), checkRunDelivery({ id: 1, minute: 10 }))
  await it.passTo(DAY + 10)
  const late = pullRequestDelivery({ number: 8, headSha: 'b'.repeat(40), minute: 20, openedMinute: 20 })
  const today = checkRunDelivery({ id: 3, headSha: 'b'.repeat(40), minute: DAY + 5, headBranch: 'topic-8' })
  await it.send(late, today)
  await it.passTo(DAY + 20)
  await pushSettings(it, 'target: 0.05', DAY + 30)
  expect([await target('2026-02-02'), await target('2026-02-03')]).toEqual([0.01, 0.05])
  await it.send(checkRunDelivery({ id: 4, headSha: 'b'.repeat(40), minute: 25, headBranch: 'topic-8' }))
  await it.passTo(DAY + 40)
  expect(await target('2026-02-02')).toBe(0.01)
})

test('a pull request that changes the file gets a check run that lists what would change', async () => {
  const it = await startTestApp()
  await it.send(pullRequestDelivery(), checkRunDelivery({ name: 'lint' }), checkRunDelivery({ id: 2 }))
  changeFile(it, 'target: 0.05\nrequired: [unit]\n')
  await it.passTo(70)
  const [run, another] = it.repository.checkRuns.values()
  expect(another).toBeUndefined()
  expect(run).toMatchObject({ sha: HEAD, name: 'flake-sla settings', conclusion: 'success' })
  await expect(`# ${run?.title}\n\n${run?.summary}`).toMatchFileSnapshot('../end-to-end/settings-check.md')
})

test('a pull request that makes the file invalid gets a check run that lists every mistake', async () => {
  const it = await startTestApp()
  await it.send(pullRequestDelivery())
  changeFile(it, 'target: 5\ntagret: 0.05\nreport: "`](javascript:1) | @everyone"')
  await it.passTo(70)
  const [run] = it.repository.checkRuns.values()
  expect(run?.conclusion).toBe('failure')
  await expect(`# ${run?.title}\n\n${run?.summary}`).toMatchFileSnapshot(
    '../end-to-end/settings-check-broken.md',
  )
})

test('a pull request that does not change the file gets no check run', async () => {
  const it = await startTestApp()
  await it.send(pullRequestDelivery())
  await it.passTo(70)
  expect(it.repository.checkRuns.size).toBe(0)
})

test('the app’s own check run is not recorded as a job', async () => {
  const it = await startTestApp()
  const own = checkRunDelivery({ name: 'flake-sla settings' })
  const check_run = { ...(own.payload.check_run as object), external_id: 'flake-sla:flake-sla settings' }
  await it.send(pullRequestDelivery(), { ...own, payload: { ...own.payload, check_run } })
  await it.passTo(70)
  expect(await it.app.deps.db.selectFrom('job').selectAll().execute()).toEqual([])
})

test('a dry run reads and writes nothing', async () => {
  const it = await startTestApp({ config: { dryRun: true } })
  await it.send(pullRequestDelivery())
  changeFile(it, 'target: 0.05')
  await it.passTo(70)
  expect(it.repository.checkRuns.size).toBe(0)
  const done = await it.app.deps.db.selectFrom('outbox').select('result').execute()
  expect(done.map((one) => one.result)).toEqual(['dry run: would POST /repos/{owner}/{repo}/check-runs'])
})

/** The head of pull request 7 has the file with that text. */
function changeFile(it: TestApp, text: string) {
  it.repository.contents.set(`${HEAD}:${PATH}`, text)
  const commit = it.repository.commits.get(HEAD)
  if (!commit)
    addPull(it.fakeGitHub.state, it.repository, { title: 'x', user: 'octocat', at: at(0), sha: HEAD })
  it.repository.commits
    .get(HEAD)
    ?.files.push({ filename: PATH, status: 'modified', additions: 1, deletions: 1 })
}
