/** History under new definitions: the old figures are kept beside the new ones, and nothing is done twice. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { reattributeRepository } from '../../src/cli/reattribute.ts'
import { settingsReader } from '../../src/cli/settings.ts'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { readVersions } from '../../src/db/sla.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { reattribute } from '../../src/derive/reattribute.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { DEFINITION_VERSION } from '../../src/domain/sla.ts'
import { useDatabase } from '../support/database.ts'
import { derive } from '../support/pipeline.ts'
import { aHistory, FROM, recordHistory } from '../support/simulation.ts'

const NOW = FROM + 100 * 86_400_000
const db = useDatabase()

async function flakesOf(database: Db): Promise<unknown[]> {
  const { rows } = await sql`select head_sha, job_id, attribution, probability, counted, evidence, incident
    from flake order by head_sha, job_id`.execute(database)
  return rows
}

async function run(onProgress: (kind: string, count: number) => void = () => {}): Promise<number> {
  const { repository_id } = await db()
    .selectFrom('repository')
    .select('repository_id')
    .executeTakeFirstOrThrow()
  return reattribute(db(), repository_id, async () => DEFAULT_SETTINGS, { now: NOW, onProgress })
}

describe('reattribute', () => {
  test('gives flakes of an older version the attributions of the current version, and keeps the old figures', async () => {
    await recordHistory(db(), aHistory('steady', 21, { pullRequestsPerDay: 8, jobs: 4 }))
    await derive(db(), { now: NOW })
    const expected = await flakesOf(db())
    expect(expected.length).toBeGreaterThan(10)
    // The state of a database that an older version wrote.
    await sql`update flake set definition_version = 1, attribution = 'undetermined', probability = 0.5, counted = true,
      evidence = '{}', incident = null`.execute(db())
    await sql`update sla_window set definition_version = 1, flakes_counted = flakes`.execute(db())
    await sql`truncate repository_model, incident, change_point`.execute(db())
    const done = new Map<string, number>()
    const count = await run((kind, more) => done.set(kind, (done.get(kind) ?? 0) + more))
    expect(count).toBe(expected.length)
    expect(await flakesOf(db())).toEqual(expected)
    expect([...done.keys()].sort()).toEqual(['flakes', 'heads', 'weeks', 'windows'])
    expect(done.get('flakes')).toBe(expected.length)
    const { repository_id } = await db()
      .selectFrom('repository')
      .select('repository_id')
      .executeTakeFirstOrThrow()
    const weeks = await readVersions(db(), repository_id, 'week')
    const versions = weeks.map((row) => row.definition_version)
    expect(versions.filter((version) => version === 1)).toHaveLength(weeks.length / 2)
    expect(versions.filter((version) => version === DEFINITION_VERSION)).toHaveLength(weeks.length / 2)
    const revisions = await db().selectFrom('flake_revision').select('why').distinct().execute()
    expect(revisions).toContainEqual({ why: `definitions version ${DEFINITION_VERSION}` })
  })

  test('derives every head again from its facts', async () => {
    await recordHistory(db(), aHistory('steady', 10, { pullRequestsPerDay: 8, jobs: 3 }))
    await derive(db(), { now: NOW })
    const all = async () =>
      (await sql`select head_sha, job_id, grade, pass_order from flake order by 1, 2`.execute(db())).rows
    const [expected, runs] = [await all(), await db().selectFrom('run').selectAll().execute()]
    await sql`update flake set grade = case grade when 'weak' then 'strong' else 'weak' end`.execute(db())
    await sql`delete from run where outcome = 'pass'`.execute(db())
    await run()
    expect(await all()).toEqual(expected)
    expect(await db().selectFrom('run').selectAll().execute()).toHaveLength(runs.length)
  })

  test('measures with the stored settings of the repository, or those of a file', async () => {
    await recordHistory(db(), aHistory('steady', 10, { pullRequestsPerDay: 8, jobs: 3 }))
    const { repository_id, full_name } = await db()
      .selectFrom('repository')
      .select(['repository_id', 'full_name'])
      .executeTakeFirstOrThrow()
    const [job] = await sql<{ name: string }>`select name from job limit 1`
      .execute(db())
      .then(({ rows }) => rows)
    const at = new Date(FROM).toISOString()
    const settings = { required: [job?.name ?? ''], target: 0.05, time_zone: 'Europe/Berlin' }
    await addSettings(db(), {
      repository_id,
      valid_from: at,
      read_at: at,
      settings,
      sources: [],
      problems: [],
    })
    const settingsOf = await settingsReader(db(), undefined)
    await deriveAll(db(), { settingsOf, now: NOW })
    const windows = async () =>
      (
        await sql`select kind, start, starts_at, prs, flakes, flakes_counted, target from sla_window
        order by 1, 2, revision`.execute(db())
      ).rows
    const before = await windows()
    expect(before.length).toBeGreaterThan(10)
    await reattributeRepository(db(), { repository_id, full_name }, settingsOf)
    expect(await windows()).toEqual(before)
  })

  test('does not write a row when it is run again', async () => {
    await recordHistory(db(), aHistory('steady', 10, { pullRequestsPerDay: 8, jobs: 3 }))
    await derive(db(), { now: NOW })
    const places = () =>
      sql`select ctid::text, 'flake' as t from flake union all select ctid::text, 'window' from sla_window
        union all select ctid::text, 'revision' from flake_revision order by 2, 1`.execute(db())
    const before = await places()
    await run()
    expect((await places()).rows).toEqual(before.rows)
  })
})
