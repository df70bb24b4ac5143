/** What people write on pull requests, in the three places where they can. */
import { describe, expect, test } from 'vitest'
import type { Facts } from '../../../src/domain/facts.ts'
import { EVENTS } from '../../../src/intake/events/translate.ts'
import { type CommentOptions, commentDelivery } from '../../support/deliveries.ts'
import { at } from '../../support/facts.ts'

function read(options: CommentOptions): Facts {
  const { name, payload } = commentDelivery(options)
  const translate = EVENTS[name]
  if (!translate) throw new Error(`nothing translates ${name}`)
  return translate(payload, { guid: 'x', event: name, at: at(0) })
}

const KINDS = ['issue_comment', 'pull_request_review', 'pull_request_review_comment'] as const

describe.each(KINDS)('%s', (kind) => {
  test('with a command is recorded', () => {
    expect(read({ kind }).comment).toMatchObject([
      { number: 7, body: '/retest', author: 'octocat', reported_at: at(15) },
    ])
  })

  test('without a line that starts with a slash is not recorded', () => {
    expect(read({ kind, body: 'Nice work! 1/2' })).toEqual({})
    expect(read({ kind, body: null })).toEqual({})
    expect(read({ kind, body: '' })).toEqual({})
  })

  test('that was edited or deleted is ignored', () => {
    expect(read({ kind, action: 'edited' })).toEqual({})
    expect(read({ kind, action: 'deleted' })).toEqual({})
  })

  test('by anybody but a bot asks for one report', () => {
    const body = '/flake-report unit'
    expect(read({ kind, body }).outbox).toMatchObject([
      { kind: 'report', payload: { number: 7, job: 'unit', author: 'octocat' } },
    ])
    expect(read({ kind, body }).outbox?.[0]?.task_key).toBe(read({ kind, body }).outbox?.[0]?.task_key)
    expect(read({ kind, body, authorType: 'Bot' }).outbox).toBeUndefined()
    expect(read({ kind, body, author: 'ci[bot]' }).outbox).toBeUndefined()
  })

  test('on a closed pull request can ask for a report and nothing else', () => {
    expect(read({ kind, state: 'closed' }).comment).toBeUndefined()
    expect(read({ kind, state: 'closed', body: '/flake-report' }).outbox).toHaveLength(1)
  })
})

test('a comment on an issue that is not a pull request is ignored', () => {
  expect(read({ onIssue: true, body: '/flake-report' })).toEqual({})
})

test('the three kinds have different keys, although their ids can be equal', () => {
  const keys = KINDS.map((kind) => read({ kind, id: 1 }).comment?.[0]?.comment_key)
  expect(new Set(keys).size).toBe(3)
})
