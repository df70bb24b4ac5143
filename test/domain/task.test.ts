import { describe, expect, test } from 'vitest'
import { newTask, type Payloads, parseTask, REQUESTED_KINDS, type TaskKind } from '../../src/domain/task.ts'

const COMMAND = {
  number: 7,
  author: 'octocat',
  comment_id: 4000,
  comment_kind: 'issue_comment',
  requested_at: '2026-02-02T10:55:00.000Z',
} as const

const PAYLOADS: { [K in TaskKind]: Payloads[K] } = {
  report: { ...COMMAND, job: null },
  retest: { ...COMMAND, commands: ['retest', 'test'], lines: ['unit (ubuntu)'] },
  correction: {
    ...COMMAND,
    comment_key: 'issue_comment:4000',
    correction: { says: 'not_mine', job: null, reason: 'the registry was down' },
  },
  hunt: { ...COMMAND, words: 'unit 20' },
  breach: { day: '2026-02-01' },
  'breach-close': { day: '2026-02-01' },
  'job-issues': { day: '2026-02-01' },
  settings: {},
  'settings-check': { number: 7, head_sha: 'a'.repeat(40) },
  repository: {},
  required: { since: '2026-02-02T10:55:00.000Z' },
  automatic: { number: 7, head_sha: 'a'.repeat(40), state: 'a 3 2026-02-02T10:55:00.000Z' },
}
const KINDS = Object.keys(PAYLOADS) as TaskKind[]

test.each(KINDS)('a %s task is the same after it was stored as JSON', (kind) => {
  const task = newTask({ repository_id: 1, task_key: 'k', at: COMMAND.requested_at }, kind, PAYLOADS[kind])
  const stored = JSON.parse(JSON.stringify(task))
  expect(parseTask(stored)).toEqual({ kind, payload: PAYLOADS[kind] })
  expect(task).toMatchObject({ created_at: COMMAND.requested_at, due_at: COMMAND.requested_at })
})

test.each(['issue_comment', 'review', 'review_comment'])('a command may come from a %s', (comment_kind) => {
  const payload = { ...PAYLOADS.report, comment_kind }
  expect(parseTask({ kind: 'report', payload })).toEqual({ kind: 'report', payload })
})

test.each(['mine', 'not_mine', 'reset'])('a correction may say %s', (says) => {
  const payload = { ...PAYLOADS.correction, correction: { says, job: 'unit', reason: '' } }
  expect(parseTask({ kind: 'correction', payload })).toEqual({ kind: 'correction', payload })
})

test.each(['retest', 'retest_required', 'test', 'test_all'])('a retest may be requested by %s', (name) => {
  const payload = { ...PAYLOADS.retest, commands: [name] }
  expect(parseTask({ kind: 'retest', payload })).toEqual({ kind: 'retest', payload })
})

test('a correction that could not be understood carries its answer', () => {
  const payload = { ...COMMAND, comment_key: 'issue_comment:4000', correction: { problem: 'Say why.' } }
  expect(parseTask({ kind: 'correction', payload })).toEqual({ kind: 'correction', payload })
})

describe('a stored row that holds no task is refused with a sentence', () => {
  test.each<[string, string, unknown, string]>([
    ['an unknown kind', 'poem', {}, 'no task is of the kind poem'],
    ['no payload', 'settings', null, 'the payload of the settings task is not valid: payload: '],
    [
      'a missing field',
      'report',
      { ...COMMAND },
      'the payload of the report task is not valid: payload.job: ',
    ],
    [
      'a number that is text',
      'settings-check',
      { number: '7', head_sha: 'a' },
      'the payload of the settings-check task is not valid: payload.number: ',
    ],
    [
      'an unknown command',
      'retest',
      { ...COMMAND, commands: ['rerun'], lines: [] },
      'the payload of the retest task is not valid: payload.commands.0: ',
    ],
    [
      'a day that does not exist',
      'breach',
      { day: '2026-02-30' },
      'the payload of the breach task is not valid: payload.day: ',
    ],
  ])('%s', (_, kind, payload, sentence) => {
    const parsed = parseTask({ kind, payload })
    expect('problem' in parsed && parsed.problem).toContain(sentence)
  })
})

test('people request reports, re-runs, corrections and hunts; everything else can wait', () => {
  expect([...REQUESTED_KINDS].sort()).toEqual(['correction', 'hunt', 'report', 'retest'])
})
