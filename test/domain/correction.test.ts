/** Which correction applies to a flake. */
import { describe, expect, test } from 'vitest'
import { type CorrectionFact, correctionFor, TRUSTED_ASSOCIATIONS } from '../../src/domain/correction.ts'
import { at, ms } from '../support/facts.ts'

function aCorrection(
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

const USED = { says: 'not_mine', by: 'ada', at: at(40), why: 'because' } as const

describe('the correction that applies to a flake', () => {
  test.each<[string, CorrectionFact[], ReturnType<typeof correctionFor>]>([
    ['does not exist without corrections', [], null],
    ['says who corrected it, when and why', [aCorrection(40, 'not_mine')], USED],
    ['is the last one', [aCorrection(20, 'mine'), aCorrection(40, 'not_mine')], USED],
    [
      'is the last one, even after a reset',
      [aCorrection(20, 'mine'), aCorrection(30, 'reset'), aCorrection(40, 'not_mine')],
      USED,
    ],
    ['is removed by a reset', [aCorrection(20, 'mine'), aCorrection(30, 'reset')], null],
    [
      'is the one with the greater key when two are of one second',
      [
        aCorrection(40, 'mine', { correction_key: 'a' }),
        aCorrection(40, 'not_mine', { correction_key: 'b' }),
      ],
      USED,
    ],
    [
      'is the later one, whatever the keys',
      [
        aCorrection(20, 'mine', { correction_key: 'b' }),
        aCorrection(40, 'not_mine', { correction_key: 'a' }),
      ],
      USED,
    ],
    ['may name the job', [aCorrection(40, 'not_mine', { job: 'unit' })], USED],
    ['does not name another job', [aCorrection(40, 'not_mine', { job: 'lint' })], null],
    ['was not written before the flake', [aCorrection(9, 'mine')], null],
    ['may be of the second of the flake', [aCorrection(10, 'not_mine')], { ...USED, at: at(10) }],
  ])('%s', (_rule, corrections, expected) => {
    expect(correctionFor(corrections, flake)).toEqual(expected)
    expect(correctionFor(corrections.toReversed(), flake)).toEqual(expected)
  })
})

test('owners, members and collaborators usually have write permission', () => {
  expect(TRUSTED_ASSOCIATIONS).toEqual(['OWNER', 'MEMBER', 'COLLABORATOR'])
})
