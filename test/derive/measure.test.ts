/** Windows are partial until they end, are closed once, and are revised when facts arrive late. */
import { describe, expect, test } from 'vitest'
import { aRun } from '../../packages/hunt/test/hunts.ts'
import { addHuntRuns, beginHunt } from '../../src/db/hunts.ts'
import type { Db } from '../../src/db/schema.ts'
import { readWindows } from '../../src/db/sla.ts'
import { closeWindows } from '../../src/derive/measure.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { eachDatabase } from '../support/database.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { ms, REPOSITORY_ID } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll } from '../support/pipeline.ts'

const DAY = 24 * 60
const opened = pullRequestDelivery()
const failed = checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 })
const passed = checkRunDelivery({ id: 2, minute: 20 })

const close = (db: Db, now: number) => closeWindows(db, REPOSITORY_ID, DEFAULT_SETTINGS, now)
const revisionsOf = (db: Db, kind: 'day' | 'week') =>
  db
    .selectFrom('sla_window')
    .select(['start', 'revision', 'closed', 'prs', 'flakes', 'why'])
    .where('kind', '=', kind)
    .orderBy('start')
    .orderBy('revision')
    .execute()

eachDatabase((db) => {
  test('a window is partial and is updated in place until it ends', async () => {
    await recordAll(db(), [opened, failed])
    await derive(db(), { now: ms(30) })
    await recordAll(db(), [passed])
    await derive(db(), { now: ms(30) })
    expect(await revisionsOf(db(), 'day')).toEqual([
      { start: '2026-02-02', revision: 0, closed: false, prs: 1, flakes: 1, why: null },
    ])
    expect((await readOnlyReport(db())).windows.day).toMatchObject([{ partial: true }])
  })

  test('the runs of a hunt do not count, even when the hunt is about the same job', async () => {
    await recordAll(db(), [opened, failed, passed])
    await derive(db())
    const before = await readOnlyReport(db())
    const { huntId } = await beginHunt(db(), {
      name: 'unit',
      place: 'actions',
      repository: before.repository,
      job: 'unit',
      changed: null,
      notes: '',
      settings: {},
      environment: {},
      started_at: new Date(ms(15)).toISOString(),
    })
    const runs = Array.from({ length: 50 }, (_, i) =>
      aRun(i + 1, { outcome: i % 2 ? 'failed' : 'passed', started_at: new Date(ms(15 + i)).toISOString() }),
    )
    await addHuntRuns(db(), huntId, runs)
    await recordAll(db(), [checkRunDelivery({ id: 3, conclusion: 'failure', minute: 30 })])
    await derive(db())
    const after = await readOnlyReport(db())
    // The run from the webhook was derived, so the windows were measured again. The fifty runs of the hunt were not.
    expect(after.flakes[0]?.runs).toBe((before.flakes[0]?.runs ?? 0) + 1)
    expect(after.windows.day).toEqual(before.windows.day)
  })

  describe('closing', () => {
    test('closes windows that have ended, each once, and no others', async () => {
      await recordAll(db(), [opened, failed, passed])
      await derive(db(), { now: ms(30) })
      const now = ms(2 * DAY)
      expect((await close(db(), now)).map((row) => [row.kind, row.start])).toEqual([['day', '2026-02-02']])
      expect(await close(db(), now)).toEqual([])
      expect(await close(db(), ms(3 * DAY))).toEqual([])
      expect((await close(db(), ms(10 * DAY))).map((row) => [row.kind, row.start])).toEqual([
        ['week', '2026-02-02'],
      ])
    })

    test('closes windows that ended weeks ago, oldest first', async () => {
      const runs = [0, 1, 2].map((day) => checkRunDelivery({ id: 10 + day, minute: day * DAY }))
      await recordAll(db(), [opened, ...runs])
      await derive(db(), { now: ms(0) })
      const closed = await close(db(), ms(60 * DAY))
      expect(closed.map((row) => `${row.kind} ${row.start}`)).toEqual([
        'day 2026-02-02',
        'day 2026-02-03',
        'day 2026-02-04',
        'week 2026-02-02',
      ])
    })

    test('ignores open windows of earlier definitions that are closed under the current definitions', async () => {
      await recordAll(db(), [opened, failed, passed])
      await derive(db(), { now: ms(30) })
      const stored = await db().selectFrom('sla_window').selectAll().execute()
      expect(await close(db(), ms(10 * DAY))).toHaveLength(2)
      const earlier = stored.map((row) => ({ ...row, definition_version: 1, left_out: '{}' }))
      await db().insertInto('sla_window').values(earlier).execute()
      // If they were measured, they would have changed.
      await db().deleteFrom('flake').execute()
      expect(await close(db(), ms(11 * DAY))).toEqual([])
    })

    test('by several processes at once closes each window in only one of them', async () => {
      await recordAll(db(), [opened, failed, passed])
      await derive(db(), { now: ms(30) })
      const now = ms(10 * DAY)
      const closed = await Promise.all([close(db(), now), close(db(), now), close(db(), now)])
      expect(closed.flat()).toHaveLength(2)
    })

    test('does not change the figures', async () => {
      await recordAll(db(), [opened, failed, passed])
      await derive(db(), { now: ms(30) })
      const [before] = (await readOnlyReport(db())).windows.day
      await close(db(), ms(2 * DAY))
      expect((await readOnlyReport(db())).windows.day).toEqual([{ ...before, partial: false }])
    })
  })

  describe('a closed window', () => {
    test('gets a revision with a reason when a fact arrives late', async () => {
      await recordAll(db(), [opened, failed])
      await derive(db(), { now: ms(10 * DAY) })
      await recordAll(db(), [passed])
      await derive(db(), { now: ms(11 * DAY) })
      const [first, second, third] = await revisionsOf(db(), 'day')
      expect(first).toEqual({ start: '2026-02-02', revision: 0, closed: true, prs: 1, flakes: 0, why: null })
      expect(second).toMatchObject({ revision: 1, closed: true, flakes: 1 })
      expect(second?.why).toMatch(/runs|verdict/)
      expect(third).toBeUndefined()
      expect((await readOnlyReport(db())).windows.day).toMatchObject([{ revision: 1, flakes: 1 }])
    })

    test('gets no revision when a late fact changes no figure', async () => {
      await recordAll(db(), [opened, failed, passed])
      await derive(db(), { now: ms(10 * DAY) })
      await recordAll(db(), [checkRunDelivery({ id: 3, conclusion: 'success', minute: 25 })])
      await derive(db(), { now: ms(11 * DAY) })
      expect(await revisionsOf(db(), 'day')).toHaveLength(1)
    })
  })

  test('days begin at midnight in the repository’s time zone', async () => {
    const settings = { ...DEFAULT_SETTINGS, timeZone: 'Pacific/Auckland' }
    // 13:30 UTC on Monday is Tuesday half past two in Auckland.
    await recordAll(db(), [opened, checkRunDelivery({ id: 1, minute: 270 })])
    await derive(db(), { settings })
    expect((await readOnlyReport(db(), settings)).windows.day).toMatchObject([{ start: '2026-02-03' }])
  })

  describe('when the time zone changes', () => {
    const zoned = (timeZone: string, until: number | null) => ({
      ...DEFAULT_SETTINGS,
      timeZone,
      earlierRules: until === null ? [] : [{ ...DEFAULT_SETTINGS, until }],
    })
    /** A flake of its own pull request and commit. */
    const flake = (number: number, minute: number) => {
      const headSha = number.toString(16).padStart(40, '0')
      const run = { headSha, headBranch: `topic-${number}`, suite: number }
      return [
        pullRequestDelivery({ number, headSha, minute: minute - 1, openedMinute: minute - 1 }),
        checkRunDelivery({ ...run, id: 10 * number, minute, conclusion: 'failure' }),
        checkRunDelivery({ ...run, id: 10 * number + 1, minute: minute + 5 }),
      ]
    }
    const stored = async (kind: 'day' | 'week') => {
      const rows = await readWindows(db(), REPOSITORY_ID, kind)
      return rows.map(({ start, starts_at, ends_at, flakes }) => ({ start, starts_at, ends_at, flakes }))
    }

    test.each([
      ['at a time that is known', 'Pacific/Auckland', 2 * DAY],
      ['at a time that is known', 'America/Los_Angeles', 2 * DAY],
      ['without a time, as with --config', 'Pacific/Auckland', null],
      ['without a time, as with --config', 'America/Los_Angeles', null],
    ])('%s, to %s, closed days keep their bounds and no flake is counted twice', async (_, zone, minute) => {
      // Every six hours, so that one is near every midnight of every zone.
      const minutes = Array.from({ length: 24 }, (_unused, i) => 15 + i * 360)
      const [first, later] = [minutes.slice(0, 10), minutes.slice(10)]
      await recordAll(
        db(),
        first.filter((_unused, i) => i % 2 === 0).flatMap((at) => flake(at + 1, at)),
      )
      await derive(db(), { now: ms(10 * 360) })
      const before = await stored('day')
      const settings = zoned(zone, minute === null ? null : ms(minute))
      // Half of the flakes of the closed days arrive late.
      await recordAll(
        db(),
        first.filter((_unused, i) => i % 2 === 1).flatMap((at) => flake(at + 1, at)),
      )
      await recordAll(
        db(),
        later.flatMap((at) => flake(at + 1, at)),
      )
      await derive(db(), { now: ms(12 * DAY), settings })
      for (const kind of ['day', 'week'] as const) {
        const windows = await stored(kind)
        expect(windows.reduce((sum, window) => sum + window.flakes, 0)).toBe(minutes.length)
        expect(windows.slice(1).map((window) => window.starts_at)).toEqual(
          windows.slice(0, -1).map((window) => window.ends_at),
        )
      }
      const bounds = ({ start, starts_at, ends_at }: (typeof before)[number]) => [start, starts_at, ends_at]
      expect((await stored('day')).slice(0, before.length).map(bounds)).toEqual(before.map(bounds))
    })
  })

  test('a flake that spans midnight belongs to the day of its last run, and both days tested the pull request', async () => {
    const late = checkRunDelivery({ id: 2, minute: DAY })
    await recordAll(db(), [opened, failed, late])
    await derive(db())
    expect((await readOnlyReport(db())).windows.day).toMatchObject([
      { start: '2026-02-02', prs: 1, flakes: 0 },
      { start: '2026-02-03', prs: 1, flakes: 1 },
    ])
    expect((await readOnlyReport(db())).windows.week).toMatchObject([{ prs: 1, flakes: 1 }])
  })
})
