/** Page load times with a year of history: two million runs in a repository with 60 jobs and one with 400. */

import { sql } from 'kysely'
import { dashboard } from '../src/dashboard/app.ts'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import type { Db } from '../src/db/schema.ts'
import { measureNext } from '../src/derive/measure.ts'
import { DEFAULT_SETTINGS } from '../src/domain/settings.ts'
import { startPostgres } from '../test/support/postgres-server.ts'
import { END, generate, type Shape } from './generate.ts'
import { atMost, type Measure, median } from './result.ts'

const TIMES = 21
const DAYS = 365
const GOAL_MS = 100

/** Measures the median wall-clock time of each page at the server. */
export async function measurePages({ quick }: { quick: boolean }): Promise<Measure[]> {
  const part = quick ? 10 : 1
  const many = { id: 1, name: 'acme/widgets', jobs: 60, runsADay: Math.round(1_600_000 / DAYS / part) }
  const wide = { id: 2, name: 'acme/matrix', jobs: 400, runsADay: Math.round(400_000 / DAYS / part) }
  const server = await startPostgres(['max_wal_size=4GB', 'synchronous_commit=off'])
  try {
    const { db, close } = await openDatabase(`${server.address}/postgres`)
    await migrate(db)
    for (const shape of [many, wide]) {
      await generate(db, shape.runsADay * DAYS, shape)
      await measureNext(db, shape.id, async () => DEFAULT_SETTINGS, END)
    }
    await sql`vacuum analyze`.execute(db)
    const measures = await askAll(db, [many, wide])
    await close()
    return measures
  } finally {
    await server.remove()
  }
}

/** The dashboard over a generated database, at the end of its history. */
export function pagesOf(db: Db) {
  return dashboard({
    db,
    now: () => END,
    settingsOf: async () => DEFAULT_SETTINGS,
    publicUrl: null,
    githubUrl: 'https://github.com',
  })
}

async function askAll(db: Db, shapes: readonly Shape[]): Promise<Measure[]> {
  const pages = pagesOf(db)
  const paths = ['/', '/status', ...(await Promise.all(shapes.map((shape) => pathsOf(db, shape)))).flat()]
  const measures: Measure[] = []
  for (const path of paths) {
    const took: number[] = []
    let size = 0
    for (let i = 0; i < TIMES; i++) {
      const started = performance.now()
      const answer = await pages.request(path, { headers: { 'accept-encoding': 'gzip' } })
      size = (await answer.arrayBuffer()).byteLength
      took.push(performance.now() - started)
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`)
    }
    const note = `first ${took[0]?.toFixed(0)} ms, ${(size / 1000).toFixed(0)} kB`
    measures.push(
      atMost({
        name: `pages ${path.replace(/[0-9a-f]{40}/, 'SHA')}`,
        value: median(took),
        unit: 'ms',
        goal: GOAL_MS,
        note,
      }),
    )
  }
  return measures
}

/** Every kind of page about a repository. */
async function pathsOf(db: Db, { id, name }: Shape): Promise<string[]> {
  const flake = await db
    .selectFrom('flake')
    .select(['head_sha', 'job_id', 'number'])
    .where('repository_id', '=', id)
    .orderBy('flaked_at', 'desc')
    .executeTakeFirstOrThrow()
  const { number, head_sha, job_id } = flake
  const tabs = ['grid', 'grid?width=80', 'months', 'incidents', 'accuracy']
  const ones = [`jobs/${job_id}`, `pull/${number}`, `flakes/${head_sha}/${job_id}`]
  return [`/${name}`, ...[...tabs, ...ones].map((page) => `/${name}/${page}`)]
}
