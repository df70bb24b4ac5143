/** Numbers, days and times on the command line: what is accepted, and the sentence about what is not. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { day, share, time, wholeNumber } from '../../src/cli/arguments.ts'
import { parseDays } from '../../src/cli/scan.ts'
import { UserError } from '../../src/domain/user-error.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test.each(['1', '7', '0012', '1000'])('%s is a whole number from 1 to 1000', (text) => {
  expect(wholeNumber('--n', text, 1, 1000)).toBe(Number(text))
})

test.each(['1e3', '0x10', '0', '1001', '-1', '+1', '1.0', '', ' 7', '7 ', '1_000', '٣', 'NaN'])(
  '%j is not a whole number from 1 to 1000',
  (text) => {
    expect(() => wholeNumber('--n', text, 1, 1000)).toThrow(
      new UserError(`--n ${text} is not a whole number from 1 to 1,000.`),
    )
  },
)

test.each([
  ['0.999', 0.999],
  ['.5', 0.5],
  ['99.9%', 0.999],
])('%s is a share', (text, expected) => {
  expect(share('--target', text)).toBeCloseTo(expected, 10)
})

test.each(['1', '0', '0%', '100%', '1e-3', '0x0.1', '-0.5', '', '%', 'half'])('%j is not a share', (text) => {
  expect(() => share('--target', text)).toThrow(
    /^--target .* must be above 0 and below 1, like 0.999 or 99.9%.$/,
  )
})

test.each(['2026-02-28', '2024-02-29', '2000-02-29', '2026-12-31'])('%s is a day', (text) => {
  expect(day('--since', text)).toBe(text)
})

const NO_DAYS = [
  '2026-02-29',
  '2026-02-30',
  '1900-02-29',
  '2026-04-31',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
]

test.each([
  ...NO_DAYS,
  '2026-2-1',
  '2026-02',
  '20260201',
  '2026-02-01T00:00:00Z',
  'yesterday',
  '',
  ' 2026-02-01',
])('%j is not a day', (text) => {
  expect(() => day('--since', text)).toThrow(
    new UserError(`--since ${text} is not a valid date. Write it like 2026-02-01.`),
  )
})

test.each([
  ['2026-02-01', '2026-02-01T00:00:00.000Z'],
  ['2026-02-01T10:00Z', '2026-02-01T10:00:00.000Z'],
  ['2026-02-01T10:00:00+02:00', '2026-02-01T08:00:00.000Z'],
  ['2026-02-01T10:00:00.250Z', '2026-02-01T10:00:00.250Z'],
])('%s is the time %s', (text, expected) => {
  expect(new Date(time('--as-of', text)).toISOString()).toBe(expected)
})

test.each([
  ...NO_DAYS.map((text) => `${text}T00:00:00Z`),
  ...['2026-02-01T25:00:00Z', '2026-02-01T10:00:00', '2026-02-01 10:00', '1e12', '1', 'Feb 1 2026', ''],
])('%j is not a time', (text) => {
  expect(() => time('--as-of', text)).toThrow(
    new UserError(`--as-of ${text} is not a valid time. Write it like 2026-02-01T00:00:00Z.`),
  )
})

test.each(['1e2', '0', '401', '7d'])('scan --days %s is refused', (text) => {
  expect(() => parseDays(text)).toThrow(UserError)
})

describe('a command with an unusable argument prints one sentence and exits with 2', () => {
  test.each([
    [
      ['report', '--pull-request', '1e3'],
      '--pull-request 1e3 is not a whole number from 1 to 2,147,483,647.',
    ],
    [['report', '--date', '2026-02-30'], '--date 2026-02-30 is not a valid date. Write it like 2026-02-01.'],
    [['report', '--week', '2026-W07'], '--week 2026-W07 is not a valid date. Write it like 2026-02-01.'],
    [
      ['backfill', '--since', '2026-02-30'],
      '--since 2026-02-30 is not a valid date. Write it like 2026-02-01.',
    ],
    [
      ['replay', 'x.ndjson', '--as-of', '2026-02-30T00:00:00Z'],
      '--as-of 2026-02-30T00:00:00Z is not a valid time. Write it like 2026-02-01T00:00:00Z.',
    ],
    [['simulate', '--days', '1e1'], '--days 1e1 is not a whole number from 1 to 1,000.'],
    [
      ['simulate', '--from', '2026-02-30'],
      '--from 2026-02-30 is not a valid date. Write it like 2026-02-01.',
    ],
    [['hunt', '--runs', '1e3', '--', 'true'], '--runs 1e3 is not a whole number from 1 to 1,000,000.'],
  ])('%j', { timeout: 60_000 }, (words, sentence) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: `${sentence}\n` })
  })
})
