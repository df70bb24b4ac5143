/** Situations from public bug reports, each a few deliveries and what is true of them. They are too large to be kept in the repository. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readNewestCompletion } from '../src/db/head-facts.ts'
import { useDatabase } from './support/database.ts'
import { DATA, readDeliveries } from './support/figure-histories.ts'
import { derive, readReports, recordAll } from './support/pipeline.ts'

interface Situation {
  name: string
  title: string
  repository: string
  expect: {
    flakes?: number
    prs?: number
    prsOn?: Record<string, number>
    runs?: Record<string, number>
    grade?: string
    order?: string
    retested?: boolean
    bots?: number
    verdicts?: Record<string, string>
  }
}

const FOLDER = join(DATA ?? '', 'cases', 'wild')
const situations: Situation[] =
  DATA !== undefined && existsSync(join(FOLDER, 'cases.json'))
    ? JSON.parse(readFileSync(join(FOLDER, 'cases.json'), 'utf8'))
    : []

if (situations.length === 0)
  test.skip('set FLAKE_SLA_DATA to a folder with cases/wild/cases.json and NAME.ndjson.gz', () => {})

describe.skipIf(situations.length === 0)('a reported situation', () => {
  const db = useDatabase()

  test.each(situations.map((situation) => [situation.title, situation] as const))(
    '%s',
    async (_title, situation) => {
      await recordAll(db(), readDeliveries(join(FOLDER, `${situation.name}.ndjson.gz`)))
      await derive(db(), { now: (await readNewestCompletion(db())) ?? 0 })
      const report = (await readReports(db())).find(({ repository }) => repository === situation.repository)
      const { flakes, prs, prsOn, runs, grade, order, retested, bots, verdicts } = situation.expect
      const prsOf = new Map(report?.windows.day.map((day) => [day.start, day.prs]))
      if (flakes !== undefined) expect(report?.flakes).toHaveLength(flakes)
      if (prs !== undefined) expect(Math.max(0, ...prsOf.values())).toBe(prs)
      for (const [day, count] of Object.entries(prsOn ?? {})) expect(prsOf.get(day) ?? 0).toBe(count)
      for (const [key, value] of Object.entries({ grade, order, retested }))
        if (value !== undefined) expect(report?.flakes[0]).toHaveProperty(key, value)
      for (const [job, count] of Object.entries(runs ?? {}))
        expect(report?.flakes.find((flake) => flake.job === job)?.runs).toBe(count)
      for (const [number, attribution] of Object.entries(verdicts ?? {})) {
        const own = report?.flakes.filter((flake) => flake.pull_request === Number(number)) ?? []
        expect(own.map((flake) => flake.attribution)).toEqual(own.map(() => attribution))
        expect(own.length).toBeGreaterThan(0)
      }
      if (bots !== undefined) expect(report?.retests.filter((retest) => retest.bot)).toHaveLength(bots)
    },
  )
})
