/** Requests to GitHub, counted by the fake GitHub: for a backfill, and for results that arrive by webhook. */

import { type FakeGitHub, startFakeGitHub } from '../fake-github/fake-github.ts'
import { addInstallation, addRepository } from '../fake-github/seed.ts'
import { addUserToken } from '../fake-github/seed-tokens.ts'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { readHistory, readRepository } from '../src/features/backfill/read.ts'
import { createThrottledClient } from '../src/github/throttled-client.ts'
import { tokenOctokit } from '../src/github/token-client.ts'
import { startApp } from '../src/start.ts'
import { deliveriesOfHeads, post } from '../test/faults/crash.ts'
import { REPOSITORY, type TestDelivery } from '../test/support/deliveries.ts'
import { ms } from '../test/support/facts.ts'
import { seedHistory } from '../test/support/history.ts'
import { PRIVATE_KEY, SECRET } from './processes.ts'
import { atMost, type Measure } from './result.ts'

const WEEK = 7 * 24 * 60
/** Goals for the backfill of 100 pull requests. docs/github-api.md explains the requests. */
const MAX_REQUESTS = 200
const MAX_POINTS = 20

/** Measures REST requests and GraphQL points of a backfill, and requests caused by webhooks. */
export async function measureApi(): Promise<Measure[]> {
  const { pulls, requests, points } = await readOnce()
  const { ofHeads, ofResults } = await askedFor(300)
  const of = `of ${pulls} pull requests`
  return [
    atMost({
      name: 'api.backfill.rest_per_100_pull_requests',
      value: (100 * requests) / pulls,
      unit: 'requests',
      goal: MAX_REQUESTS,
      note: of,
    }),
    atMost({
      name: 'api.backfill.graphql_per_100_pull_requests',
      value: (100 * points) / pulls,
      unit: 'points',
      goal: MAX_POINTS,
      note: of,
    }),
    { name: 'api.webhooks_of_300_heads', value: ofHeads, unit: 'requests' },
    atMost({ name: 'api.webhooks_of_600_results', value: ofResults, unit: 'requests', goal: 0 }),
  ]
}

/** Backfills a repository with pull requests of every kind once. */
async function readOnce(): Promise<{ pulls: number; requests: number; points: number }> {
  const now = () => ms(WEEK)
  const fakeGitHub = await startFakeGitHub({ now })
  const { db, close } = await openDatabase('memory')
  try {
    await migrate(db)
    const repository = seedHistory(fakeGitHub.state, { pulls: 60, statuses: 1200 })
    const pulls = [...repository.issues.values()].filter((issue) => issue.pull).length
    const { token } = addUserToken(fakeGitHub.state, 'octocat')
    const client = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0 })
    const stored = await readRepository(client, 'acme/widgets')
    await readHistory(db, client, stored, { since: ms(-60), now, alone: true })
    const requests = fakeGitHub.requests.filter((request) => request.route !== '/graphql').length
    return { pulls, requests, points: fakeGitHub.state.rateLimit.graphql.used }
  } finally {
    await close()
    await fakeGitHub.close()
  }
}

/** Sends webhooks for pull requests, then for two results each. @returns the number of requests that either caused */
async function askedFor(heads: number): Promise<{ ofHeads: number; ofResults: number }> {
  const fakeGitHub = await startFakeGitHub({ app: { id: 1, slug: 'flake-sla' }, now: () => ms(WEEK) })
  addInstallation(fakeGitHub.state, 'acme', { id: 77 })
  addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' }).id = REPOSITORY.id
  const app = await start(fakeGitHub)
  try {
    const deliveries = deliveriesOfHeads(heads)
    const isResult = (delivery: TestDelivery) => delivery.name === 'check_run'
    const send = async (deliveries: TestDelivery[]) => {
      const statuses = await Promise.all(deliveries.map((delivery) => post(app.url, delivery)))
      if (statuses.some((status) => status !== 202)) throw new Error(`answered ${[...new Set(statuses)]}`)
      await app.settle()
    }
    await send(deliveries.filter((delivery) => !isResult(delivery)))
    const ofHeads = fakeGitHub.requests.length
    await send(deliveries.filter(isResult))
    return { ofHeads, ofResults: fakeGitHub.requests.length - ofHeads }
  } finally {
    await app.close()
    await fakeGitHub.close()
  }
}

function start(fakeGitHub: FakeGitHub) {
  return startApp(
    {
      app: { id: '1', privateKey: PRIVATE_KEY, webhookSecret: SECRET },
      ...{ apiUrl: fakeGitHub.url, githubUrl: 'https://github.com', publicUrl: null },
      ...{ database: 'memory', host: '127.0.0.1', port: 0, dryRun: false, logLevel: 'error' },
      pages: { signIn: null, isPublic: true, metricsToken: null, off: [] },
    },
    { now: () => ms(WEEK), timers: false, throttle: false },
  )
}
