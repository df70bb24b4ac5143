/** Days and weeks by the clock of a time zone. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../src/domain/time.ts'
import { isTimeZone, shiftWindow, type WindowKind, windowAt, windowOf } from '../../src/domain/window.ts'

const hours = (window: { from: number; to: number }) => (window.to - window.from) / HOUR_MS

describe('a day', () => {
  test.each([
    ['2026-03-29', 'Europe/Berlin', 23, 'clocks go forward'],
    ['2026-10-25', 'Europe/Berlin', 25, 'clocks go back'],
    ['2026-06-01', 'Europe/Berlin', 24, 'nothing happens'],
    ['2026-10-04', 'Australia/Lord_Howe', 23.5, 'clocks go forward by half an hour'],
    ['2026-09-06', 'America/Santiago', 23, 'midnight itself is skipped'],
    ['2026-03-29', 'UTC', 24, 'others change their clocks'],
  ])('%s in %s has %d hours, because %s', (day, zone, length) => {
    expect(hours(windowOf('day', day, zone))).toBe(length)
  })

  test('begins at its first instant and ends at the next day’s', () => {
    const day = windowOf('day', '2026-02-02', 'Asia/Kolkata')
    expect(new Date(day.from).toISOString()).toBe('2026-02-01T18:30:00.000Z')
    expect(windowAt('day', day.from, 'Asia/Kolkata').start).toBe('2026-02-02')
    expect(windowAt('day', day.from - 1, 'Asia/Kolkata').start).toBe('2026-02-01')
    expect(windowAt('day', day.to, 'Asia/Kolkata').start).toBe('2026-02-03')
  })

  test('holds both hours between two and three when the clocks go back', () => {
    const day = windowOf('day', '2026-10-25', 'Europe/Berlin')
    for (const at of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']) {
      expect(windowAt('day', Date.parse(at), 'Europe/Berlin')).toEqual(day)
    }
  })

  test.each(['2026-02-30', '2026-13-01', 'yesterday', ''])('%j is not a day', (day) => {
    expect(() => windowOf('day', day, 'UTC')).toThrow(RangeError)
  })
})

describe('a week', () => {
  test.each([
    ['2026-02-02', '2026-02-02', 'a Monday'],
    ['2026-02-08', '2026-02-02', 'a Sunday'],
    ['2027-01-01', '2026-12-28', 'a Friday in the week that spans two years'],
    ['2024-02-29', '2024-02-26', 'a leap day'],
  ])('of %s begins on %s: it is %s', (day, monday) => {
    expect(windowOf('week', day, 'UTC').start).toBe(monday)
  })

  test('with a change of clocks is an hour shorter or longer', () => {
    expect(hours(windowOf('week', '2026-03-29', 'Europe/Berlin'))).toBe(7 * 24 - 1)
    expect(hours(windowOf('week', '2026-10-25', 'Europe/Berlin'))).toBe(7 * 24 + 1)
  })

  test('takes a Sunday evening as another week where it is Monday already', () => {
    const at = Date.parse('2026-02-01T20:00:00Z')
    expect(windowAt('week', at, 'UTC').start).toBe('2026-01-26')
    expect(windowAt('week', at, 'Pacific/Auckland').start).toBe('2026-02-02')
  })
})

test.each<[WindowKind, number, string]>([
  ['day', 3, '2026-02-05'],
  ['week', 3, '2026-02-23'],
  ['week', -2, '2026-01-19'],
])('the %s of 2 February 2026 shifted by %i begins on %s', (kind, by, start) => {
  expect(shiftWindow(windowOf(kind, '2026-02-02', 'UTC'), by, 'UTC').start).toBe(start)
})

describe('every instant', () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  )
  const kinds = fc.constantFrom<WindowKind>('day', 'week')
  const instants = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2040, 0) })

  test('is in the window that is named after it', () => {
    fc.assert(
      fc.property(kinds, instants, zones, (kind, at, zone) => {
        const window = windowAt(kind, at, zone)
        expect(window.from <= at && at < window.to).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('windows follow each other without a gap, and shifting forth and back returns the same window', () => {
    fc.assert(
      fc.property(kinds, instants, zones, (kind, at, zone) => {
        const window = windowAt(kind, at, zone)
        const next = shiftWindow(window, 1, zone)
        expect(next.from).toBe(window.to)
        expect(shiftWindow(next, -1, zone)).toEqual(window)
      }),
      { numRuns: 300 },
    )
  })
})

test.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Mars/Olympus', false],
  ['', false],
  ['Etc/GMT+5', true],
  ['+02:00', false],
  ['-0330', false],
  ['−03:30', false],
  ['UTC+3', false],
  ['02:00', false],
])('%j is a time zone: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected)
})
