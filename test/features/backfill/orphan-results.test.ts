/** Results that came without their pull request find it: many in one query, each asked about a few times at most. */
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

/** A flake at a commit, as a fork's check runs tell it: no pull request is named. */
function flake(headSha: string, id = 10, headBranch: string | null = 'topic') {
  const run = { headSha, suite: id, headBranch }
  return [
    checkRunDelivery({ ...run, id, minute: 10, conclusion: 'failure' }),
    checkRunDelivery({ ...run, id: id + 1, minute: 20 }),
  ]
}

async function flakes(on: TestApp) {
  await on.app.settle()
  const repository = await on.app.deps.db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
  const { flakes } = await readReport(on.app.deps.db, repository, DEFAULT_SETTINGS)
  return flakes.map((one) => [one.pull_request, one.head_sha.slice(0, 4)])
}

function waiting(on: TestApp) {
  return countOrphanHeads(on.app.deps.db, on.repository.id, at(-10 * DAY))
}

/** The fake GitHub has a pull request that no webhook told of. */
function untold(on: TestApp, number: number, sha: string, more: { fork?: string } = {}) {
  const seed = { number, title: `Change ${number}`, user: 'octocat', at: at(-DAY), branch: 'topic' }
  return addPull(on.fakeGitHub.state, on.repository, { ...seed, sha, ...more })
}

describe('a result without a pull request', () => {
  test('finds that from a fork, after ten minutes and with one call, and not on the webhook’s way', async () => {
    const on = await startTestApp()
    addRepository(on.fakeGitHub.state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
    untold(on, 8, OTHER, { fork: 'octocat/widgets' })
    on.clock.now = ms(21)
    await on.send(...flake(OTHER))
    expect(await flakes(on)).toEqual([])
    expect(await waiting(on)).toEqual({ waiting: 1, unknown: 0 })
    expect(await assignOrphanHeads(on.app.deps)).toBe(0)
    on.clock.now = ms(31)
    const from = on.fakeGitHub.requests.length
    expect(await assignOrphanHeads(on.app.deps)).toBe(1)
    const calls = on.fakeGitHub.requests.slice(from).map((one) => one.path)
    expect(calls.filter((path) => !path.endsWith('/access_tokens'))).toEqual(['/graphql'])
    expect(await flakes(on)).toEqual([[8, '9999']])
    expect(await waiting(on)).toEqual({ waiting: 0, unknown: 0 })
  })

  test('120 of them cost three queries of three points', async () => {
    const on = await startTestApp()
    const shas = Array.from({ length: 120 }, (_, i) => shaOf(`untold ${i}`))
    for (const [i, sha] of shas.entries()) untold(on, 100 + i, sha)
    await on.send(...shas.flatMap((sha, i) => flake(sha, 1000 + 2 * i)))
    await on.app.settle()
    const [from, points] = [on.fakeGitHub.requests.length, on.fakeGitHub.state.rateLimit.graphql.used]
    expect(await assignOrphanHeads(on.app.deps)).toBe(120)
    const calls = on.fakeGitHub.requests.slice(from).filter((one) => one.path === '/graphql')
    expect([calls.length, on.fakeGitHub.state.rateLimit.graphql.used - points]).toEqual([3, 3 + 3 + 1])
    expect(await flakes(on)).toHaveLength(120)
  })

  test('is asked about three times within a day and a half, then no more', async () => {
    const on = await startTestApp()
    await on.send(...flake(OTHER, 10, 'release'))
    await on.app.settle()
    const asked: number[] = []
    for (let hour = 0; hour < 6 * 24; hour += 3) {
      on.clock.now = ms(40 + hour * 60)
      if ((await assignOrphanHeads(on.app.deps)) > 0) asked.push(hour)
    }
    expect(asked).toEqual([0, 6, 30])
    expect(await waiting(on)).toEqual({ waiting: 0, unknown: 1 })
  })

  test('waits no more once a webhook tells', async () => {
    const on = await startTestApp()
    await on.send(...flake(OTHER))
    await on.app.settle()
    await on.send(pullRequestDelivery({ number: 8, headSha: OTHER, minute: 5 }))
    expect(await flakes(on)).toEqual([[8, '9999']])
    expect(await assignOrphanHeads(on.app.deps)).toBe(0)
  })

  test('is not given to a pull request of another repository, or to one that was merged as that commit', async () => {
    const on = await startTestApp()
    const fork = addRepository(on.fakeGitHub.state, {
      owner: 'octocat',
      name: 'widgets',
      forkOf: 'acme/widgets',
    })
    const foreign = { number: 8, title: 'Elsewhere', user: 'octocat', at: at(-DAY), sha: OTHER }
    addPull(on.fakeGitHub.state, fork, foreign)
    // Forks share commits with what they come from.
    addCommit(on.repository, OTHER)
    const merged = '8'.repeat(40)
    const pull = untold(on, 9, '7'.repeat(40))
    addCommit(on.repository, merged)
    closePull(on.fakeGitHub.state, pull, at(-5), 'octocat', merged)
    // Its branch is told to be the pull request's, so that nothing else speaks against it.
    await on.send(...flake(OTHER, 10), ...flake(merged, 20))
    await on.send(statusDelivery({ headSha: merged, minute: 12 }))
    await on.app.settle()
    expect(await assignOrphanHeads(on.app.deps)).toBe(2)
    expect(await flakes(on)).toEqual([])
  })

  test('at an earlier head of a pull request is that pull request’s, where its branch says so', async () => {
    const on = await startTestApp()
    const pull = untold(on, 8, OTHER)
    pushHead(on.fakeGitHub.state, on.repository, pull, { sha: '8'.repeat(40), at: at(30) })
    await on.send(...flake(OTHER))
    await on.app.settle()
    await assignOrphanHeads(on.app.deps)
    expect(await flakes(on)).toEqual([[8, '9999']])
  })

  test('is asked about by REST where GraphQL is not served', async () => {
    const on = await startTestApp()
    untold(on, 8, OTHER)
    await on.send(...flake(OTHER), ...flake('6'.repeat(40), 20))
    await on.app.settle()
    on.fakeGitHub.failNext({ method: 'POST', path: /graphql/, status: 404, times: 100 })
    expect(await assignOrphanHeads(on.app.deps)).toBe(2)
    expect(await flakes(on)).toEqual([[8, '9999']])
  })

  test('is not asked about when the name has passed to another repository', async () => {
    const on = await startTestApp()
    untold(on, 8, OTHER)
    await on.send(...flake(OTHER))
    await on.app.settle()
    on.repository.id = 4711
    await assignOrphanHeads(on.app.deps)
    expect(await flakes(on)).toEqual([])
  })
})
