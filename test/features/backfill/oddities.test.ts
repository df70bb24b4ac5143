/** Rare events are backfilled as webhooks report them: changed bases, commands, bots, shared commits, merge queues. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addRepository } from '../../../fake-github/seed.ts'
import { renameRepository } from '../../../fake-github/seed-changes.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { Repository } from '../../../fake-github/state.ts'
import { readHistory, readRepository } from '../../../src/features/backfill/read.ts'
import { createThrottledClient } from '../../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../../src/github/token-client.ts'
import { empty, useDatabase } from '../../support/database.ts'
import { at, ms } from '../../support/facts.ts'
import { addOddities, historyDeliveries } from '../../support/history.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../../support/pipeline.ts'

const now = () => ms(7 * 24 * 60)
let fakeGitHub: FakeGitHub
let repository: Repository
let token: string

beforeAll(async () => {
  fakeGitHub = await startFakeGitHub({ now, validate: true })
  repository = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets', createdAt: at(-9000) })
  addRepository(fakeGitHub.state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
  addOddities(fakeGitHub.state, repository)
  token = addUserToken(fakeGitHub.state, 'octocat').token
})
afterAll(async () => {
  await fakeGitHub.close()
  expect(fakeGitHub.violations).toEqual([])
})

describe('a backfill', () => {
  const db = useDatabase()

  /** Everything that is derived from the facts, sorted. */
  async function derivedData() {
    await derive(db(), { now: LATER })
    const { flakes, retests, windows } = await readOnlyReport(db())
    const runs = await db()
      .selectFrom('run')
      .select(['kind', 'number', 'head_sha', 'outcome', 'base_ref', 'completed_at'])
      .orderBy('completed_at')
      .orderBy('number')
      .execute()
    const pulls = await db()
      .selectFrom('pull_request')
      .select(['number', 'title', 'author', 'head_ref', 'base_ref', 'opened_at', 'merged_at'])
      .orderBy('number')
      .execute()
    return { flakes, retests, week: windows.week, runs, pulls }
  }

  async function dataFromWebhooks() {
    const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
    await recordAll(db(), historyDeliveries(github, repository))
    const data = await derivedData()
    await empty(db())
    return data
  }

  async function dataFromBackfill(name = 'acme/widgets') {
    const client = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0 })
    const found = await readRepository(client, name)
    await readHistory(db(), client, found, { since: ms(-60), now, alone: true })
    return derivedData()
  }

  test('gives the same data as the webhooks of the same events', async () => {
    const byWebhooks = await dataFromWebhooks()
    const byBackfill = await dataFromBackfill()
    expect(byBackfill.runs).toEqual(byWebhooks.runs)
    expect(byBackfill).toEqual(byWebhooks)
    expect(byBackfill.flakes).toHaveLength(6)
    expect(byBackfill.retests.map((retest) => [retest.pull_request, retest.command, retest.author])).toEqual([
      [901, 'retest', 'octocat'],
      [901, 'test', 'reviewer'],
    ])
    const bases = byBackfill.runs.filter((run) => run.number === 900).map((run) => run.base_ref)
    expect(bases).toEqual(['main', 'main', 'release', 'release'])
    expect(byBackfill.pulls.find((pull) => pull.number === 902)?.author).toBe('dependabot[bot]')
    expect(byBackfill.runs.filter((run) => run.kind === 'merge_queue')).toHaveLength(2)
  })

  test('without GraphQL misses the base before it was changed, and the head before a fork’s forced push', async () => {
    const byWebhooks = await dataFromWebhooks()
    fakeGitHub.failNext({ method: 'POST', path: /graphql/, status: 404, times: 100 })
    const byBackfill = await dataFromBackfill().finally(() => fakeGitHub.clearFaults())
    const { runs, ...rest } = byBackfill
    expect(rest.retests).toEqual(byWebhooks.retests)
    expect(rest.flakes.map((flake) => [flake.pull_request, flake.head_sha])).toEqual(
      byWebhooks.flakes
        .filter((flake) => flake.pull_request !== 905)
        .map((flake) => [flake.pull_request, flake.head_sha]),
    )
    const others = (all: typeof runs) => all.filter((run) => run.number !== 900 && run.number !== 905)
    expect(others(runs)).toEqual(others(byWebhooks.runs))
  })

  test('of a renamed and transferred repository can use its old name', async () => {
    const byWebhooks = await dataFromWebhooks()
    renameRepository(fakeGitHub.state, repository, 'emca', 'gadgets')
    const byBackfill = await dataFromBackfill('acme/widgets')
    expect(byBackfill.week).toEqual(byWebhooks.week)
    expect((await db().selectFrom('repository').select('full_name').execute())[0]?.full_name).toBe(
      'emca/gadgets',
    )
  })
})
