/** History read over the API makes the figures that its webhooks would have made, however often the backfill is killed. */

import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { Repository } from '../../../fake-github/state.ts'
import { openDatabase } from '../../../src/db/client.ts'
import type { Db } from '../../../src/db/schema.ts'
import { readHistory, readRepository } from '../../../src/features/backfill/read.ts'
import { createThrottledClient, type ThrottledClient } from '../../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../../src/github/token-client.ts'
import { createServerDatabase, eachDatabase, empty, openEmbedded } from '../../support/database.ts'
import { ms } from '../../support/facts.ts'
import { historyDeliveries, seedHistory } from '../../support/history.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../../support/pipeline.ts'

const now = () => ms(7 * 24 * 60)
const since = ms(-60)
let fakeGitHub: FakeGitHub
let repository: Repository
let token: string

beforeAll(async () => {
  fakeGitHub = await startFakeGitHub({ now, validate: true })
  repository = seedHistory(fakeGitHub.state, { pulls: 60, statuses: 1200 })
  token = addUserToken(fakeGitHub.state, 'octocat').token
})
afterAll(async () => {
  await fakeGitHub.close()
  expect(fakeGitHub.violations).toEqual([])
})

function client(signal?: AbortSignal): ThrottledClient {
  return createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0, signal })
}

/** Reads everything, or what it gets to. @returns whether it came to the end */
async function read(db: Db, alone: boolean, signal?: AbortSignal): Promise<boolean> {
  const asks = client(signal)
  const found = await readRepository(asks, 'acme/widgets')
  return readHistory(db, asks, found, { since, now, alone, signal })
}

async function figures(db: Db) {
  await derive(db, { now: LATER })
  return readOnlyReport(db)
}

/** What the fake GitHub was asked for since, repository and GraphQL apart. */
function asked(from: number): string[] {
  return fakeGitHub.requests.slice(from).map((one) => `${one.method} ${one.path}`)
}

describe('history', () => {
  eachDatabase((db, kind) => {
    const alone = kind === 'PGlite'

    test('read makes the report that its webhooks make', async () => {
      const told = await openEmbedded()
      const world = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
      await recordAll(told.db, historyDeliveries(world, repository))
      const byWebhooks = await figures(told.db)
      await told.close()
      await read(db(), alone)
      const byReading = await figures(db())
      expect(byReading).toEqual(byWebhooks)
      expect(byReading.flakes.length).toBeGreaterThan(20)
    })

    test('where GraphQL is not served makes it too', async () => {
      await read(db(), alone)
      const byGraphql = await figures(db())
      await empty(db())
      fakeGitHub.failNext({ method: 'POST', path: /graphql/, status: 404, times: 10_000 })
      await read(db(), alone).finally(() => fakeGitHub.clearFaults())
      expect(await figures(db())).toEqual(byGraphql)
    })

    test('stopped five times and gone on with is read once, and makes the same report', async () => {
      const from = fakeGitHub.requests.length
      for (let kill = 0; kill < 5; kill++) {
        const stop = new AbortController()
        const enough = fakeGitHub.requests.length + 8 + kill * 10
        const watch = setInterval(() => fakeGitHub.requests.length > enough && stop.abort(), 1)
        await read(db(), alone, stop.signal).catch(() => undefined)
        clearInterval(watch)
      }
      expect(await read(db(), alone)).toBe(true)
      const pages = asked(from).filter((one) => /\/(check-runs|attempts)/.test(one))
      // Each stop may break off what six were asking for; nothing else is asked for again.
      expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(5 * 6)
      expect(new Set(pages).size).toBeGreaterThan(60)
      const stopped = await figures(db())
      await sql`truncate backfill, backfill_page`.execute(db())
      expect(await read(db(), alone)).toBe(true)
      expect(await figures(db())).toEqual(stopped)
    })

    test('finished is gone on with from shortly before its end, not from the start', async () => {
      await read(db(), alone)
      const from = fakeGitHub.requests.length
      await read(db(), alone)
      expect(asked(from).filter((one) => one.includes('/check-runs'))).toEqual([])
      expect(asked(from).length).toBeLessThan(10)
    })
  })

  test('is shared by two processes: no page is asked for twice', async () => {
    const address = await createServerDatabase()
    const [one, two] = [await openDatabase(address), await openDatabase(address)]
    const from = fakeGitHub.requests.length
    const ends = await Promise.all([read(one.db, false), read(two.db, false)])
    expect(ends).toContain(true)
    const pages = asked(from).filter((path) => /\/(check-runs|attempts)/.test(path))
    expect(pages.length).toBe(new Set(pages).size)
    expect(pages.length).toBeGreaterThan(60)
    await Promise.all([one.close(), two.close()])
  })

  test('takes no more calls for 100 pull requests than docs/github-api.md says', async () => {
    const { db, close } = await openEmbedded()
    const from = fakeGitHub.requests.length
    const points = fakeGitHub.state.rateLimit.graphql.used
    await read(db, true)
    const rest = asked(from).filter((one) => !one.endsWith('/graphql')).length
    const graphql = asked(from).length - rest
    await close()
    // 63 pull requests, 78 heads with results, 12 pages of statuses, 3 commits of the default branch.
    expect([rest, graphql, fakeGitHub.state.rateLimit.graphql.used - points]).toEqual([118, 8, 8])
  })
})
