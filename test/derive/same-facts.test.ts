/**
 * Deriving while a history arrives, over and over, stores the same as deriving once from all of it: incidents, repository models and
 * changes of flake rates as well. `FULL_CHECK=1` derives after every delivery.
 */
import { expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { DAY_MS } from '../../src/domain/time.ts'
import type { Scenario } from '../../src/simulate/scenarios.ts'
import { simulatedDeliveries } from '../../src/simulate/simulate.ts'
import { empty, useDatabase } from '../support/database.ts'
import { checkRunDelivery, pullRequestDelivery, type TestDelivery } from '../support/deliveries.ts'
import { derivedState } from '../support/derived-state.ts'
import { IS_FULL } from '../support/full-check.ts'
import { recordAll, shuffled } from '../support/pipeline.ts'
import { aHistory, FROM } from '../support/simulation.ts'

const DAYS = 63
const TIMES = IS_FULL ? Number.POSITIVE_INFINITY : 5
const TIMEOUT_MS = IS_FULL ? 1_200_000 : 120_000

async function derive(db: Db): Promise<void> {
  await deriveAll(db, { settingsOf: async () => DEFAULT_SETTINGS, now: FROM + 2 * DAYS * DAY_MS })
}

/** Records the deliveries in so many pieces, and derives after each. */
async function playInPieces(db: Db, deliveries: readonly TestDelivery[], pieces: number): Promise<void> {
  const size = Math.max(1, Math.ceil(deliveries.length / pieces))
  for (let i = 0; i < deliveries.length; i += size) {
    await recordAll(db, deliveries.slice(i, i + size))
    await derive(db)
  }
}

async function stateOf(db: Db) {
  const { repository_id } = await db
    .selectFrom('repository')
    .select('repository_id')
    .executeTakeFirstOrThrow()
  return derivedState(db, repository_id, DEFAULT_SETTINGS)
}

const small: Partial<Scenario> = { pullRequestsPerDay: 6, jobs: 2, pushes: 1, steadyShare: 0 }

/** Jobs get worse and better, in one repository by merges that break them and are fixed, in the other by outages. */
const HISTORIES: [name: string, found: string, more: Partial<Scenario>][] = [
  [
    'infected',
    'change_point',
    { ...small, bringShare: 0.2, brings: [0.3, 0.6], mergedShare: 1, infectionDays: 14 },
  ],
  [
    'outages',
    'incident',
    { ...small, outagesPerMonth: 6, outageHours: 12, outageRate: 0.9, outageOf: 'all jobs' },
  ],
]

const db = useDatabase()

test.each(HISTORIES.slice(IS_FULL ? 0 : -1))(
  'a history of %s that arrives in pieces, in order or not, gives what deriving once gives',
  { timeout: TIMEOUT_MS },
  async (name, found, more) => {
    const deliveries = simulatedDeliveries(aHistory(name, DAYS, more), 1)
    await playInPieces(db(), deliveries, 1)
    const expected = await stateOf(db())
    // A history without them would show nothing.
    expect(expected.repository_model?.length).toBeGreaterThan(3)
    expect(expected[found]?.length).toBeGreaterThan(0)
    for (const order of [deliveries, shuffled(deliveries, 7)]) {
      await empty(db())
      await playInPieces(db(), order, TIMES)
      expect(await stateOf(db())).toEqual(expected)
    }
  },
)

test('a job that got better is noticed, though it has no flake any more, when results arrive week by week', async () => {
  const weeks = Array.from({ length: 10 }, (_, week) => week)
  for (const week of weeks) {
    const results = Array.from({ length: 12 }, (_, i) => resultsOf(week * 12 + i, week < 5 && i % 3 === 0))
    await recordAll(db(), results.flat())
    await derive(db())
  }
  const changes = await db().selectFrom('change_point').selectAll().execute()
  expect(changes).toHaveLength(1)
  expect(changes[0]?.before_flaky).toBeGreaterThan(10)
  expect(changes[0]).toMatchObject({ after_flaky: 0 })
})

/** The deliveries about a pull request, two a day, at whose head the job flaked or passed. */
function resultsOf(number: number, flaky: boolean): TestDelivery[] {
  const headSha = number.toString(16).padStart(40, '0')
  const minute = Math.floor((number * 7 * 24 * 60) / 12)
  const run = (id: number, conclusion: string) =>
    checkRunDelivery({
      id: 1000 + 2 * number + id,
      headSha,
      conclusion,
      minute: minute + 10 * id,
      pullRequests: [],
    })
  return [
    pullRequestDelivery({ number: number + 1, headSha, minute: minute - 1, openedMinute: minute - 1 }),
    ...(flaky ? [run(0, 'failure')] : []),
    run(1, 'success'),
  ]
}
