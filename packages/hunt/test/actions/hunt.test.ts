/** A hunt on GitHub Actions, against the fake GitHub that is held to GitHub's published description. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../../fake-github/fake-github.ts'
import { addBranch, addPull, addRepository, setRole, shaOf } from '../../../../fake-github/seed.ts'
import { addWorkflowRun } from '../../../../fake-github/seed-ci.ts'
import { addUserToken } from '../../../../fake-github/seed-tokens.ts'
import type { Conclusion, Repository } from '../../../../fake-github/state.ts'
import { type ActionsApi, openActions } from '../../src/actions/api.ts'
import { huntOnActions } from '../../src/actions/hunt.ts'
import type { HuntMark, Lane } from '../../src/actions/lanes.ts'
import type { ActionsSettings, EarlierSession, HuntChange } from '../../src/actions/settings.ts'
import { answerOf } from '../../src/answer.ts'
import type { HuntRun } from '../../src/run.ts'
import { GOAL } from '../hunts.ts'

const SHA = shaOf('trunk')
const AT = '2026-02-03T04:00:00.000Z'
const POLL_MS = 5

let fakeGitHub: FakeGitHub
let repository: Repository
let token: string
let ticking: NodeJS.Timeout

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  repository = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  setRole(fakeGitHub.state, repository, 'octo', 'write')
  token = addUserToken(fakeGitHub.state, 'octo').token
  addBranch(repository, 'hunted', SHA)
})
afterEach(async () => {
  clearInterval(ticking)
  expect(fakeGitHub.violations).toEqual([])
  await fakeGitHub.close()
})

function api(): ActionsApi {
  return openActions({ owner: 'acme', repo: 'widgets' }, { token, baseUrl: fakeGitHub.url, firstWaitMs: 5 })
}

function seedRuns(many: number): void {
  const job = (name: string) => ({ name, conclusion: 'success' as const, startedAt: AT, completedAt: AT })
  for (let i = 0; i < many; i++)
    addWorkflowRun(fakeGitHub.state, repository, {
      name: 'CI',
      sha: SHA,
      branch: 'hunted',
      event: 'push',
      at: AT,
      attempts: [[job('unit'), job('lint')]],
    })
}

/** Completes what is queued, as runners do: each job of 90 seconds, one after the other. */
function runners(program: (nth: number) => { conclusion: Conclusion; log?: string }): void {
  let nth = 0
  ticking = setInterval(() => {
    for (const run of repository.workflowRuns.values())
      for (const attempt of run.attempts) {
        if (attempt.status === 'completed') continue
        for (const job of attempt.jobs) {
          if (job.conclusion !== null) continue
          const began = Date.parse(AT) + nth * 90_000
          const { conclusion, log } =
            job.name === 'unit' ? program(++nth) : { conclusion: 'success' as const }
          Object.assign(job, {
            status: 'completed',
            conclusion,
            startedAt: new Date(began).toISOString(),
            completedAt: new Date(began + 90_000).toISOString(),
            ...(log !== undefined && { log }),
          })
        }
        Object.assign(attempt, { status: 'completed', conclusion: 'success' })
      }
  }, 3)
}

const SETTINGS: ActionsSettings = {
  repository: 'acme/widgets',
  job: 'unit',
  ref: 'hunted',
  workflow: null,
  runs: 12,
  parallel: 2,
  minutes: 1000,
  goal: GOAL,
  untilFailure: false,
  allRuns: true,
}

async function hunt(
  fields: Partial<ActionsSettings> = {},
  hooks: { onChange?: (change: HuntChange) => void; signal?: AbortSignal } = {},
  before?: EarlierSession,
) {
  const { onChange = () => {}, signal = new AbortController().signal } = hooks
  return huntOnActions(api(), { ...SETTINGS, ...fields }, { signal, onChange }, before, POLL_MS)
}

describe('re-running a job', () => {
  test('counts each attempt once, with the message of its failure', async () => {
    seedRuns(3)
    const log = `${AT.replace('Z', '')}0000Z ##[group]Run make\n${AT.replace('Z', '')}0000Z AssertionError: lost 3\n${AT.replace('Z', '')}0000Z ##[error]Process completed with exit code 2.\n`
    runners((nth) => (nth === 4 ? { conclusion: 'failure', log } : { conclusion: 'success' }))
    const hunted = await hunt()
    const answer = answerOf(hunted)
    expect(answer).toMatchObject({ runs: 12, passed: 11, failed: 1, stopped: 0 })
    expect(answer.groups).toMatchObject([{ message: 'AssertionError: lost 3', count: 1 }])
    expect(hunted.runs.find((run) => run.outcome === 'failed')).toMatchObject({
      exit_code: 2,
      duration_ms: 90_000,
      node: 'GitHub Actions 1',
    })
    expect(fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun'))).toHaveLength(12)
    // Two at a time take two of the three workflow runs.
    expect([...repository.workflowRuns.values()].map((run) => run.attempts.length).sort()).toEqual([1, 7, 7])
  })

  test('ends within its budget of minutes', async () => {
    seedRuns(2)
    runners(() => ({ conclusion: 'success' }))
    const { ending, runs } = await hunt({ minutes: 7 })
    // Each takes 90 seconds, which is two minutes on the bill.
    expect([ending, runs.length]).toEqual(['minutes', 3])
  })

  test('ends when GitHub allows no more re-runs', async () => {
    seedRuns(1)
    runners(() => ({ conclusion: 'success' }))
    const { ending, runs } = await hunt({ runs: 60 })
    expect([ending, runs.length]).toEqual(['used_up', 50])
  })

  test('cancelled and timed-out jobs are distinguished', async () => {
    seedRuns(1)
    const ends: Conclusion[] = ['cancelled', 'timed_out', 'success']
    runners((nth) => ({ conclusion: ends[nth - 1] ?? 'success' }))
    const { runs } = await hunt({ runs: 3 })
    expect(runs.map((run) => [run.outcome, run.timed_out])).toEqual([
      ['stopped', false],
      ['failed', true],
      ['passed', false],
    ])
  })

  test('resumes where another session was stopped, and runs nothing twice', async () => {
    seedRuns(2)
    runners(() => ({ conclusion: 'success' }))
    const controller = new AbortController()
    const runs: HuntRun[] = []
    let lanes: Lane[] = []
    let spent = 0
    const keep = {
      onChange: (change: HuntChange) => {
        lanes = change.lanes.map((lane) => ({ ...lane }))
        spent = change.spent
        if (change.run !== null && runs.push(change.run) === 5) controller.abort()
      },
    }
    expect((await hunt({}, { ...keep, signal: controller.signal })).ending).toBe('interrupted')
    expect(runs.length).toBeLessThan(12)
    const resumed = await hunt({}, keep, { runs: [...runs], lanes, spent })
    expect(resumed.runs).toHaveLength(12)
    expect(fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun'))).toHaveLength(12)
  })

  const planned = (): Lane => {
    const [run] = [...repository.workflowRuns.values()]
    const { id: run_id = 0, suiteId: suite_id = 0 } = run ?? {}
    return { run_id, suite_id, sha: SHA, attempt: 2, requested: false, after: AT }
  }

  test('an attempt that was planned but not requested is requested by the next session', async () => {
    seedRuns(1)
    runners(() => ({ conclusion: 'success' }))
    const { runs } = await hunt({ runs: 2 }, {}, { runs: [], lanes: [planned()], spent: 0 })
    expect(runs).toHaveLength(2)
    expect(fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun'))).toHaveLength(2)
  })

  test('an attempt whose request was accepted unnoticed is not requested again', async () => {
    seedRuns(1)
    const lane = planned()
    const job = repository.workflowRuns.get(lane.run_id)?.attempts[0]?.jobs[0]
    expect(await api().rerunJob(job?.id ?? 0)).toBe('accepted')
    runners(() => ({ conclusion: 'success' }))
    const { runs } = await hunt({ runs: 1 }, {}, { runs: [], lanes: [lane], spent: 0 })
    expect(runs).toHaveLength(1)
    expect(fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun'))).toHaveLength(1)
  })

  test('an attempt is marked before it is requested, and closed with its last result', async () => {
    seedRuns(1)
    runners(() => ({ conclusion: 'success' }))
    const marks: (HuntMark & { requests: number })[] = []
    const requests = () => fakeGitHub.requests.filter(({ route }) => route.endsWith('/rerun')).length
    await hunt({ runs: 2 }, { onChange: ({ mark }) => mark && marks.push({ ...mark, requests: requests() }) })
    const { run_id, suite_id } = planned()
    const end = (minutes: number) => new Date(Date.parse(AT) + minutes * 60_000).toISOString()
    expect(marks).toMatchObject([
      { run_id, suite_id, head_sha: SHA, attempt: 2, after_at: AT, until_at: null, requests: 0 },
      { attempt: 2, after_at: AT, until_at: end(1.5), requests: 1 },
      { attempt: 3, after_at: end(1.5), until_at: null, requests: 1 },
      { attempt: 3, after_at: end(1.5), until_at: end(3), requests: 2 },
    ])
  })

  test('a rate limit and a server error are retried', async () => {
    seedRuns(1)
    runners(() => ({ conclusion: 'success' }))
    fakeGitHub.failNext({ path: /\/jobs/, status: 502, times: 2 })
    fakeGitHub.failNext({ path: /\/rerun$/, status: 'secondary-limit', retryAfter: 1 })
    expect((await hunt({ runs: 2 })).runs).toHaveLength(2)
  })
})

describe('dispatching a workflow', () => {
  test('uses a new workflow run for each run', async () => {
    seedRuns(1)
    runners((nth) => ({ conclusion: nth === 3 ? 'failure' : 'success' }))
    const hunted = await hunt({ workflow: 'ci.yml', runs: 5 })
    expect(answerOf(hunted)).toMatchObject({ runs: 5, failed: 1 })
    expect(repository.workflowRuns.size).toBe(6)
  })

  test('lists the jobs of a workflow that does not have the job', async () => {
    seedRuns(1)
    runners(() => ({ conclusion: 'success' }))
    await expect(hunt({ workflow: 'ci.yml', job: 'e2e' })).rejects.toThrow(
      'no job e2e. Its jobs: unit, lint.',
    )
  })
})

describe('a hunt is refused', () => {
  test('at the head of a pull request, where it would count in the SLA', async () => {
    addPull(fakeGitHub.state, repository, { user: 'octo', title: 'x', sha: SHA, at: AT })
    await expect(hunt()).rejects.toThrow(/#1, and runs there would count in its SLA/)
  })

  test('where no workflow run has the job', async () => {
    seedRuns(1)
    await expect(hunt({ job: 'e2e' })).rejects.toThrow(/has a job e2e \(its jobs: unit, lint\)/)
  })

  test('with a token that GitHub rejects', async () => {
    const refused = openActions(
      { owner: 'acme', repo: 'widgets' },
      { token: 'nothing', baseUrl: fakeGitHub.url, firstWaitMs: 1 },
    )
    await expect(refused.commitOf('hunted')).rejects.toThrow(/Set GITHUB_TOKEN/)
  })
})
