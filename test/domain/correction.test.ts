import { describe, expect, test } from 'vitest'
import { parseCorrection } from '../../src/domain/command.ts'
import { type CorrectionFact, correctionFor } from '../../src/domain/correction.ts'
import { at, ms } from '../support/facts.ts'

function said(
  minute: number,
  says: CorrectionFact['says'],
  more: Partial<CorrectionFact> = {},
): CorrectionFact {
  return {
    ...{ repository_id: 1, number: 7, correction_key: `c${minute}`, says, job: null, reason: 'because' },
    ...{ author: 'ada', reported_at: at(minute), permission: 'write' },
    ...more,
  }
}
const flake = { job: 'unit', flakedAt: ms(10) }

describe('correctionFor', () => {
  test('returns the last correction, in whatever order they arrive', () => {
    const corrections = [said(20, 'mine'), said(40, 'not_mine'), said(30, 'reset')]
    expect(correctionFor(corrections, flake)).toEqual({
      says: 'not_mine',
      by: 'ada',
      at: at(40),
      why: 'because',
    })
    expect(correctionFor(corrections.toReversed(), flake)?.says).toBe('not_mine')
  })

  test('is null after a reset, for another job, and for a flake later than the correction', () => {
    expect(correctionFor([said(20, 'mine'), said(30, 'reset')], flake)).toBeNull()
    expect(correctionFor([said(20, 'mine', { job: 'lint' })], flake)).toBeNull()
    expect(correctionFor([said(9, 'mine')], flake)).toBeNull()
  })
})

describe('parseCorrection', () => {
  test.each([
    ['/flake not-mine the disk was full', { says: 'not_mine', job: null, reason: 'the disk was full' }],
    ['thanks\n/flake mine `unit (1, 2)` a race', { says: 'mine', job: 'unit (1, 2)', reason: 'a race' }],
    ['/flake reset', { says: 'reset', job: null, reason: '' }],
    ['/flake-report', null],
    ['> /flake mine quoted', null],
    ['```\n/flake mine in code\n```', null],
    ['/flakes mine x', null],
  ])('%j', (body, expected) => {
    expect(parseCorrection(body)).toEqual(expected)
  })

  test.each(['/flake', '/flake mine', '/flake not-mine `unit`', '/flake dunno x'])(
    '%j is answered with what is missing',
    (body) => {
      expect(parseCorrection(body)).toEqual({ problem: expect.stringMatching(/^(Say why|Write)/) })
    },
  )
})
