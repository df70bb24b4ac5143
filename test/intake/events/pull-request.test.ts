/** What a `pull_request` webhook tells. */
import { expect, test } from 'vitest'
import { pullRequest } from '../../../src/intake/events/pull-request.ts'
import { type PullRequestOptions, pullRequestDelivery } from '../../support/deliveries.ts'
import { at, BASE, HEAD } from '../../support/facts.ts'

const RECEIVED = { at: at(1) }
const read = (options: PullRequestOptions = {}) => pullRequest(pullRequestDelivery(options).payload, RECEIVED)
const before = 'd'.repeat(40)

test('an event tells the head and where it is to go', () => {
  expect(read({ number: 12, fork: true, headRef: 'main' }).pull_request_event).toMatchObject([
    {
      number: 12,
      head_sha: HEAD,
      head_ref: 'main',
      head_repository_id: 2002,
      base_ref: 'main',
      base_sha: BASE,
      state: 'open',
    },
  ])
})

test('a push tells the head that it replaced too', () => {
  const events = read({ action: 'synchronize', before }).pull_request_event
  expect(events?.map((one) => [one.action, one.head_sha])).toEqual([
    ['synchronize', HEAD],
    ['before', before],
  ])
})

test('a push that replaced nothing tells only the new head', () => {
  expect(read({ action: 'synchronize', before: '0'.repeat(40) }).pull_request_event).toHaveLength(1)
  expect(read({ action: 'synchronize' }).pull_request_event).toHaveLength(1)
})

test('a base of zeros is no base', () => {
  expect(read({ baseSha: '0'.repeat(40) }).pull_request_event?.[0]?.base_sha).toBeNull()
})

test('the body of a newly opened pull request can hold commands, a later one not', () => {
  expect(read({ body: 'Please\n/retest' }).comment).toMatchObject([
    { comment_key: 'body', body: 'Please\n/retest' },
  ])
  expect(read({ body: 'Nothing here' }).comment).toBeUndefined()
  expect(read({ action: 'edited', body: '/retest' }).comment).toBeUndefined()
})

test('a head whose fork was deleted is read all the same', () => {
  const { payload } = pullRequestDelivery()
  const told = payload.pull_request as { head: object }
  const pull_request = { ...told, head: { ...told.head, repo: null }, user: null }
  expect(pullRequest({ ...payload, pull_request }, RECEIVED).pull_request_event).toMatchObject([
    { head_repository_id: null, author: 'ghost' },
  ])
})

test.each([
  ['number', 0],
  ['number', 2 ** 31],
  ['updated_at', 'never'],
  ['head', { sha: null }],
  ['title', null],
])('with %s being %j is refused', (part, value) => {
  const { payload } = pullRequestDelivery()
  const pull_request = { ...(payload.pull_request as object), [part]: value }
  expect(() => pullRequest({ ...payload, pull_request }, RECEIVED)).toThrow(new RegExp(part))
})
