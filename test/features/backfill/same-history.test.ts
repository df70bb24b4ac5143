/**
 * One history gives the same figures whether webhooks report it or it is read over the API, however often the reading is
 * interrupted. `FULL_CHECK=1` tries more histories.
 */
import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { Db } from '../../../src/db/schema.ts'
import { readHistory, readRepository } from '../../../src/features/backfill/read.ts'
import { createThrottledClient } from '../../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../../src/github/token-client.ts'
import { empty, useDatabase } from '../../support/database.ts'
import { ms } from '../../support/facts.ts'
import { historyDeliveries } from '../../support/history.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../../support/pipeline.ts'
import { addRandomHistory, githubHistory } from '../../support/random-github.ts'

const RUNS = process.env.FULL_CHECK === '1' ? { fixed: 40, random: 40 } : { fixed: 2, random: 0 }
const FIXED_SEED = 20_260_202
const now = () => LATER

const db = useDatabase()

/** What does not depend on how the history was read. */
async function figures(on: Db) {
  await derive(on, { now: LATER })
  const { flakes, windows, required, left_out } = await readOnlyReport(on)
  const runs = await on
    .selectFrom('run')
    .select(['kind', 'number', 'head_sha', 'base_ref', 'outcome', 'completed_at'])
    .orderBy('completed_at')
    .orderBy('number')
    .orderBy('head_sha')
    .orderBy('outcome')
    .execute()
  // Sums of rows in another order differ in the last digit.
  const rounded = flakes.map(({ probability_caused_by_pr, ...flake }) => ({
    ...flake,
    probability: probability_caused_by_pr?.toPrecision(12),
  }))
  return { runs, flakes: rounded, windows, required, left_out }
}

/** Reads the history; each number is how many requests a reading may make before it is stopped. */
async function readInterrupted(fakeGitHub: FakeGitHub, on: Db, stops: readonly number[]): Promise<void> {
  const { token } = addUserToken(fakeGitHub.state, 'octocat')
  const read = async (signal?: AbortSignal) => {
    const client = createThrottledClient(tokenOctokit(token, fakeGitHub.url), { reserve: 0, signal })
    const repository = await readRepository(client, 'acme/widgets')
    return readHistory(on, client, repository, { since: ms(0), now, alone: true, signal })
  }
  for (const requests of stops) {
    const stop = new AbortController()
    const limit = fakeGitHub.requests.length + requests
    const watch = setInterval(() => fakeGitHub.requests.length >= limit && stop.abort(), 1)
    await read(stop.signal).catch(() => undefined)
    clearInterval(watch)
  }
  expect(await read()).toBe(true)
}

const HISTORIES: [what: string, seed: number, runs: number][] = [
  ['the same histories', FIXED_SEED, RUNS.fixed],
  ['some new histories', randomInt(2 ** 31), RUNS.random],
]

test.each(HISTORIES.filter(([, , runs]) => runs > 0))(
  'webhooks and an interrupted reading of %s (seed %i) give the same flakes and windows',
  async (_what, seed, numRuns) => {
    const stops = fc.array(fc.integer({ min: 3, max: 25 }), { maxLength: 3 })
    const property = fc.asyncProperty(githubHistory, stops, async (history, stops) => {
      await using fakeGitHub = await startFakeGitHub({ now })
      const repository = addRandomHistory(fakeGitHub.state, history)
      const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
      await empty(db())
      await recordAll(db(), historyDeliveries(github, repository))
      const byWebhooks = await figures(db())
      await empty(db())
      await readInterrupted(fakeGitHub, db(), stops)
      expect(await figures(db())).toEqual(byWebhooks)
    })
    await fc.assert(property, { seed, numRuns, endOnFailure: true })
  },
  600_000,
)
