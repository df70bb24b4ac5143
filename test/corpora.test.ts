/**
 * Real projects: years of their CI as webhooks, with the flakes and windows that were published or counted by hand. The
 * deliveries in order, and shuffled with every seventh one redelivered, give the same figures.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readNewestCompletion } from '../src/db/head-facts.ts'
import { DEFAULT_SETTINGS } from '../src/domain/settings.ts'
import type { Delivery } from '../src/intake/prepare.ts'
import { useDatabase } from './support/database.ts'
import { DATA, readDeliveries } from './support/figure-histories.ts'
import { IS_FULL } from './support/full-check.ts'
import { derive, readReports, recordAll, shuffled } from './support/pipeline.ts'

interface Expected {
  repository: string
  flakes: { pull_request: number; head_sha: string; job: string; order: string; flaked_at: string }[]
  windows: Record<'day' | 'week', { start: string; prs: number; flakes: number; prs_with_flakes: number }[]>
}

/** The recorded projects are too large to be kept in the repository. */
const FOLDER = join(DATA ?? '', 'deliveries')
const all =
  DATA !== undefined && existsSync(FOLDER)
    ? readdirSync(FOLDER).flatMap((file) => /^(.+)\.ndjson\.gz$/.exec(file)?.[1] ?? [])
    : []

/** The longest one takes half of the time. */
const LONGEST = 'tvm'
const names = all.filter((name) => IS_FULL || name !== LONGEST)

if (names.length === 0) {
  test.skip('set FLAKE_SLA_DATA to a folder with deliveries/NAME.ndjson.gz and NAME.expected.json', () => {})
}

describe.skipIf(names.length === 0)('a real project', () => {
  const db = useDatabase()

  describe.each(names)('%s', (name) => {
    test.each([
      ['in order', (all: Delivery[]) => all],
      [
        'shuffled, every seventh one redelivered',
        (all: Delivery[]) =>
          shuffled(
            all.flatMap((delivery, i) => (i % 7 ? [delivery] : [delivery, delivery])),
            1,
          ),
      ],
    ])('%s: flakes and windows as expected', { timeout: 120_000 }, async (_name, arrange) => {
      const expected = JSON.parse(readFileSync(`${FOLDER}/${name}.expected.json`, 'utf8')) as Expected
      const deliveries = arrange(readDeliveries(`${FOLDER}/${name}.ndjson.gz`))
      for (let from = 0; from < deliveries.length; from += 1000) {
        await recordAll(db(), deliveries.slice(from, from + 1000))
      }
      await derive(db(), { now: (await readNewestCompletion(db())) ?? 0 })
      const report = (await readReports(db(), DEFAULT_SETTINGS)).find(
        ({ repository }) => repository === expected.repository,
      )
      expect(expected.flakes.length).toBeGreaterThan(0)
      expect(report?.flakes.map(flakeKey).sort()).toEqual(expected.flakes.map(flakeKey).sort())
      for (const kind of ['day', 'week'] as const) {
        expect(report?.windows[kind].map(windowKey)).toEqual(expected.windows[kind].map(windowKey))
      }
    })
  })
})

function flakeKey(flake: Expected['flakes'][number]): string {
  const { pull_request, head_sha, job, order, flaked_at } = flake
  return [pull_request, head_sha, job, order, Date.parse(flaked_at)].join('|')
}

function windowKey({ start, prs, flakes, prs_with_flakes }: Expected['windows']['day'][number]): string {
  return [start, prs, flakes, prs_with_flakes].join(' ')
}
