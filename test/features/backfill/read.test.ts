/** A backfill gives the same figures as the webhooks of the same events, no matter how often it is interrupted. */

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
import { IS_FULL } from '../../support/full-check.ts'
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

/** Runs the backfill until it ends or is aborted. @returns whether all of the history is read */
async function read(db: Db, alone: boolean, signal?: AbortSignal): Promise<boolean> {
  const throttled = client(signal)
  const found = await readRepository(throttled, 'acme/widgets')
  return readHistory(db, throttled, found, { since, now, alone, signal })
}

async function figures(db: Db) {
  await derive(db, { now: LATER })
  return readOnlyReport(db)
}

/** The requests to the fake GitHub after the first `from`, as method and path. */
function requestsSince(from: number): string[] {
  return fakeGitHub.requests.slice(from).map((request) => `${request.method} ${request.path}`)
}

describe('a backfill', () => {
  eachDatabase((db, kind) => {
    const alone = kind === 'PGlite'

    test('gives the same report as the webhooks', async () => {
      const other = await openEmbedded()
      const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
      await recordAll(other.db, historyDeliveries(github, repository))
      const byWebhooks = await figures(other.db)
      await other.close()
      await read(db(), alone)
      const byBackfill = await figures(db())
      expect(byBackfill).toEqual(byWebhooks)
      expect(byBackfill.flakes.length).toBeGreaterThan(20)
    })

    test.runIf(IS_FULL || kind === 'PGlite')(
      'gives the same report when GraphQL is not available',
      async () => {
        await read(db(), alone)
        const byGraphql = await figures(db())
        await empty(db())
        fakeGitHub.failNext({ method: 'POST', path: /graphql/, status: 404, times: 10_000 })
        await read(db(), alone).finally(() => fakeGitHub.clearFaults())
        const { unread, ...byRest } = await figures(db())
        expect({ ...byRest, unread: [] }).toEqual(byGraphql)
        expect(JSON.stringify(unread)).toMatch(/REST does not name the head that a force-push replaced/)
      },
    )

    test.runIf(IS_FULL || kind === 'PostgreSQL')(
      'that is interrupted five times requests each page once, and gives the same report',
      async () => {
        const from = fakeGitHub.requests.length
        for (let kill = 0; kill < 5; kill++) {
          const stop = new AbortController()
          const enough = fakeGitHub.requests.length + 8 + kill * 10
          const watch = setInterval(() => fakeGitHub.requests.length > enough && stop.abort(), 1)
          await read(db(), alone, stop.signal).catch(() => undefined)
          clearInterval(watch)
        }
        expect(await read(db(), alone)).toBe(true)
        const pages = requestsSince(from).filter((request) => /\/(check-runs|attempts)/.test(request))
        // Each interruption can abort six requests. Nothing else is requested again.
        expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(5 * 6)
        expect(new Set(pages).size).toBeGreaterThan(60)
        const interrupted = await figures(db())
        await sql`truncate backfill, backfill_page`.execute(db())
        expect(await read(db(), alone)).toBe(true)
        expect(await figures(db())).toEqual(interrupted)
      },
    )

    test('that is run again continues from shortly before the end of the first, not from the start', async () => {
      await read(db(), alone)
      const from = fakeGitHub.requests.length
      await read(db(), alone)
      expect(requestsSince(from).filter((request) => request.includes('/check-runs'))).toEqual([])
      expect(requestsSince(from).length).toBeLessThan(10)
    })
  })

  test('by two processes requests no page twice', async () => {
    const address = await createServerDatabase()
    const [first, second] = [await openDatabase(address), await openDatabase(address)]
    const from = fakeGitHub.requests.length
    const ends = await Promise.all([read(first.db, false), read(second.db, false)])
    expect(ends).toContain(true)
    const pages = requestsSince(from).filter((request) => /\/(check-runs|attempts)/.test(request))
    expect(pages.length).toBe(new Set(pages).size)
    expect(pages.length).toBeGreaterThan(60)
    await Promise.all([first.close(), second.close()])
  })

  test('makes exactly the expected number of requests', async () => {
    const { db, close } = await openEmbedded()
    const from = fakeGitHub.requests.length
    const points = fakeGitHub.state.rateLimit.graphql.used
    await read(db, true)
    const rest = requestsSince(from).filter((request) => !request.endsWith('/graphql')).length
    const graphql = requestsSince(from).length - rest
    await close()
    // 63 pull requests, 78 heads with results, 12 pages of statuses, 3 commits of the default branch, 34 attempts that failed.
    expect([rest, graphql, fakeGitHub.state.rateLimit.graphql.used - points]).toEqual([154, 9, 9])
  })
})
