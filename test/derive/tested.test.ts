/**
 * A flake's pull request was tested in the flake's day and week: no window counts a flake of a pull request that it does not count
 * as tested, whatever happened to the pull request's base branch, its commits and the lists of required jobs.
 */
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addRequiredList } from '../../src/db/required.ts'
import type { Db } from '../../src/db/schema.ts'
import { flakeInScope, readScope, runInScope } from '../../src/db/scope.ts'
import { addSettings } from '../../src/db/settings.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { useDatabase } from '../support/database.ts'
import { at } from '../support/facts.ts'
import { LATER, recordAll } from '../support/pipeline.ts'
import { type History, history, inRepository } from '../support/random-history.ts'

const HISTORIES = process.env.FULL_CHECK === '1' ? 1000 : 40
const TIMEOUT_MS = HISTORIES * 1500

const db = useDatabase()
let nextRepository = 50_000

async function play({ deliveries, settings, own }: History): Promise<number> {
  const repository_id = nextRepository++
  const when = { valid_from: at(0), read_at: at(0) }
  await addSettings(db(), { repository_id, ...when, settings, sources: [], problems: [] })
  await recordAll(
    db(),
    deliveries.map((delivery) => inRepository(delivery, repository_id)),
  )
  for (const event of own) {
    if (event.kind !== 'required') continue
    const jobs = event.jobs.map((name) => ({ name, app: null, integration_id: null }))
    const list = { base_ref: event.branch, valid_from: at(event.minute), jobs, problem: null }
    await addRequiredList(db(), repository_id, list)
  }
  await deriveAll(db(), { settingsOf: (id, on) => readStoredSettings(on, id), now: LATER })
  return repository_id
}

/** Flakes in scope whose pull request has no passed or failed run in scope in the flake's window, and all flakes in scope. */
async function untested(on: Db, repositoryId: number) {
  const { scope } = await readScope(on, repositoryId, await readStoredSettings(on, repositoryId))
  const flakes = await sql<{
    number: number
    flaked_at: string
    head_sha: string
    job_id: number
    base_ref: string
  }>`
    select number, flaked_at, head_sha, job_id, base_ref from flake r where ${flakeInScope(scope)}`.execute(
    on,
  )
  const runs = await sql<{ number: number; completed_at: string }>`select number, completed_at from run r
    where ${runInScope(scope)} and kind = 'pull_request' and outcome in ('pass', 'fail')`.execute(on)
  const tested = new Set(runs.rows.map((run) => `${run.number} ${run.completed_at.slice(0, 10)}`))
  return {
    flakes: flakes.rows.length,
    untested: flakes.rows.filter((flake) => !tested.has(`${flake.number} ${flake.flaked_at.slice(0, 10)}`)),
  }
}

test('every flake’s pull request is tested in the day of the flake', { timeout: TIMEOUT_MS }, async () => {
  let flakes = 0
  await fc.assert(
    fc.asyncProperty(history, async (history) => {
      const id = await play(history)
      const found = await untested(db(), id)
      expect(found.untested).toEqual([])
      flakes += found.flakes
      const windows = await db()
        .selectFrom('sla_window')
        .selectAll()
        .where('repository_id', '=', id)
        .execute()
      for (const { kind, start, prs, prs_with_flakes, flakes } of windows) {
        expect({ kind, start, isTested: prs_with_flakes <= prs }).toEqual({ kind, start, isTested: true })
        expect({ kind, start, isTested: flakes === 0 || prs > 0 }).toEqual({ kind, start, isTested: true })
      }
    }),
    { numRuns: HISTORIES, endOnFailure: true },
  )
  expect(flakes).toBeGreaterThan(HISTORIES / 2)
})
