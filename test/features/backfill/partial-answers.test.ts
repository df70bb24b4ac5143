/** An answer of GraphQL that lacks a part is never taken as whole: less is asked for, then REST. */
import { expect, test } from 'vitest'
import { addBranch, addPull, shaOf } from '../../../fake-github/seed.ts'
import { changeBase, pushHead } from '../../../fake-github/seed-changes.ts'
import { addStatus, addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { DAY, job, startScans, type TestScans, time } from '../../support/scan.ts'
import type { ServerVariant } from '../../support/server-variants.ts'

/**
 * Ten pull requests. Each head has one flake of a status, and most heads are only known from a part that can be missing: the
 * commits, or the timeline of a force-push.
 */
async function startHistory(): Promise<TestScans> {
  const on = await startScans(2 * DAY)
  const { state } = on.fakeGitHub
  const flake = (sha: string, minute: number) => {
    const status = { sha, context: 'ci/unit', targetUrl: null }
    addStatus(state, on.repository, { ...status, state: 'failure', at: time(minute) })
    addStatus(state, on.repository, { ...status, state: 'success', at: time(minute + 5) })
  }
  addBranch(on.repository, 'release')
  for (let number = 1; number <= 10; number++) {
    const at = number * 60
    const heads = [1, 2, 3].map((push) => shaOf(`pull ${number}, push ${push}`)) as [string, string, string]
    const seed = { number, title: `Change ${number}`, user: 'octocat', sha: heads[0] }
    const pull = addPull(state, on.repository, { ...seed, at: time(at) })
    flake(heads[0], at + 2)
    if (number % 3 === 0) changeBase(state, on.repository, pull, { to: 'release', at: time(at + 10) })
    pushHead(state, on.repository, pull, { sha: heads[1], at: time(at + 12), forced: number % 2 === 0 })
    flake(heads[1], at + 14)
    pushHead(state, on.repository, pull, { sha: heads[2], at: time(at + 24) })
    flake(heads[2], at + 26)
  }
  return on
}

type Lists = Record<string, { nodes: unknown } | null>

/** Empties one list of every pull request, as GitHub does without an error. */
function withoutList(name: string, value: (list: object) => unknown): ServerVariant['graphql'] {
  return (body) => {
    const { repository } = body.data as { repository: Record<string, { nodes?: Lists[] }> }
    for (const pull of repository.pullRequests?.nodes ?? [])
      if (pull[name]) pull[name] = value(pull[name]) as Lists[string]
    return body
  }
}

const LIMITS: [nodes: number, what: string][] = [
  [40, 'fits one pull request'],
  [60, 'fits 5 pull requests'],
  [12, 'fits a part of one pull request'],
]

test.each(LIMITS.slice(0, IS_FULL ? undefined : 1))(
  'a resource limit of %i nodes, which %s, changes no figure',
  async (limit) => {
    const on = await startHistory()
    const whole = await on.scanAfresh()
    expect(whole.flakes).toHaveLength(30)
    on.requests()
    on.fakeGitHub.state.resourceLimit = limit
    const { unread, ...report } = await on.scanAfresh()
    expect(report).toEqual({ ...whole, unread: undefined })
    expect(unread).toEqual([])
    expect(on.requests().filter((request) => request.endsWith('/pulls'))).toEqual([])
  },
)

const PARTIAL: [string, ServerVariant['graphql']][] = [
  ['a list that is null', withoutList('commits', () => null)],
  ['nodes that are null', withoutList('timelineItems', (list) => ({ ...list, nodes: null }))],
]

test.each(PARTIAL.slice(0, IS_FULL ? undefined : 1))(
  '%s and no error change no figure',
  async (_what, graphql) => {
    const on = await startHistory()
    const { unread: _unread, ...whole } = await on.scanAfresh()
    const { unread, ...report } = await on.scanAfresh({ variant: { graphql } as ServerVariant })
    expect(report).toEqual(whole)
    expect(unread).toEqual([])
  },
)

test('what neither GraphQL nor REST shows is listed as unread', async () => {
  const on = await startHistory()
  on.fakeGitHub.state.resourceLimit = 1
  const refuses = [{ path: /\/pulls\/\d+\/commits$/, status: 403 }]
  const { unread } = await on.scanAfresh({ variant: { refuses } })
  expect(JSON.stringify(unread)).toMatch(/403 Not here/)
})

test('REST that does not name the base before a change is listed as unread', async () => {
  const on = await startHistory()
  const refuses = [{ path: /graphql/, status: 404 }]
  const { unread } = await on.scanAfresh({ variant: { refuses } })
  expect(JSON.stringify(unread)).toMatch(/the base branch before it was changed/)
})

test('a look at commits that takes too many resources is repeated with fewer of them, and not by REST', async () => {
  const on = await startScans(2 * DAY)
  const { state } = on.fakeGitHub
  for (let number = 1; number <= 40; number++) {
    const sha = shaOf(`pull ${number}`)
    const seed = { number, title: `Change ${number}`, user: 'octocat', sha }
    addPull(state, on.repository, { ...seed, at: time(number) })
    if (number % 10 > 0) continue
    addWorkflowRun(state, on.repository, {
      ...{ name: 'CI', sha, at: time(number + 1), branch: `change-${number}` },
      attempts: [[job('unit', 'failure', number + 6)], [job('unit', 'success', number + 16)]],
    })
  }
  const graphql: ServerVariant['graphql'] = (body) => {
    const { repository } = body.data as { repository: Record<string, unknown> }
    const commits = Object.keys(repository).filter((name) => /^c\d/.test(name))
    if (commits.length <= 10) return body
    for (const name of commits.slice(10)) repository[name] = null
    return {
      ...body,
      errors: [{ type: 'RESOURCE_LIMITS_EXCEEDED', message: 'Resource limits for this query exceeded.' }],
    }
  }
  const { flakes, unread } = await on.scan({ variant: { graphql } })
  expect(flakes.map((flake) => flake.pull_request)).toEqual([10, 20, 30, 40])
  expect(unread).toEqual([])
  expect(on.requests().filter((request) => request.endsWith('/check-runs'))).toHaveLength(4)
})
