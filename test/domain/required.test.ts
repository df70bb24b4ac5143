/** Which jobs count: those of the settings, those of branch protection at the time, or all. */
import { describe, expect, test } from 'vitest'
import { requiredBy } from '../../src/domain/required.ts'
import type { RequiredList } from '../../src/domain/required-lists.ts'
import { DEFAULT_SETTINGS, type EarlierRules, type Settings } from '../../src/domain/settings.ts'
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

describe('required jobs of the settings', () => {
  test('are the named jobs and globs, whatever branch protection requires', () => {
    const result = required([list(0, ['lint'])], { required: ['unit', 'e2e-*'] })
    const counted = ['unit', 'e2e-linux', 'lint'].map((name) => result.includes(job(name)))
    expect([result.source, ...counted]).toEqual(['config', true, true, false])
  })

  test('never include ignored jobs, even when named or required', () => {
    const named = required([], { required: ['*'], ignore: ['codecov/*'] })
    expect([named.includes(job('codecov/patch')), named.includes(unit)]).toEqual([false, true])
    const protectedToo = required([list(0, ['unit', 'codecov/patch'])], { ignore: ['codecov/*'] })
    expect(protectedToo.includes(job('codecov/patch'))).toBe(false)
    expect(protectedToo.declared).toEqual(['unit'])
  })
})

describe('required jobs of branch protection', () => {
  test('are all jobs when nothing is required anywhere, and the source says so', () => {
    for (const result of [required([]), required([list(0, [])])])
      expect([result.source, result.includes(job('anything'))]).toEqual(['all', true])
  })

  test('are those of the first list, which also holds for the time before it', () => {
    const result = required([list(10, ['unit'])])
    expect(result.source).toBe('protection')
    expect([result.includesAt(unit, 'main', ms(0)), result.includesAt(job('lint'), 'main', ms(20))]).toEqual([
      true,
      false,
    ])
    expect([result.spansOf(unit), result.spansOf(job('lint'))]).toEqual([null, []])
  })

  test('change when a list replaces another, from that time on', () => {
    const result = required([list(0, ['unit']), list(60, ['lint'])])
    const counted = [59, 60].map((minute) => result.includesAt(unit, 'main', ms(minute)))
    expect(counted).toEqual([true, false])
    expect(result.spansOf(unit)).toEqual([{ base_ref: null, from: null, to: ms(60) }])
    expect(result.spansOf(job('lint'))).toEqual([{ base_ref: null, from: ms(60), to: null }])
    expect([result.includes(unit), result.declared]).toEqual([true, ['lint']])
  })

  test('are all jobs from the time on at which the last requirement was removed', () => {
    const result = required([list(0, ['unit']), list(60, [])])
    expect([result.sourceAt(ms(59)), result.sourceAt(ms(60)), result.source]).toEqual([
      'protection',
      'all',
      'all',
    ])
    expect(result.includesAt(job('lint'), 'main', ms(61))).toBe(true)
  })

  test('are those of the base branch; a branch without lists is treated like the default branch', () => {
    const result = required([list(0, ['unit']), list(0, ['slow'], { base_ref: 'release' })])
    const of = (name: string) =>
      ['main', 'release', 'topic', null].map((base) => result.includesAt(job(name), base, ms(1)))
    expect(of('unit')).toEqual([true, false, true, true])
    expect(of('slow')).toEqual([false, true, false, false])
    expect(result.spansOf(unit)).toEqual([
      { base_ref: 'main', from: null, to: null },
      { base_ref: '', from: null, to: null },
    ])
  })

  test('are each of a list of several', () => {
    const result = required([list(0, ['unit', 'lint'])])
    expect(['unit', 'lint', 'docs'].map((name) => result.includesAt(job(name), 'main', ms(1)))).toEqual([
      true,
      true,
      false,
    ])
    expect(result.declared).toEqual(['lint', 'unit'])
  })

  test('are not all jobs just because one of several branches requires nothing', () => {
    const result = required([list(0, ['unit']), list(0, [], { base_ref: 'release' })])
    const counted = ['main', 'release'].flatMap((base) =>
      ['unit', 'lint'].map((name) => result.includesAt(job(name), base, ms(1))),
    )
    expect([result.source, ...counted]).toEqual(['protection', true, false, false, false])
    expect(result.spansOf(unit)).toEqual([
      { base_ref: 'main', from: null, to: null },
      { base_ref: '', from: null, to: null },
    ])
  })

  test('are those of all branches together where the default branch is unknown', () => {
    const lists = [list(0, ['unit']), list(0, ['slow'], { base_ref: 'release' })]
    const result = requiredBy(DEFAULT_SETTINGS, lists)
    expect(['unit', 'slow', 'lint'].map((name) => result.includesAt(job(name), 'topic', ms(1)))).toEqual([
      true,
      true,
      false,
    ])
    expect(result.branches).toEqual(['main', 'release'])
  })

  test('that return after a pause count in two periods', () => {
    const result = required([
      list(0, ['unit']),
      list(60, ['lint']),
      list(90, ['unit']),
      list(120, ['unit', 'lint']),
    ])
    expect(result.spansOf(unit)).toEqual([
      { base_ref: null, from: null, to: ms(60) },
      { base_ref: null, from: ms(90), to: null },
    ])
    expect([result.includes(unit), result.includes(job('docs'))]).toEqual([true, false])
  })

  test('keep each change of each branch apart', () => {
    const lists = [
      ...[list(0, ['unit']), list(90, ['lint']), list(150, ['unit'])],
      ...[list(0, ['lint'], { base_ref: 'release' }), list(60, ['unit'], { base_ref: 'release' })],
    ]
    for (const given of [lists, lists.toReversed()]) {
      const result = required(given)
      expect(result.branches).toEqual(['main', 'release'])
      expect(result.spansOf(unit)).toEqual([
        { base_ref: 'main', from: null, to: ms(60) },
        { base_ref: '', from: null, to: ms(60) },
        { base_ref: null, from: ms(60), to: ms(90) },
        { base_ref: 'release', from: ms(90), to: ms(150) },
        { base_ref: null, from: ms(150), to: null },
      ])
    }
  })

  test('that could only be read for some branches say so', () => {
    const problem = 'grant it'
    const lists = [list(0, ['unit']), list(0, ['unit'], { base_ref: 'release', problem })]
    expect(required(lists)).toMatchObject({ source: 'protection', problem })
  })

  test('are not declared by name once nothing is required any more', () => {
    expect(required([list(0, ['unit']), list(60, [])]).declared).toEqual([])
  })

  test('still leave out ignored jobs where nothing is required', () => {
    const result = required([], { ignore: ['codecov/*'] })
    expect([result.includes(unit), result.includes(job('codecov/patch'))]).toEqual([true, false])
  })

  test('do not depend on the order in which the lists arrive', () => {
    const lists = [list(0, ['unit']), list(60, ['lint']), list(30, ['slow'], { base_ref: 'release' })]
    const describeLists = (given: RequiredList[]) => {
      const result = required(given)
      const { declared, branches, source } = result
      return [
        declared,
        branches,
        source,
        ...['unit', 'lint', 'slow'].map((name) => result.spansOf(job(name))),
      ]
    }
    expect(describeLists(lists.toReversed())).toEqual(describeLists(lists))
  })

  test('that are named in the settings by glob are not declared by name', () => {
    const result = required([], { required: ['unit', 'e2e-*', 'lint?'] })
    expect([result.declared, result.branches, result.problem, result.sourceAt(0)]).toEqual([
      ['unit'],
      [],
      null,
      'config',
    ])
    expect([result.spansOf(unit), result.spansOf(job('docs'))]).toEqual([null, []])
  })

  test('must come from the expected app; a status is accepted from any', () => {
    const jobs = [{ name: 'unit', app: 'github-actions', integration_id: 15_368 }]
    const result = required([list(0, [], { jobs })])
    expect([unit, job('unit', 'other-ci'), job('unit', '')].map((entry) => result.includes(entry))).toEqual([
      true,
      false,
      true,
    ])
  })

  test('say which permission to grant when they could not be read', () => {
    expect(required([list(0, [], { problem: 'grant it' })])).toMatchObject({
      source: 'all',
      problem: 'grant it',
    })
    const readAgain = [list(0, [], { problem: 'grant it' }), list(5, ['unit'])]
    expect(required(readAgain)).toMatchObject({ source: 'protection', problem: null })
  })
})

/** Rules of an earlier version of the settings, replaced at a minute. */
function earlier(minute: number, rules: Partial<EarlierRules>): EarlierRules {
  const { required, ignore, gates, requireSameBase, timeZone } = DEFAULT_SETTINGS
  return { required, ignore, gates, requireSameBase, timeZone, ...rules, until: ms(minute) }
}

describe('required jobs of settings that changed', () => {
  test('are those of the version of the time; a removed job counted until its removal', () => {
    const result = required([], {
      required: ['lint'],
      earlierRules: [earlier(60, { required: ['unit', 'lint'] })],
    })
    expect(result.spansOf(unit)).toEqual([{ base_ref: null, from: null, to: ms(60) }])
    expect(result.spansOf(job('lint'))).toBeNull()
    expect([result.includes(unit), result.includesNow(unit), result.declared]).toEqual([
      true,
      false,
      ['lint'],
    ])
  })

  test('follow branch protection in between, with the list of that time', () => {
    const result = required([list(0, ['unit']), list(90, ['slow'])], {
      required: ['lint'],
      earlierRules: [earlier(60, { required: ['lint'] }), earlier(120, { required: 'auto' })],
    })
    expect([30, 60, 119, 120].map((minute) => result.sourceAt(ms(minute)))).toEqual([
      'config',
      'protection',
      'protection',
      'config',
    ])
    expect(result.spansOf(job('lint'))).toEqual([
      { base_ref: null, from: null, to: ms(60) },
      { base_ref: null, from: ms(120), to: null },
    ])
    expect(result.spansOf(unit)).toEqual([{ base_ref: null, from: ms(60), to: ms(90) }])
    expect(result.spansOf(job('slow'))).toEqual([{ base_ref: null, from: ms(90), to: ms(120) }])
  })

  test('are ignored from the version on that ignores them', () => {
    const result = required([], { ignore: ['u*'], earlierRules: [earlier(60, {})] })
    expect(result.spansOf(unit)).toEqual([{ base_ref: null, from: null, to: ms(60) }])
  })

  test('leave out the gates of the time, with the reason', () => {
    const result = required([], {
      gates: { include: ['unit'], exclude: [] },
      earlierRules: [earlier(60, {})],
    })
    expect(result.spansOf(unit)).toEqual([{ base_ref: null, from: null, to: ms(60) }])
    expect(result.leftOutAsGate(unit)).toBe('the settings name it as a gate')
  })

  test('require the same base while the setting was on', () => {
    const on = { requireSameBase: true }
    const earlierRules = [earlier(10, {}), earlier(20, on), earlier(30, { ...on, ignore: ['x'] })]
    expect(required([], { earlierRules }).strongOnly).toEqual([{ from: ms(10), to: ms(30) }])
    expect(required([], on).strongOnly).toEqual([{ from: null, to: null }])
  })
})

describe('gates that no setting names', () => {
  const settings = {
    ...DEFAULT_SETTINGS,
    earlierRules: [earlier(60, { gates: { include: [], exclude: ['cla'] } })],
  }
  const result = requiredBy(settings, [], 'main', ({ name }) => (name === 'cla' ? { why: 'is known' } : null))

  test('count only while the settings exclude them from the gates', () => {
    expect(result.spansOf(job('cla'))).toEqual([{ base_ref: null, from: null, to: ms(60) }])
    expect(result.leftOutAsGate(job('cla'))).toBe('is known')
    expect(result.leftOutAsGate(unit)).toBeNull()
    expect(result.spansOf(unit)).toBeNull()
  })
})

describe('the list read first', () => {
  test('is assumed for earlier times', () => {
    const result = required([list(60, ['unit']), list(90, ['lint'])])
    expect([59, 60, 89].map((minute) => result.assumedAt(ms(minute)))).toEqual([ms(60), null, null])
  })

  test('of the default branch decides what is assumed', () => {
    const lists = [list(60, ['unit']), list(20, ['unit'], { base_ref: 'release' })]
    expect(required(lists).assumedAt(ms(30))).toBe(ms(60))
    expect(requiredBy(DEFAULT_SETTINGS, lists).assumedAt(ms(30))).toBeNull()
  })

  test('of the settings is assumed for earlier times, unless it was given for the whole history', () => {
    const named = { required: ['unit'] }
    expect(required([], { ...named, rulesKnownFrom: ms(60) }).assumedAt(ms(59))).toBe(ms(60))
    expect(required([], named).assumedAt(ms(59))).toBeNull()
    expect(required([], { rulesKnownFrom: ms(60) }).assumedAt(ms(59))).toBeNull()
  })
})
