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

  test.each(['Nice work!\n\nThank you.', null, ''])(
    'without a command is recorded as an act, with an empty body: %j',
    (body) => {
      expect(read({ kind, body })).toMatchObject({
        comment: [{ number: 7, body: '', author: 'octocat', author_is_bot: false, reported_at: at(15) }],
      })
      expect(read({ kind, body }).outbox).toBeUndefined()
    },
  )

  test('by a bot is recorded as that of a bot', () => {
    expect(read({ kind, body: 'Coverage: 80 %', authorType: 'Bot' }).comment).toMatchObject([
      { author_is_bot: true, body: 'Coverage: 80 %' },
    ])
  })

  test('is recorded without its prose and without its code', () => {
    const body = 'Fails for me:\n```\n/test lint\n```\n/test unit\nbecause of /usr/bin/make\n/home/ci/log.txt'
    expect(read({ kind, body }).comment).toMatchObject([{ body: '/test unit' }])
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
    expect(read({ kind, state: 'closed' })).toEqual({})
    expect(read({ kind, state: 'closed', body: 'Thank you!' })).toEqual({})
    expect(read({ kind, state: 'closed', body: '/flake-report' }).outbox).toHaveLength(1)
  })
})

test('a dismissed review is an act of the person who dismissed it, at the time of the dismissal', () => {
  const { payload } = commentDelivery({ kind: 'pull_request_review', action: 'dismissed', body: '/retest' })
  const pull_request = { ...(payload.pull_request as object), updated_at: at(40) }
  const sender = { login: 'maintainer', type: 'User' }
  const event = 'pull_request_review'
  const facts = EVENTS[event]?.({ ...payload, pull_request, sender }, { guid: 'x', event, at: at(0) })
  expect(facts?.comment).toMatchObject([
    { kind: 'review', author: 'maintainer', reported_at: at(40), body: '', association: null },
  ])
  expect(facts?.comment?.[0]?.comment_key).not.toBe(
    read({ kind: 'pull_request_review' }).comment?.[0]?.comment_key,
  )
  expect(facts?.outbox).toBeUndefined()
})

test('a comment on an issue that is not a pull request is ignored', () => {
  expect(read({ onIssue: true, body: '/flake-report' })).toEqual({})
})

test('the three kinds have different keys, although their ids can be equal', () => {
  const keys = KINDS.map((kind) => read({ kind, id: 1 }).comment?.[0]?.comment_key)
  expect(new Set(keys).size).toBe(3)
  const kinds = KINDS.map((kind) => read({ kind, id: 1 }).comment?.[0]?.kind)
  expect(kinds).toEqual(['comment', 'review', 'review_comment'])
})
