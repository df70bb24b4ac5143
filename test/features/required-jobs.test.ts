/** The required jobs as GitHub shows them: read when a webhook announces a change, and applied from that time on. */
import { describe, expect, test } from 'vitest'
import { addApp, addCheckRun, addCheckSuite } from '../../fake-github/seed-ci.ts'
import type { Branch } from '../../fake-github/state.ts'
import { readReport } from '../../src/cli/report-json.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { refreshAllRequired } from '../../src/features/required-jobs/refresh.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { aDelivery, checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { at, HEAD } from '../support/facts.ts'

const DAY = 24 * 60
const WEDNESDAY = 2 * DAY
const ACTIONS_ID = 15_368

const installed = aDelivery('installation_repositories', {
  action: 'added',
  repository: undefined,
  repositories_added: [{ id: 1001, full_name: 'acme/widgets', private: false }],
  repositories_removed: [],
})

/** A flake of a job of the test pull request, `minute` and ten minutes later. */
function flake(name: string, minute: number, id: number, headSha?: string) {
  const run = { name, suite: id, ...(headSha && { headSha }) }
  return [
    checkRunDelivery({ ...run, id, minute, conclusion: 'failure' }),
    checkRunDelivery({ ...run, id: id + 1, minute: minute + 10 }),
  ]
}

function main(on: TestApp): Branch {
  return on.repository.branches.get('main') as Branch
}

async function report(on: TestApp) {
  await on.app.settle()
  const repository = await on.app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  return readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
}

/** Gives pull request 7 a finished run of `unit`, so that GitHub can say whether it is required. */
function finishUnit({ fakeGitHub, repository }: TestApp) {
  const suite = addCheckSuite(fakeGitHub.state, repository, HEAD, at(0))
  const times = { startedAt: at(0), completedAt: at(1) }
  addCheckRun(fakeGitHub.state, repository, suite, { name: 'unit', conclusion: 'success', ...times })
}

describe('what GitHub does not show', () => {
  const RULES = /\/rules\/branches\//
  const BRANCH = /\/branches\/main$/
  const stored = async (on: TestApp) =>
    on.app.deps.db.selectFrom('required_jobs').select('jobs').orderBy('valid_from').execute()

  async function startWithUnit() {
    const on = await startTestApp()
    main(on).protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
    await on.send(installed, pullRequestDelivery(), ...flake('unit', 10, 10), ...flake('lint', 30, 20))
    await on.app.settle()
    await refreshAllRequired(on.app.deps)
    expect((await report(on)).required).toMatchObject({ source: 'protection', jobs: ['unit'] })
    on.clock.now += DAY * 60_000
    return on
  }

  test.each([
    ['403 for the branch', { path: BRANCH, status: 403 }],
    ['404 for the branch', { path: BRANCH, status: 404 }],
    ['404 for everything', { path: /repos/, status: 404, times: 20 }],
    ['502 for the rulesets', { path: RULES, status: 502 }],
    ['502 for the pull requests', { path: /graphql/, status: 502 }],
  ])('changes nothing: %s', async (_, fault) => {
    const on = await startWithUnit()
    const { windows } = await report(on)
    on.fakeGitHub.failNext(fault)
    await refreshAllRequired(on.app.deps)
    const after = await report(on)
    expect(after.required).toMatchObject({ source: 'protection', jobs: ['unit'] })
    expect(after.windows).toEqual(windows)
  })

  test('is not stored as an empty list, and a list that is read later holds for the days before', async () => {
    const on = await startTestApp()
    await on.send(installed, pullRequestDelivery(), ...flake('unit', 10, 10), ...flake('lint', 30, 20))
    await on.app.settle()
    on.fakeGitHub.failNext({ path: BRANCH, status: 403 })
    await refreshAllRequired(on.app.deps)
    expect(await stored(on)).toEqual([{ jobs: null }])
    main(on).protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
    on.clock.now += DAY * 60_000
    await refreshAllRequired(on.app.deps)
    const { required, flakes } = await report(on)
    expect([required.source, required.problem, flakes.map((one) => one.job)]).toEqual([
      'protection',
      null,
      ['unit'],
    ])
  })

  test('a rule that was removed and is seen to be removed counts every job from then on', async () => {
    const on = await startWithUnit()
    main(on).protection = null
    await refreshAllRequired(on.app.deps)
    expect((await report(on)).required.source).toBe('all')
  })

  test('a check that only pull requests name is kept while no pull request has finished its checks', async () => {
    const on = await startTestApp()
    main(on).protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
    finishUnit(on)
    await on.send(installed, pullRequestDelivery())
    await on.app.settle()
    on.fakeGitHub.failNext({ path: BRANCH, status: 403, times: 5 })
    await refreshAllRequired(on.app.deps)
    const names = async () => (await report(on)).required.jobs
    expect(await names()).toEqual(['unit'])
    for (const run of on.repository.checkRuns.values())
      Object.assign(run, { status: 'in_progress', conclusion: null })
    await refreshAllRequired(on.app.deps)
    expect(await names()).toEqual(['unit'])
  })
})

describe('required jobs', () => {
  test('that change on a Wednesday apply from then on: Tuesday counts the old ones, Thursday the new ones', async () => {
    const on = await startTestApp()
    addApp(on.fakeGitHub.state)
    main(on).protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
    await on.send(installed, pullRequestDelivery())
    await on.send(...flake('unit', DAY, 10), ...flake('lint', DAY + 20, 20))
    await on.passTo(WEDNESDAY)
    main(on).protection = null
    const checks = [{ context: 'lint', integrationId: ACTIONS_ID }]
    const ruleset = { id: 5, name: 'gate', source: 'Organization', enforcement: 'active' } as const
    on.repository.rulesets.push({ ...ruleset, branches: ['~DEFAULT_BRANCH'], checks })
    await on.send(
      aDelivery('repository_ruleset', { action: 'created', repository_ruleset: { id: 5, name: 'gate' } }),
    )
    const pushed = 'd'.repeat(40)
    await on.send(pullRequestDelivery({ action: 'synchronize', headSha: pushed, minute: 3 * DAY - 5 }))
    await on.send(...flake('unit', 3 * DAY, 30, pushed), ...flake('lint', 3 * DAY + 20, 40, pushed))
    await on.passTo(4 * DAY)
    const { required, flakes, windows } = await report(on)
    expect(required).toMatchObject({ source: 'protection', jobs: ['lint'], problem: null })
    expect(flakes.map((one) => [one.job, one.flaked_at.slice(0, 10)])).toEqual([
      ['unit', '2026-02-03'],
      ['lint', '2026-02-05'],
    ])
    expect(windows.day.map((day) => [day.start, day.prs, day.flakes])).toEqual([
      ['2026-02-03', 1, 1],
      ['2026-02-05', 1, 1],
    ])
    expect(windows.week.map((week) => week.flakes)).toEqual([2])
  })

  test('that changed without a webhook are read once a day, and unchanged ones are stored once', async () => {
    const on = await startTestApp()
    await on.send(installed, pullRequestDelivery(), ...flake('unit', 10, 10), ...flake('lint', 30, 20))
    await on.app.settle()
    expect((await report(on)).required.source).toBe('all')
    main(on).protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
    on.clock.now += DAY * 60_000
    await refreshAllRequired(on.app.deps)
    await refreshAllRequired(on.app.deps)
    expect((await report(on)).required).toMatchObject({ source: 'protection', jobs: ['unit'], problem: null })
    const lists = await on.app.deps.db
      .selectFrom('required_jobs')
      .select(['base_ref', 'valid_from'])
      .execute()
    expect(lists).toHaveLength(1)
  })

  test('that cannot be read name the missing permission in every report', async () => {
    const on = await startTestApp()
    for (const installation of on.fakeGitHub.state.installations.values())
      installation.permissions = { metadata: 'read', issues: 'write' }
    await on.send(installed, pullRequestDelivery(), ...flake('unit', 10, 10))
    const { required } = await report(on)
    expect(required).toMatchObject({
      source: 'all',
      jobs: ['unit'],
      problem: expect.stringMatching(/grant the app Contents: read/),
    })
  })

  test('of one app do not include another app’s job of the same name', async () => {
    const on = await startTestApp()
    addApp(on.fakeGitHub.state)
    addApp(on.fakeGitHub.state, 77_001, 'other-ci', 'Other CI')
    main(on).protection = { checks: [{ context: 'unit', appId: ACTIONS_ID }], enforcement: 'everyone' }
    const other = { name: 'unit', app: { id: 77_001, slug: 'other-ci', name: 'Other CI' }, suite: 900 }
    await on.send(
      pullRequestDelivery(),
      checkRunDelivery({ ...other, id: 90, minute: 5, conclusion: 'failure' }),
      checkRunDelivery({ ...other, id: 91, minute: 6 }),
      ...flake('unit', 10, 10),
    )
    await on.app.settle()
    await refreshAllRequired(on.app.deps)
    const { flakes } = await report(on)
    expect(flakes.map((one) => one.app)).toEqual(['github-actions'])
  })
})
