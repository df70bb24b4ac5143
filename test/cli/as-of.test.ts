/** `replay --as-of` in the past: the figures are those of that time, whatever happened later. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replay } from '../../src/cli/replay.ts'
import { DAY_MS, iso } from '../../src/domain/time.ts'
import { simulatedDeliveries } from '../../src/simulate/simulate.ts'
import type { TestDelivery } from '../support/deliveries.ts'
import { IS_FULL } from '../support/full-check.ts'
import { aHistory, FROM } from '../support/simulation.ts'

const AS_OF = FROM + 9.4 * DAY_MS
const asOf = iso(AS_OF)
const deliveries = simulatedDeliveries(aHistory('steady', 20, { flakeRates: [0.1, 0.3] }), 1)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'as-of-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(name: string, list: readonly unknown[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, list.map((delivery) => JSON.stringify(delivery)).join('\n'))
  return path
}

/** Makes failures of passes, and the reverse, in every check run and status that completed after AS_OF. */
function otherwiseLater(delivery: TestDelivery): TestDelivery {
  const flip = (key: string, value: unknown) => {
    if (key !== 'conclusion' && key !== 'state') return value
    return value === 'success' ? 'failure' : value === 'failure' ? 'success' : value
  }
  const { check_run, created_at } = delivery.payload as {
    check_run?: { completed_at: string }
    created_at?: string
  }
  const at = Date.parse(check_run?.completed_at ?? created_at ?? '')
  return at > AS_OF ? JSON.parse(JSON.stringify(delivery), flip) : delivery
}

test('what completed later changes nothing', { timeout: 120_000 }, async () => {
  const changed = deliveries.map((delivery) => otherwiseLater(delivery as TestDelivery))
  expect(changed).not.toEqual(deliveries)
  const { repositories } = await replay([await fileOf('all.ndjson', deliveries)], { asOf })
  const others = await replay([await fileOf('changed.ndjson', changed)], { asOf })
  expect(others.repositories).toEqual(repositories)
  const [report] = repositories
  expect(report?.flakes.length).toBeGreaterThan(5)
  for (const { flaked_at } of report?.flakes ?? []) expect(Date.parse(flaked_at)).toBeLessThanOrEqual(AS_OF)
  for (const { start } of report?.windows.day ?? []) expect(Date.parse(start)).toBeLessThanOrEqual(AS_OF)
  expect(report?.windows.day.at(-1)).toMatchObject({ start: asOf.slice(0, 10), partial: true })
})

test.runIf(IS_FULL)('a run that completed at that moment counts', { timeout: 60_000 }, async () => {
  const file = await fileOf('moment.ndjson', deliveries)
  const newest = (await replay([file], {})).repositories[0]?.flakes
    .map(({ flaked_at }) => flaked_at)
    .sort()[0]
  const { repositories } = await replay([file], { asOf: newest ?? '' })
  expect(repositories[0]?.flakes.map(({ flaked_at }) => flaked_at)).toEqual([newest])
})

test('a database that holds later results is refused', { timeout: 120_000 }, async () => {
  const databaseUrl = join(folder, 'database')
  const file = await fileOf('stored.ndjson', deliveries.slice(0, 200))
  await replay([file], { databaseUrl })
  await expect(replay([file], { databaseUrl, asOf: iso(FROM) })).rejects.toThrow(
    /^The database holds results until .* which is after --as-of\. Use another --database-url\.$/,
  )
})
