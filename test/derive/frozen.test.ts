/** After old facts were deleted, no later fact, list, setting or command changes what was derived from them. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { addRequiredList } from '../../src/db/required.ts'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { reattribute } from '../../src/derive/reattribute.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { DAY_MS, iso } from '../../src/domain/time.ts'
import { deleteExpired } from '../../src/features/retention/retention.ts'
import { simulatedDeliveries } from '../../src/simulate/simulate.ts'
import { useDatabase } from '../support/database.ts'
import { IS_FULL } from '../support/full-check.ts'
import { derive, recordAll } from '../support/pipeline.ts'
import { aHistory, FROM, recordHistory } from '../support/simulation.ts'

const DAYS = 50
const RUN_DAYS = 35
const NOW = FROM + DAYS * DAY_MS
const HORIZON = NOW - RUN_DAYS * DAY_MS
const HISTORY = aHistory('steady', DAYS, { pullRequestsPerDay: 6, jobs: 3 })
const db = useDatabase()
const log = { debug() {}, info() {}, warn() {}, error() {} }
const settings = { ...DEFAULT_SETTINGS, retention: { runDays: RUN_DAYS } }

/** Everything derived about the time before the horizon. */
async function frozenState(db: Db) {
  const rows = async (text: string) => (await sql.raw<object>(text).execute(db)).rows
  const before = `'${iso(HORIZON)}'`
  return {
    windows: await rows(
      `select * from sla_window where starts_at < ${before} order by kind, start, revision`,
    ),
    flakes: await rows(`select * from flake where flaked_at < ${before} order by head_sha, job_id`),
    verdicts: await rows(
      `select * from verdict where judged_at < ${before} order by head_sha, job_id, number`,
    ),
  }
}

async function repositoryId(): Promise<number> {
  return (await db().selectFrom('repository').select('repository_id').executeTakeFirstOrThrow()).repository_id
}

/** The history with its old facts deleted. */
async function forgotten(): Promise<void> {
  await recordHistory(db(), HISTORY)
  await derive(db(), { now: NOW, settings })
  const settingsOf = async () => settings
  await deleteExpired({ db: db(), now: () => NOW, log, settingsOf, github: null })
}

/** Deliveries of the history about results, some of them changed, which arrive again under other ids. */
function lateDeliveries(seed: number) {
  const all = simulatedDeliveries(HISTORY, 1)
  return all
    .filter((_, i) => (i * 7919 + seed) % 5 === 0)
    .map((delivery, i) => {
      const text = JSON.stringify(delivery.payload)
      const turned = (i + seed) % 2 === 0 ? text.replaceAll('"success"', '"failure"') : text
      return { ...delivery, id: `late-${seed}-${i}`, payload: JSON.parse(turned) }
    })
}

const EVENTS: Record<string, (seed: number) => Promise<unknown>> = {
  'results that arrive late': (seed) => recordAll(db(), lateDeliveries(seed)),
  'a first required list': async (seed) => {
    const jobs = [{ name: `job-${seed % 3}`, app: null, integration_id: null }]
    const list = { base_ref: seed % 2 === 0 ? 'main' : 'release', valid_from: iso(NOW), jobs, problem: null }
    await addRequiredList(db(), await repositoryId(), list)
  },
  'other settings': async (seed) => {
    const at = iso(seed % 2 === 0 ? NOW : HORIZON - DAY_MS)
    const version = { valid_from: at, read_at: at, sources: [], problems: [] }
    await addSettings(db(), {
      repository_id: await repositoryId(),
      ...version,
      settings: { ignore: ['*unit*'], target: 0.5 },
    })
  },
  reattribute: async () =>
    reattribute(db(), await repositoryId(), async () => settings, { now: NOW, onProgress: () => {} }),
}

describe('what was derived from deleted facts', () => {
  test('exists in these tests', async () => {
    await forgotten()
    const { windows, flakes } = await frozenState(db())
    expect([windows.length > 12, flakes.length > 3]).toEqual([true, true])
    const { rows } = await sql<{ oldest: string }>`select min(completed_at) as oldest from run`.execute(db())
    expect(Date.parse(rows[0]?.oldest ?? '')).toBeGreaterThan(HORIZON - 8 * DAY_MS)
    expect((await db().selectFrom('expired_head').selectAll().execute()).length).toBeGreaterThan(50)
  })

  test('is changed by none of these, in any order', async () => {
    await forgotten()
    const before = await frozenState(db())
    const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(EVENTS)), fc.nat(1000)), {
      minLength: 2,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        for (const [name, seed] of some) {
          await EVENTS[name]?.(seed)
          await derive(db(), { now: NOW, settings })
        }
        expect(await frozenState(db())).toEqual(before)
      }),
      { numRuns: process.env.FULL_CHECK === '1' ? 20 : 3 },
    )
  })

  test.runIf(IS_FULL)('is not changed by a late result of an old commit that completes today', async () => {
    await forgotten()
    const before = await frozenState(db())
    const { rows } = await sql<{ head_sha: string }>`select head_sha from flake
      where flaked_at < ${iso(HORIZON - 10 * DAY_MS)} limit 1`.execute(db())
    const [result] = simulatedDeliveries(HISTORY, 1).filter(
      ({ name, payload }) =>
        name === 'check_run' && (payload.check_run as { head_sha: string }).head_sha === rows[0]?.head_sha,
    )
    const check_run = { ...(result?.payload.check_run as object), id: 99_999_999, completed_at: iso(NOW) }
    await recordAll(db(), [
      { id: 'today', name: 'check_run', payload: { ...(result?.payload as object), check_run } },
    ])
    await derive(db(), { now: NOW, settings })
    expect(await frozenState(db())).toEqual(before)
  })

  test('takes the correction of a person, and gets its attribution back when that is reset', async () => {
    await forgotten()
    const before = await frozenState(db())
    const { rows } = await sql<{ number: number; start: string }>`select f.number, w.start from flake f
      join sla_window w on w.kind = 'day' and f.flaked_at >= w.starts_at and f.flaked_at < w.ends_at
      where f.counted and f.flaked_at < ${iso(HORIZON - DAY_MS)} limit 1`.execute(db())
    const { number = 0, start = '' } = rows[0] ?? {}
    const says = async (what: 'mine' | 'reset', minute: number) => {
      const repository_id = await repositoryId()
      await db()
        .insertInto('correction')
        .values({
          ...{ repository_id, number, correction_key: what, says: what, job: null, reason: 'because' },
          ...{ author: 'octocat', reported_at: iso(NOW + minute * 60_000), permission: 'write' },
        })
        .execute()
      await sql`insert into stale_verdict (repository_id, job_id, changed_at)
        select repository_id, job_id, flaked_at from flake where number = ${number}`.execute(db())
      await derive(db(), { now: NOW, settings })
    }
    const day = async () =>
      (
        await sql<{ prs: number; flakes_counted: number }>`select prs, flakes_counted from sla_window
          where kind = 'day' and start = ${start} order by revision desc limit 1`.execute(db())
      ).rows[0]
    const was = await day()
    await says('mine', 1)
    expect((await day())?.prs).toBe(was?.prs)
    expect((await day())?.flakes_counted).toBeLessThan(was?.flakes_counted ?? 0)
    await says('reset', 2)
    expect(await day()).toEqual(was)
    const { flakes } = await frozenState(db())
    expect(flakes).toEqual(before.flakes)
  })
})
