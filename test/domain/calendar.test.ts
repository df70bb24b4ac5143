/** Days and weeks when the time zone changes: they tile time, and what has begun keeps its bounds. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Calendar, calendarOf, windowBetween } from '../../src/domain/calendar.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import { DAY_MS, HOUR_MS, iso } from '../../src/domain/time.ts'
import { type Window, type WindowKind, windowAt } from '../../src/domain/window.ts'

const ZONES = [
  ...['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Auckland', 'Pacific/Pago_Pago'],
  ...['Pacific/Kiritimati', 'Australia/Lord_Howe', 'America/St_Johns', 'Asia/Kathmandu'],
]
const FROM = Date.UTC(2026, 2, 20)
const FULL = process.env.FULL_CHECK === '1'
const KINDS: readonly WindowKind[] = ['day', 'week']

/** The settings of a repository whose zone was changed at these times (epoch ms). */
function settingsWith(changes: readonly { timeZone: string; until: number }[], timeZone: string): Settings {
  const earlierRules = changes.map((change) => ({ ...DEFAULT_SETTINGS, ...change }))
  return { ...DEFAULT_SETTINGS, timeZone, earlierRules }
}

const zone = fc.constantFrom(...ZONES)
const time = fc.integer({ min: 0, max: 20 * 24 * 4 }).map((quarter) => FROM + quarter * (HOUR_MS / 4))
const calendars = fc
  .tuple(fc.uniqueArray(time, { maxLength: 4 }), fc.infiniteStream(zone))
  .map(([times, zones]) => {
    const changes = times
      .sort((a, b) => a - b)
      .map((until) => ({ timeZone: zones.next().value as string, until }))
    return calendarOf(settingsWith(changes, zones.next().value as string))
  })

/** Windows from one instant on, each beginning where the one before ends. */
function walk(calendar: Calendar, kind: WindowKind, count: number): Window[] {
  const windows = [calendar.at(kind, FROM - 3 * DAY_MS)]
  while (windows.length < count) windows.push(calendar.at(kind, (windows.at(-1) as Window).to))
  return windows
}

function expectTiles(windows: readonly Window[]): void {
  windows.slice(1).forEach((window, i) => {
    const before = windows[i] as Window
    expect([window.from, window.start > before.start, window.to > window.from]).toEqual([
      before.to,
      true,
      true,
    ])
  })
}

describe('a calendar', () => {
  test.each(KINDS)('has %ss that tile time, whatever zones it had', (kind) => {
    fc.assert(
      fc.property(calendars, (calendar) => {
        const windows = walk(calendar, kind, kind === 'day' ? 30 : 6)
        expectTiles(windows)
        for (const window of windows) {
          expect(calendar.of(kind, window.start)).toEqual(window)
          for (const at of [window.from, window.to - 1]) expect(calendar.at(kind, at)).toEqual(window)
        }
      }),
      { numRuns: FULL ? 1000 : 100 },
    )
  })

  test.each([
    ['UTC', 'Europe/Berlin', '2026-03-11', 23],
    ['UTC', 'America/Los_Angeles', '2026-03-11', 31],
    ['America/Los_Angeles', 'UTC', '2026-03-11', 17],
    ['Pacific/Auckland', 'America/Los_Angeles', '2026-03-11', 44],
  ])(
    'from %s to %s has one day of another length after the day of the change',
    (old, fresh, start, hours) => {
      const until = Date.UTC(2026, 2, 10, 10)
      const calendar = calendarOf(settingsWith([{ timeZone: old, until }], fresh))
      const changed = calendar.at('day', until)
      expect(changed).toEqual(windowAt('day', until, old))
      const first = calendar.at('day', changed.to)
      expect([first.start, (first.to - first.from) / HOUR_MS]).toEqual([start, hours])
      expect(calendar.shift(first, 1)).toEqual(windowAt('day', first.to, fresh))
      expect(calendar.shift(first, -1)).toEqual(changed)
    },
  )

  test('without a change is that of its zone', () => {
    const calendar = calendarOf({ ...DEFAULT_SETTINGS, timeZone: 'Asia/Kolkata' })
    for (const kind of KINDS) expect(calendar.at(kind, FROM)).toEqual(windowAt(kind, FROM, 'Asia/Kolkata'))
  })
})

test.each(KINDS)('stored %ss keep their bounds, and new ones fill the time between them exactly', (kind) => {
  const length = kind === 'day' ? DAY_MS : 7 * DAY_MS
  const instants = fc.array(fc.integer({ min: 0, max: 25 * length }), { minLength: 5, maxLength: 40 })
  fc.assert(
    fc.property(calendars, calendars, instants, instants, (before, after, first, later) => {
      const stored: Window[] = []
      const add = (calendar: Calendar, offset: number) => {
        const at = FROM - 2 * length + offset
        if (stored.some(({ from, to }) => from <= at && at < to)) return
        const previous = stored.findLast(({ to }) => to <= at) ?? null
        const following = stored.find(({ from }) => from > at) ?? null
        const window = windowBetween(calendar, kind, at, { previous, following })
        expect([window.from <= at, at < window.to], iso(at)).toEqual([true, true])
        const same = stored.findIndex(({ start }) => start === window.start)
        // A longer day takes the place of the stored one.
        if (same >= 0) expect(window).toEqual({ ...stored[same], to: window.to })
        if (same >= 0) stored[same] = window
        else stored.push(window)
        stored.sort((a, b) => a.from - b.from)
        stored.slice(1).forEach((item, i) => {
          const earlier = stored[i] as Window
          expect([earlier.to <= item.from, earlier.start < item.start]).toEqual([true, true])
        })
      }
      for (const offset of first) add(before, offset)
      for (const offset of later) add(after, offset)
      // Every hour between the first and the last window is in exactly one of them.
      const [begin, end] = [(stored[0] as Window).from, (stored.at(-1) as Window).to]
      for (let at = begin; at < end; at += HOUR_MS) add(after, at - FROM + 2 * length)
      expectTiles(stored)
    }),
    { numRuns: FULL ? 200 : 20 },
  )
})
