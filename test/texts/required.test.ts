/** What is said about the list of required jobs. */
import { expect, test } from 'vitest'
import type { RequiredState } from '../../src/domain/required.ts'
import { requiredSentences } from '../../src/texts/required.ts'

const STATE: RequiredState = { source: 'config', problem: null, missing: [], assumed_before: null }
const say = (state: Partial<RequiredState>, since = '2026-03-01') =>
  requiredSentences({ ...STATE, ...state }, since)

test('nothing is said of a complete list', () => {
  expect(say({})).toEqual([])
})

test('a required job is named that was never seen, or has no results any more', () => {
  const missing = [
    { name: 'nosuch', last_result_at: null },
    { name: 'unit', last_result_at: '2026-03-16T10:00:00.000Z' },
  ]
  expect(say({ missing })).toEqual([
    '`nosuch` is required, but was never seen.',
    '`unit` is required, but has had no result since 2026-03-16.',
  ])
})

test('five jobs are named and the others counted', () => {
  const missing = Array.from({ length: 7 }, (_, i) => ({ name: `job ${i}`, last_result_at: null }))
  expect(say({ missing }).slice(4)).toEqual([
    '`job 4` is required, but was never seen.',
    '2 more required jobs have no results.',
  ])
})

test('a list that is assumed is said where the figures reach before it was read', () => {
  const assumed = { assumed_before: '2026-03-10T08:00:00.000Z' }
  const sentence = 'The list of required jobs read on 2026-03-10 is assumed for earlier days.'
  expect([say(assumed), say(assumed, '2026-03-10'), say(assumed, '2026-03-11')]).toEqual([
    [sentence],
    [sentence],
    [],
  ])
})
