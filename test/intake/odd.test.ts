/** What GitHub really sends at times, as other projects have recorded it: nothing crashes on it, and nothing is miscounted. */
import { describe, expect, test } from 'vitest'
import { readReport } from '../../src/cli/report-json.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import {
  aDelivery,
  checkRunDelivery,
  mergeGroupDelivery,
  namedPullRequest,
  pullRequestDelivery,
  REPOSITORY,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { HEAD } from '../support/facts.ts'

const DAY = 24 * 60
const NEXT = 'd'.repeat(40)
const QUEUED = 'f'.repeat(40)

/** The same delivery with other parts of its check run; `undefined` leaves a part out. */
function withRun(delivery: TestDelivery, more: Record<string, unknown>): TestDelivery {
  const { check_run, ...payload } = delivery.payload
  return aDelivery('check_run', { ...payload, check_run: { ...(check_run as object), ...more } })
}

async function report(on: TestApp) {
  await on.passTo(2 * DAY)
  const repository = await on.app.deps.db
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', REPOSITORY.id)
    .executeTakeFirstOrThrow()
  const { flakes, windows } = await readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
  const [day] = windows.day
  return {
    flakes: flakes.map((one) => `${one.pull_request} ${one.job}`),
    prs: day?.prs ?? 0,
    counted: day?.flakes ?? 0,
    rejected: await rejected(on),
  }
}

async function rejected(on: TestApp) {
  const rows = await on.app.deps.db
    .selectFrom('delivery')
    .select('reason')
    .where('outcome', '=', 'rejected')
    .execute()
  return rows.map((row) => row.reason)
}

function jobs(on: TestApp) {
  return on.app.deps.db
    .selectFrom('job')
    .select(['name', 'app', 'workflow', 'event'])
    .orderBy('name')
    .execute()
}

async function sent(...deliveries: TestDelivery[]): Promise<TestApp> {
  const on = await startTestApp()
  const statuses = await on.send(...deliveries)
  expect(new Set(statuses)).toEqual(new Set([202]))
  return on
}

const failed = checkRunDelivery({ id: 1, minute: 10, conclusion: 'failure' })
const passed = checkRunDelivery({ id: 2, minute: 20 })

describe('check runs', () => {
  test('that name pull requests of other repositories count for none of these', async () => {
    const foreign = [
      namedPullRequest(7, { repositoryId: 4711 }),
      namedPullRequest(4000, { repositoryId: 4711 }),
      namedPullRequest(4001, { repositoryId: 4712 }),
    ]
    const run = { pullRequests: foreign, headSha: NEXT }
    const on = await sent(
      checkRunDelivery({ ...run, id: 1, minute: 10, conclusion: 'failure' }),
      checkRunDelivery({ ...run, id: 2, minute: 20 }),
    )
    expect(await report(on)).toEqual({ flakes: [], prs: 0, counted: 0, rejected: [] })
  })

  test('that were created already completed are one run with their completion', async () => {
    const on = await sent(
      pullRequestDelivery(),
      checkRunDelivery({ id: 1, minute: 10, conclusion: 'failure', action: 'created' }),
      failed,
      checkRunDelivery({ id: 2, minute: 20, action: 'created' }),
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
    const runs = await on.app.deps.db.selectFrom('run').select('run_key').execute()
    expect(runs).toHaveLength(2)
  })

  test('without an app, or with a suite that has none, are the job that their address names', async () => {
    const none = { app: undefined, check_suite: { id: 500, head_branch: null } }
    const on = await sent(
      pullRequestDelivery(),
      withRun(failed, { app: null }),
      withRun(passed, none),
      withRun(checkRunDelivery({ id: 3, name: 'other', minute: 12 }), {
        ...none,
        ...{ details_url: 'https://ci.example.org/3', html_url: null },
      }),
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
    expect((await jobs(on)).map((job) => [job.name, job.app])).toEqual([
      ['other', ''],
      ['unit', 'github-actions'],
    ])
  })

  test('of conclusions and states that nobody knows are no pass and no failure', async () => {
    const on = await sent(
      pullRequestDelivery(),
      failed,
      checkRunDelivery({ id: 2, minute: 20, conclusion: 'SUCCESS' }),
      checkRunDelivery({ id: 3, minute: 21, conclusion: 'exploded' }),
      checkRunDelivery({ id: 4, minute: 22, status: 'COMPLETED' }),
      checkRunDelivery({ id: 5, minute: 23, conclusion: null }),
      checkRunDelivery({ id: 6, minute: 24, status: 'waiting', conclusion: null }),
      statusDelivery({ context: 'unit', state: 'expected', minute: 25 }),
      checkRunDelivery({ id: 7, minute: 26, action: 'requested_action' }),
    )
    expect(await report(on)).toEqual({ flakes: [], prs: 1, counted: 0, rejected: [] })
  })

  test('with nulls and without what is optional are read', async () => {
    const bare = {
      ...{ external_id: null, details_url: null, html_url: null, output: null, started_at: null },
      ...{ pull_requests: null, check_suite: null },
    }
    const gone = Object.fromEntries(Object.keys(bare).map((key) => [key, undefined]))
    const on = await sent(pullRequestDelivery(), withRun(failed, bare), withRun(passed, gone))
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
  })

  test('without a time or a commit are refused with the reason, and nothing else is lost by it', async () => {
    const timeless = { completed_at: null, started_at: null, check_suite: null }
    const on = await sent(
      pullRequestDelivery(),
      failed,
      withRun(passed, timeless),
      withRun(passed, { head_sha: null }),
      passed,
    )
    expect(await report(on)).toEqual({
      flakes: ['7 unit'],
      prs: 1,
      counted: 1,
      rejected: [expect.stringContaining('completed_at'), expect.stringContaining('head_sha')],
    })
  })
})

describe('workflow runs', () => {
  test('without an attempt, a path or an actor still tell the workflow of their suite', async () => {
    const bare = (delivery: TestDelivery, more: Record<string, unknown>) =>
      aDelivery('workflow_run', {
        ...delivery.payload,
        workflow_run: { ...(delivery.payload.workflow_run as object), ...more },
      })
    const on = await sent(
      pullRequestDelivery(),
      bare(workflowRunDelivery(), { run_attempt: undefined, triggering_actor: null, run_started_at: null }),
      bare(workflowRunDelivery({ suite: 501 }), { run_attempt: null, check_suite_id: null, path: null }),
      failed,
      passed,
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
    expect(await jobs(on)).toMatchObject([{ workflow: '.github/workflows/ci.yml', event: 'pull_request' }])
  })
})

describe('statuses', () => {
  test('1,200 on one commit are 1,200 words: each context has its verdict', async () => {
    const many = Array.from({ length: 1200 }, (_, i) =>
      statusDelivery({
        ...{
          id: 50_000 + i,
          context: `job-${i % 60}`,
          build: Math.floor(i / 60),
          minute: 10 + Math.floor(i / 60),
        },
        // Three contexts fail at first.
        state: i < 3 ? 'failure' : 'success',
        description: i < 3 ? 'Job failed.' : 'Job succeeded.',
      }),
    )
    const on = await sent(pullRequestDelivery(), ...many)
    expect(await report(on)).toEqual({
      flakes: ['7 job-0', '7 job-1', '7 job-2'],
      prs: 1,
      counted: 3,
      rejected: [],
    })
    const runs = await on.app.deps.db.selectFrom('run').select('run_key').execute()
    expect(runs).toHaveLength(1200)
  }, 60_000)
})

describe('pull requests', () => {
  test('force-pushed away from a commit keep what failed there, and a pass elsewhere is no flake', async () => {
    const on = await sent(
      pullRequestDelivery(),
      failed,
      pullRequestDelivery({ action: 'synchronize', before: HEAD, headSha: NEXT, minute: 15 }),
      checkRunDelivery({ id: 3, minute: 25, headSha: NEXT }),
      // The old commit's run is repeated after the push.
      checkRunDelivery({ id: 4, minute: 30 }),
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
  })

  test('from forks, whose repository may be gone, are found by their head', async () => {
    const fork = pullRequestDelivery({ fork: true })
    const pull = fork.payload.pull_request as { head: object }
    const gone = { ...fork.payload, pull_request: { ...pull, head: { ...pull.head, repo: null } } }
    const on = await sent(aDelivery('pull_request', gone), failed, passed)
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
  })

  test('closed, opened again and made drafts are tested all the while', async () => {
    const on = await sent(
      pullRequestDelivery(),
      failed,
      pullRequestDelivery({ action: 'closed', minute: 12 }),
      pullRequestDelivery({ action: 'reopened', minute: 14 }),
      pullRequestDelivery({ action: 'converted_to_draft', minute: 16 }),
      passed,
      pullRequestDelivery({ action: 'ready_for_review', minute: 22 }),
      pullRequestDelivery({ action: 'closed', merged: true, minute: 30 }),
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
  })

  test('that share a commit were each tested, and flake once', async () => {
    const on = await sent(
      pullRequestDelivery({ openedMinute: -60 }),
      pullRequestDelivery({ number: 8, baseRef: 'release', openedMinute: -30 }),
      failed,
      passed,
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 2, counted: 1, rejected: [] })
  })

  test('turned to another base are judged by the base of the time', async () => {
    const on = await sent(
      pullRequestDelivery({ minute: 0 }),
      failed,
      pullRequestDelivery({ action: 'edited', baseRef: 'release', minute: 15 }),
      passed,
    )
    await report(on)
    const runs = await on.app.deps.db.selectFrom('run').select('base_ref').orderBy('completed_at').execute()
    expect(runs.map((run) => run.base_ref)).toEqual(['main', 'release'])
  })
})

describe('a repository', () => {
  test('renamed, transferred and with another default branch keeps its results and its trunk', async () => {
    const moved = { ...REPOSITORY, full_name: 'emca/gadgets', name: 'gadgets', default_branch: 'trunk' }
    const on = await sent(pullRequestDelivery(), failed)
    on.clock.now += 60_000
    await on.send(
      checkRunDelivery({ id: 20, minute: 12, headSha: NEXT, headBranch: 'main', suite: 700 }),
      aDelivery('repository', { action: 'renamed', repository: moved, changes: { repository: {} } }),
      checkRunDelivery({
        id: 21,
        minute: 13,
        headSha: QUEUED,
        headBranch: 'trunk',
        suite: 701,
        repository: moved,
      }),
      checkRunDelivery({ id: 2, minute: 20, repository: moved }),
    )
    expect(await report(on)).toEqual({ flakes: ['7 unit'], prs: 1, counted: 1, rejected: [] })
    const trunk = await on.app.deps.db
      .selectFrom('run')
      .select('base_ref')
      .where('number', 'is', null)
      .execute()
    expect(trunk.map((run) => run.base_ref).sort()).toEqual(['main', 'trunk'])
  })

  test('keeps what its merge queue and its trunk ran as evidence, and counts it for no pull request', async () => {
    const queue = { headSha: QUEUED, headBranch: `gh-readonly-queue/main/pr-7-${'b'.repeat(40)}`, suite: 800 }
    const trunk = { headSha: NEXT, headBranch: 'main', suite: 801 }
    const on = await sent(
      pullRequestDelivery(),
      checkRunDelivery({ id: 1, minute: 10 }),
      mergeGroupDelivery({ headSha: QUEUED, minute: 11 }),
      checkRunDelivery({ ...queue, id: 30, minute: 12, conclusion: 'failure' }),
      checkRunDelivery({ ...queue, id: 31, minute: 33 }),
      statusDelivery({ headSha: QUEUED, minute: 14, id: 900, build: 5 }),
      checkRunDelivery({ ...trunk, id: 32, minute: 15, conclusion: 'failure' }),
      checkRunDelivery({ ...trunk, id: 33, minute: 36 }),
    )
    expect(await report(on)).toEqual({ flakes: [], prs: 1, counted: 0, rejected: [] })
    const { rows } = { rows: await on.app.deps.db.selectFrom('run').select(['kind', 'head_sha']).execute() }
    expect(rows.filter((run) => run.kind === 'merge_queue')).toHaveLength(3)
    expect(rows.filter((run) => run.kind === 'trunk')).toHaveLength(2)
    const verdicts = await on.app.deps.db
      .selectFrom('verdict')
      .select('flaky')
      .where('number', 'is', null)
      .execute()
    expect(verdicts.filter((one) => one.flaky)).toHaveLength(2)
  })
})

test('every odd one twice, and in the wrong order, changes nothing', async () => {
  const all = [
    pullRequestDelivery(),
    failed,
    checkRunDelivery({ id: 1, minute: 10, conclusion: 'failure', action: 'created' }),
    checkRunDelivery({ id: 2, minute: 20, pullRequests: [namedPullRequest(9, { repositoryId: 4711 })] }),
    workflowRunDelivery(),
    statusDelivery({ state: 'failure', minute: 11, build: 1 }),
    statusDelivery({ minute: 30, build: 2 }),
  ]
  const once = await report(await sent(...all))
  const twice = await report(await sent(...all.toReversed(), ...all))
  expect(twice).toEqual(once)
  expect(once.counted).toBe(2)
})
