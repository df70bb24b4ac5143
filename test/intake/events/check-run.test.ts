/** Facts of `check_run` webhooks. */
import { describe, expect, test } from 'vitest'
import { OWN_CHECK_RUN } from '../../../src/domain/own-check-run.ts'
import { checkRun } from '../../../src/intake/events/check-run.ts'
import {
  type CheckRunOptions,
  checkRunDelivery,
  namedPullRequest,
  REPOSITORY,
} from '../../support/deliveries.ts'
import { at, BASE, HEAD, OTHER_BASE } from '../../support/facts.ts'

const read = (options: CheckRunOptions = {}) => checkRun(checkRunDelivery(options).payload)
const observation = (options: CheckRunOptions = {}) => read(options).observation?.[0]

describe('a completed check run', () => {
  test('is one observation of one run', () => {
    expect(read({ conclusion: 'failure', toldMinute: 12 })).toEqual({
      repository: [
        {
          repository_id: 1001,
          full_name: 'acme/widgets',
          private: false,
          default_branch: 'main',
          installation_id: 77,
          reported_at: at(10),
          timing: 'arrival',
          membership: 'seen',
          changed_at: at(10),
        },
      ],
      observation: [
        {
          repository_id: 1001,
          head_sha: HEAD,
          run_key: `check:1:${Date.parse(at(10)) / 1000}`,
          reported_at: at(12),
          reported_id: 0,
          state: 'failure',
          source: 'check_run',
          app: 'github-actions',
          name: 'unit',
          description: null,
          url: 'https://github.com/acme/widgets/actions/runs/500/job/1',
          suite_id: 500,
          head_branch: 'topic-7',
          trunk: false,
          mentions: [],
          started_at: at(5),
          completed_at: at(10),
        },
      ],
    })
  })

  test('gives the same facts when it is created already completed', () => {
    expect(read({ action: 'created' })).toEqual(read({ action: 'completed' }))
  })

  test('is another run when it completes again under the same id', () => {
    expect(observation({ minute: 20 })?.run_key).not.toBe(observation({ minute: 10 })?.run_key)
  })

  test('is the same run when its time is written in another time zone', () => {
    const { payload } = checkRunDelivery()
    const check_run = { ...(payload.check_run as object), completed_at: '2026-02-02T10:10:00+01:00' }
    expect(checkRun({ ...payload, check_run }).observation?.[0]?.run_key).toBe(observation()?.run_key)
  })

  test('mentions only pull requests of this repository', () => {
    const pullRequests = [
      namedPullRequest(7, { baseSha: BASE }),
      namedPullRequest(8, { baseSha: OTHER_BASE, repositoryId: 31_337 }),
    ]
    expect(observation({ pullRequests })?.mentions).toEqual([{ number: 7, base_ref: 'main', base_sha: BASE }])
  })

  test.each([
    ['main', true],
    [`gh-readonly-queue/main/pr-7-${BASE}`, true],
    ['topic', false],
    ['mainline', false],
    [null, false],
  ])('of branch %j is on trunk: %s', (headBranch, trunk) => {
    expect(observation({ headBranch })?.trunk).toBe(trunk)
  })
})

describe('a check run without a result', () => {
  test.each<[string, CheckRunOptions]>([
    ['is queued', { action: 'created', status: 'queued', conclusion: null }],
    ['is running', { action: 'created', status: 'in_progress', conclusion: null }],
    ['has no conclusion', { conclusion: null }],
    ['was asked for an action', { action: 'requested_action' }],
  ])('that %s leaves no facts', (_name, options) => {
    expect(read(options)).toEqual({})
  })
})

test('a re-run request is not a run, although it has the old conclusion', () => {
  const facts = read({ action: 'rerequested', conclusion: 'failure' })
  expect(facts.observation).toBeUndefined()
  expect(facts.rerun_request).toMatchObject([{ name: 'unit', app: 'github-actions', reported_at: at(10) }])
})

describe('a payload that lacks what its event promises', () => {
  const broken = (change: (run: Record<string, unknown>) => void) => () => {
    const { payload } = checkRunDelivery()
    const check_run = structuredClone(payload.check_run) as Record<string, unknown>
    change(check_run)
    return checkRun({ ...payload, check_run })
  }

  test.each<[string, RegExp, (run: Record<string, unknown>) => void]>([
    ['without a SHA', /head_sha/, (run) => delete run.head_sha],
    ['with a short SHA', /not a commit SHA/, (run) => Object.assign(run, { head_sha: 'abc' })],
    ['with a name that is a number', /name/, (run) => Object.assign(run, { name: 7 })],
    ['with an id below zero', /id/, (run) => Object.assign(run, { id: -1 })],
    ['with an id above 2^53', /id/, (run) => Object.assign(run, { id: 2 ** 60 })],
    ['with a text instead of a time', /not a time/, (run) => Object.assign(run, { completed_at: 'soon' })],
    [
      'without any time',
      /completed_at/,
      (run) => Object.assign(run, { completed_at: null, started_at: null, check_suite: null }),
    ],
  ])('%s is refused', (_name, message, change) => {
    expect(broken(change)).toThrow(message)
  })

  test.each<[string, (run: Record<string, unknown>) => void]>([
    [
      'without app, suite and output',
      (run) => Object.assign(run, { app: null, check_suite: null, output: null }),
    ],
    ['without a list of pull requests', (run) => delete run.pull_requests],
    ['with a pull request without a base', (run) => Object.assign(run, { pull_requests: [{ number: 7 }] })],
  ])('%s is still read', (_name, change) => {
    expect(broken(change)().observation).toHaveLength(1)
  })
})

test('a private repository is kept as private', () => {
  const repository = { ...REPOSITORY, private: true }
  expect(read({ repository }).repository?.[0]?.private).toBe(true)
})

test('the check runs of this app are ignored', () => {
  const { payload } = checkRunDelivery()
  const own = { ...(payload.check_run as object), external_id: `${OWN_CHECK_RUN}flake-sla` }
  expect(checkRun({ ...payload, check_run: own })).toEqual({})
})

test('the title of the output is kept as the description', () => {
  expect(observation({ title: '3 tests failed' })?.description).toBe('3 tests failed')
})

describe('the app', () => {
  const appOf = (change: object) => {
    const { payload } = checkRunDelivery()
    const check_run = { ...(payload.check_run as object), app: null, check_suite: null, ...change }
    return checkRun({ ...payload, check_run }).observation?.[0]?.app
  }

  test.each([
    ['is its own', { app: { slug: 'circleci' }, check_suite: { app: { slug: 'other' } } }, 'circleci'],
    ['is that of its suite when it has none', { check_suite: { app: { slug: 'circleci' } } }, 'circleci'],
    ['is Actions when the details are on a page of Actions', {}, 'github-actions'],
    [
      'is Actions when only its own page is one of Actions',
      { details_url: null, html_url: 'https://github.com/a/b/actions/runs/7/job/8' },
      'github-actions',
    ],
    ['is unknown elsewhere', { details_url: 'https://ci.example.org/actions/runs/x', html_url: null }, ''],
    ['is unknown without an address', { details_url: null, html_url: null }, ''],
  ])('%s', (_name, change, app) => {
    expect(appOf(change)).toBe(app)
  })
})

describe('a re-run request', () => {
  const requestBy = (sender: object, change: object = {}) => {
    const { payload } = checkRunDelivery({ action: 'rerequested', conclusion: 'failure' })
    const check_run = { ...(payload.check_run as object), ...change }
    return checkRun({ ...payload, check_run, sender }).rerun_request
  }

  test('names the run and who asked', () => {
    expect(requestBy({ login: 'octocat', type: 'User' })).toEqual([
      {
        repository_id: 1001,
        head_sha: HEAD,
        run_key: `check:1:${Date.parse(at(10)) / 1000}`,
        app: 'github-actions',
        name: 'unit',
        actor: 'octocat',
        actor_is_bot: false,
        reported_at: at(10),
      },
    ])
  })

  test.each([
    [{ login: 'robot', type: 'Bot' }, true],
    [{ login: 'robot[bot]', type: 'User' }, true],
    [{ login: 'robot', type: 'User' }, false],
  ])('by %j is by a bot: %s', (sender, isBot) => {
    expect(requestBy(sender)?.[0]?.actor_is_bot).toBe(isBot)
  })

  test('without a time of completion is dated by the start', () => {
    expect(requestBy({ login: 'a' }, { completed_at: null })?.[0]?.reported_at).toBe(at(5))
    expect(requestBy({ login: 'a' }, { completed_at: null, started_at: null })).toBeUndefined()
  })
})

test('a run without a time of completion is dated by its suite, then by its start', () => {
  const completedAt = (change: object) => {
    const { payload } = checkRunDelivery({ toldMinute: 12 })
    const check_run = { ...(payload.check_run as object), completed_at: null, ...change }
    return checkRun({ ...payload, check_run }).observation?.[0]?.completed_at
  }
  expect(completedAt({})).toBe(at(12))
  expect(completedAt({ check_suite: null })).toBe(at(5))
})
