/** Facts of `pull_request` webhooks. */
import { describe, expect, test } from 'vitest'
import { pullRequest } from '../../../src/intake/events/pull-request.ts'
import { type PullRequestOptions, pullRequestDelivery } from '../../support/deliveries.ts'
import { at, BASE, HEAD } from '../../support/facts.ts'

const RECEIVED = { at: at(1) }
const read = (options: PullRequestOptions = {}) => pullRequest(pullRequestDelivery(options).payload, RECEIVED)
const before = 'd'.repeat(40)

test('an event has the head and the base', () => {
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

test('a push also has the head that it replaced', () => {
  const events = read({ action: 'synchronize', before }).pull_request_event
  expect(events?.map((one) => [one.action, one.head_sha])).toEqual([
    ['synchronize', HEAD],
    ['before', before],
  ])
})

test('a push that replaced nothing has only the new head', () => {
  expect(read({ action: 'synchronize', before: '0'.repeat(40) }).pull_request_event).toHaveLength(1)
  expect(read({ action: 'synchronize' }).pull_request_event).toHaveLength(1)
})

test('a base commit of zeros is unknown', () => {
  expect(read({ baseSha: '0'.repeat(40) }).pull_request_event?.[0]?.base_sha).toBeNull()
})

test('only the body of a newly opened pull request can contain commands', () => {
  expect(read({ body: 'Please\n/retest' }).comment).toMatchObject([
    { comment_key: 'body', kind: 'body', body: '/retest' },
  ])
  expect(read({ body: 'Nothing here' }).comment).toBeUndefined()
  expect(read({ body: 'retest this please' }).comment).toBeUndefined()
  expect(read({ action: 'edited', body: '/retest' }).comment).toBeUndefined()
})

test('a head whose fork was deleted is still read', () => {
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

describe('the settings check', () => {
  const asked = (options: PullRequestOptions) =>
    pullRequest(pullRequestDelivery(options).payload, { at: at(1) }).outbox?.map((task) => task.task_key)

  test.each(['opened', 'reopened', 'synchronize'])('is asked for when a pull request is %s', (action) => {
    expect(asked({ action })).toEqual([`settings-check:7:${HEAD}`])
  })

  test.each(['edited', 'closed', 'labeled'])('is not asked for when a pull request is %s', (action) => {
    expect(asked({ action })).toBeUndefined()
  })

  test('is only for pull requests to the default branch', () => {
    expect(asked({ baseRef: 'release' })).toBeUndefined()
  })
})

test('a pull request without a base branch is rejected', () => {
  const { payload } = pullRequestDelivery()
  const pull_request = { ...(payload.pull_request as object), base: null }
  expect(() => pullRequest({ ...payload, pull_request }, { at: at(1) })).toThrow(/base/)
})
