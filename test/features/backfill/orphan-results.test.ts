/** The pull requests of orphan results are looked up at GitHub: many in one query, and each at most three times. */
import { describe, expect, test } from 'vitest'
import { addCommit, addPull, addRepository, shaOf } from '../../../fake-github/seed.ts'
import { closePull, pushHead } from '../../../fake-github/seed-changes.ts'
import { readReport } from '../../../src/cli/report-json.ts'
import { countOrphanHeads } from '../../../src/db/orphan-heads.ts'
import { DEFAULT_SETTINGS } from '../../../src/domain/settings.ts'
import { assignOrphanHeads } from '../../../src/features/backfill/orphan-results.ts'
import { startTestApp, type TestApp } from '../../support/app.ts'
import { checkRunDelivery, pullRequestDelivery, statusDelivery } from '../../support/deliveries.ts'
import { at, ms } from '../../support/facts.ts'

const DAY = 24 * 60
const OTHER = '9'.repeat(40)

/** The deliveries of a flake at a commit, from check runs of a fork, which name no pull request. */
function flakeDeliveries(headSha: string, id = 10, headBranch: string | null = 'topic') {
  const run = { headSha, suite: id, headBranch }
  return [
    checkRunDelivery({ ...run, id, minute: 10, conclusion: 'failure' }),
    checkRunDelivery({ ...run, id: id + 1, minute: 20 }),
  ]
}

/** The pull request and the start of the head of each flake. */
async function flakes(on: TestApp) {
  await on.app.settle()
  const repository = await on.app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const { flakes } = await readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
  return flakes.map((flake) => [flake.pull_request, flake.head_sha.slice(0, 4)])
}

function countOrphans(on: TestApp) {
  return countOrphanHeads(on.app.deps.db, on.repository.id, at(-10 * DAY))
}

/** Adds a pull request to the fake GitHub, about which no webhook is sent. */
function addUnreportedPull(on: TestApp, number: number, sha: string, more: { fork?: string } = {}) {
  const seed = { number, title: `Change ${number}`, user: 'octocat', at: at(-DAY), branch: 'topic' }
  return addPull(on.fakeGitHub.state, on.repository, { ...seed, sha, ...more })
}

describe('a result without a pull request', () => {
  test('is assigned to a fork’s pull request ten minutes later, with one request', async () => {
    const on = await startTestApp()
    addRepository(on.fakeGitHub.state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
    addUnreportedPull(on, 8, OTHER, { fork: 'octocat/widgets' })
    on.clock.now = ms(21)
    await on.send(...flakeDeliveries(OTHER))
    expect(await flakes(on)).toEqual([])
    expect(await countOrphans(on)).toEqual({ waiting: 1, unknown: 0 })
    expect(await assignOrphanHeads(on.app.deps)).toBe(0)
    on.clock.now = ms(31)
    const from = on.fakeGitHub.requests.length
    expect(await assignOrphanHeads(on.app.deps)).toBe(1)
    const calls = on.fakeGitHub.requests.slice(from).map((request) => request.path)
    expect(calls.filter((path) => !path.endsWith('/access_tokens'))).toEqual(['/graphql'])
    expect(await flakes(on)).toEqual([[8, '9999']])
    expect(await countOrphans(on)).toEqual({ waiting: 0, unknown: 0 })
  })

  test('is looked up together with others: 120 heads take three GraphQL queries and seven points', async () => {
    const on = await startTestApp()
    const shas = Array.from({ length: 120 }, (_, i) => shaOf(`unreported ${i}`))
    for (const [i, sha] of shas.entries()) addUnreportedPull(on, 100 + i, sha)
    await on.send(...shas.flatMap((sha, i) => flakeDeliveries(sha, 1000 + 2 * i)))
    await on.app.settle()
    const [from, points] = [on.fakeGitHub.requests.length, on.fakeGitHub.state.rateLimit.graphql.used]
    expect(await assignOrphanHeads(on.app.deps)).toBe(120)
    const calls = on.fakeGitHub.requests.slice(from).filter((request) => request.path === '/graphql')
    expect([calls.length, on.fakeGitHub.state.rateLimit.graphql.used - points]).toEqual([3, 3 + 3 + 1])
    expect(await flakes(on)).toHaveLength(120)
  })

  test('is looked up three times within a day and a half, then no more', async () => {
    const on = await startTestApp()
    await on.send(...flakeDeliveries(OTHER, 10, 'release'))
    await on.app.settle()
    const hours: number[] = []
    for (let hour = 0; hour < 6 * 24; hour += 3) {
      on.clock.now = ms(40 + hour * 60)
      if ((await assignOrphanHeads(on.app.deps)) > 0) hours.push(hour)
    }
    expect(hours).toEqual([0, 6, 30])
    expect(await countOrphans(on)).toEqual({ waiting: 0, unknown: 1 })
  })

  test('is not looked up after a webhook reported its pull request', async () => {
    const on = await startTestApp()
    await on.send(...flakeDeliveries(OTHER))
    await on.app.settle()
    await on.send(pullRequestDelivery({ number: 8, headSha: OTHER, minute: 5 }))
    expect(await flakes(on)).toEqual([[8, '9999']])
    expect(await assignOrphanHeads(on.app.deps)).toBe(0)
  })

  test('is not assigned to a pull request of another repository, or to a pull request that was merged as that commit', async () => {
    const on = await startTestApp()
    const fork = addRepository(on.fakeGitHub.state, {
      owner: 'octocat',
      name: 'widgets',
      forkOf: 'acme/widgets',
    })
    const inFork = { number: 8, title: 'Elsewhere', user: 'octocat', at: at(-DAY), sha: OTHER }
    addPull(on.fakeGitHub.state, fork, inFork)
    // A fork and its parent share commits.
    addCommit(on.repository, OTHER)
    const merged = '8'.repeat(40)
    const pull = addUnreportedPull(on, 9, '7'.repeat(40))
    addCommit(on.repository, merged)
    closePull(on.fakeGitHub.state, pull, at(-5), 'octocat', merged)
    // The branch is the pull request's, so that only the merge speaks against it.
    await on.send(...flakeDeliveries(OTHER, 10), ...flakeDeliveries(merged, 20))
    await on.send(statusDelivery({ headSha: merged, minute: 12 }))
    await on.app.settle()
    expect(await assignOrphanHeads(on.app.deps)).toBe(2)
    expect(await flakes(on)).toEqual([])
  })

  test('at an earlier head of a pull request is assigned to it when the branch is the same', async () => {
    const on = await startTestApp()
    const pull = addUnreportedPull(on, 8, OTHER)
    pushHead(on.fakeGitHub.state, on.repository, pull, { sha: '8'.repeat(40), at: at(30) })
    await on.send(...flakeDeliveries(OTHER))
    await on.app.settle()
    await assignOrphanHeads(on.app.deps)
    expect(await flakes(on)).toEqual([[8, '9999']])
  })

  test('is looked up by REST when GraphQL is not available', async () => {
    const on = await startTestApp()
    addUnreportedPull(on, 8, OTHER)
    await on.send(...flakeDeliveries(OTHER), ...flakeDeliveries('6'.repeat(40), 20))
    await on.app.settle()
    on.fakeGitHub.failNext({ method: 'POST', path: /graphql/, status: 404, times: 100 })
    expect(await assignOrphanHeads(on.app.deps)).toBe(2)
    expect(await flakes(on)).toEqual([[8, '9999']])
  })

  test('is not assigned when the name now belongs to another repository', async () => {
    const on = await startTestApp()
    addUnreportedPull(on, 8, OTHER)
    await on.send(...flakeDeliveries(OTHER))
    await on.app.settle()
    on.repository.id = 4711
    await assignOrphanHeads(on.app.deps)
    expect(await flakes(on)).toEqual([])
  })
})
