/** Which jobs count: the settings' word, the lists of the day, or all. */
import { describe, expect, test } from 'vitest'
import { type RequiredList, requiredBy } from '../../src/domain/required.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import { at, ms } from '../support/facts.ts'

const job = (name: string, app = 'github-actions') => ({ name, app })
const unit = job('unit')

function list(minute: number, names: string[], more: Partial<RequiredList> = {}): RequiredList {
  const jobs = names.map((name) => ({ name, app: null, integration_id: null }))
  return { base_ref: 'main', valid_from: at(minute), jobs, problem: null, ...more }
}

function required(lists: RequiredList[], settings: Partial<Settings> = {}) {
  return requiredBy({ ...DEFAULT_SETTINGS, ...settings }, lists, 'main')
}

describe('by the settings', () => {
  test('are those that they name, whatever protection says', () => {
    const told = required([list(0, ['lint'])], { required: ['unit', 'e2e-*'] })
    const counted = ['unit', 'e2e-linux', 'lint'].map((name) => told.includes(job(name)))
    expect([told.source, ...counted]).toEqual(['config', true, true, false])
  })

  test('are never those to be ignored, even when named or required', () => {
    const named = required([], { required: ['*'], ignore: ['codecov/*'] })
    expect([named.includes(job('codecov/patch')), named.includes(unit)]).toEqual([false, true])
    const protectedToo = required([list(0, ['unit', 'codecov/patch'])], { ignore: ['codecov/*'] })
    expect(protectedToo.includes(job('codecov/patch'))).toBe(false)
    expect(protectedToo.declared).toEqual(['unit'])
  })
})

describe('by branch protection', () => {
  test('are all that were seen when nothing is required anywhere, and it is said so', () => {
    for (const told of [required([]), required([list(0, [])])])
      expect([told.source, told.includes(job('anything'))]).toEqual(['all', true])
  })

  test('are those of the list, which holds before it was first known too', () => {
    const told = required([list(10, ['unit'])])
    expect(told.source).toBe('protection')
    expect([told.includesAt(unit, 'main', ms(0)), told.includesAt(job('lint'), 'main', ms(20))]).toEqual([
      true,
      false,
    ])
    expect([told.spansOf(unit), told.spansOf(job('lint'))]).toEqual([null, []])
  })

  test('are those of the day: a change holds from then on', () => {
    const told = required([list(0, ['unit']), list(60, ['lint'])])
    const counted = [59, 60].map((minute) => told.includesAt(unit, 'main', ms(minute)))
    expect(counted).toEqual([true, false])
    expect(told.spansOf(unit)).toEqual([{ base_ref: null, from: null, to: ms(60) }])
    expect(told.spansOf(job('lint'))).toEqual([{ base_ref: null, from: ms(60), to: null }])
    expect([told.includes(unit), told.declared]).toEqual([true, ['lint']])
  })

  test('that were all dropped leave every job counting from then on', () => {
    const told = required([list(0, ['unit']), list(60, [])])
    expect([told.sourceAt(ms(59)), told.sourceAt(ms(60)), told.source]).toEqual(['protection', 'all', 'all'])
    expect(told.includesAt(job('lint'), 'main', ms(61))).toBe(true)
  })

  test('are those of the base branch; one never asked about is taken for the default branch', () => {
    const told = required([list(0, ['unit']), list(0, ['slow'], { base_ref: 'release' })])
    const of = (name: string) =>
      ['main', 'release', 'topic', null].map((base) => told.includesAt(job(name), base, ms(1)))
    expect(of('unit')).toEqual([true, false, true, true])
    expect(of('slow')).toEqual([false, true, false, false])
    expect(told.spansOf(unit)).toEqual([
      { base_ref: 'main', from: null, to: null },
      { base_ref: '', from: null, to: null },
    ])
  })

  test('have to come from the app that is expected; a status may be anybody’s', () => {
    const jobs = [{ name: 'unit', app: 'github-actions', integration_id: 15_368 }]
    const told = required([list(0, [], { jobs })])
    expect([unit, job('unit', 'other-ci'), job('unit', '')].map((one) => told.includes(one))).toEqual([
      true,
      false,
      true,
    ])
  })

  test('that could not be read say what to grant', () => {
    expect(required([list(0, [], { problem: 'grant it' })])).toMatchObject({
      source: 'all',
      problem: 'grant it',
    })
    const mended = [list(0, [], { problem: 'grant it' }), list(5, ['unit'])]
    expect(required(mended)).toMatchObject({ source: 'protection', problem: null })
  })
})
