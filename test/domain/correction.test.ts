import { describe, expect, test } from 'vitest'
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
