/** What the client does when github.com itself is at the other end: the network's edge is the only thing that is not real. */
import nock from 'nock'
import { ProbotOctokit } from 'probot'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { marker, react, writeComment } from '../../src/github/comments.ts'
import { openIssue } from '../../src/github/issues.ts'

const API = 'https://api.github.com'
const LOGIN = 'flake-sla[bot]'
const MARKER = marker('report:issue_comment:4000')
const SINCE = '2026-02-02T09:40:00.000Z'
const on = { owner: 'acme', repo: 'widgets', issue_number: 7 }
const wanted = { login: LOGIN, marker: MARKER, since: SINCE, body: 'Nothing flaked here.' }
const octokit = new ProbotOctokit({ throttle: { enabled: false }, retry: { enabled: false } })

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  const open = nock.pendingMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(open).toEqual([])
})

function comment(id: number, login: string, body: string) {
  return {
    id,
    body,
    node_id: `C_${id}`,
    user: { login },
    html_url: `https://github.com/acme/widgets/pull/7#c${id}`,
  }
}

function comments(page: number) {
  return nock(API)
    .get('/repos/acme/widgets/issues/7/comments')
    .query(
      (query) => query.since === SINCE && query.per_page === '100' && (query.page ?? '1') === String(page),
    )
}

test('a comment is written with its marker, once nobody has written it', async () => {
  comments(1).reply(200, [comment(1, 'octocat', 'Why is it red?')])
  nock(API)
    .post('/repos/acme/widgets/issues/7/comments', { body: `Nothing flaked here.\n\n${MARKER}` })
    .reply(201, comment(2, LOGIN, MARKER))
  expect(await writeComment(octokit, on, wanted)).toBe('https://github.com/acme/widgets/pull/7#c2')
})

test('the answer to a write is lost on the way: the next attempt finds the comment and writes none', async () => {
  comments(1).reply(200, [])
  nock(API).post('/repos/acme/widgets/issues/7/comments').replyWithError(new Error('socket hang up'))
  await expect(writeComment(octokit, on, wanted)).rejects.toThrow()
  comments(1).reply(200, [comment(2, LOGIN, `Nothing flaked here.\n\n${MARKER}`)])
  expect(await writeComment(octokit, on, wanted)).toBe('https://github.com/acme/widgets/pull/7#c2')
})

test('it is found on a later page', async () => {
  const next = `${API}/repos/acme/widgets/issues/7/comments?since=${SINCE}&per_page=100&page=2`
  const many = Array.from({ length: 100 }, (_, i) => comment(i + 10, 'octocat', 'me too'))
  comments(1).reply(200, many, { link: `<${next}>; rel="next"` })
  comments(2).reply(200, [comment(500, LOGIN, MARKER)])
  expect(await writeComment(octokit, on, wanted)).toBe('https://github.com/acme/widgets/pull/7#c500')
})

test('somebody who quotes the marker does not stand for the app', async () => {
  comments(1).reply(200, [comment(1, 'mallory', MARKER)])
  nock(API)
    .post('/repos/acme/widgets/issues/7/comments')
    .reply(201, comment(2, LOGIN, MARKER))
  expect(await writeComment(octokit, on, wanted)).toBe('https://github.com/acme/widgets/pull/7#c2')
})

test('a marker cannot be closed from within', () => {
  expect(marker('report:--><script>')).toBe('<!-- flake-sla:report:- -<script -->')
})

test('a reaction is asked for on comments of the conversation only', async () => {
  await react(octokit, { owner: 'acme', repo: 'widgets', comment_id: 5, kind: 'pull_request_review' })
  nock(API).post('/repos/acme/widgets/issues/comments/5/reactions', { content: 'eyes' }).reply(200, { id: 1 })
  await react(octokit, { owner: 'acme', repo: 'widgets', comment_id: 5, kind: 'issue_comment' })
})

test('an issue whose write was cut off is found by its marker and not opened twice', async () => {
  const breach = marker('breach:day:2026-02-02 repository=1001')
  const issue = {
    title: 'Out of SLA',
    body: 'x',
    labels: [],
    assignees: [],
    marker: breach,
    login: LOGIN,
    since: SINCE,
  }
  const list = () => nock(API).get('/repos/acme/widgets/issues').query(true)
  list().reply(200, [])
  nock(API).post('/repos/acme/widgets/issues').replyWithError(new Error('read ECONNRESET'))
  await expect(openIssue(octokit, { owner: 'acme', repo: 'widgets' }, issue)).rejects.toThrow()
  list().reply(200, [
    {
      number: 12,
      state: 'open',
      body: `x\n\n${breach}`,
      user: { login: LOGIN },
      html_url: 'https://github.com/i/12',
    },
  ])
  const found = await openIssue(octokit, { owner: 'acme', repo: 'widgets' }, issue)
  expect(found).toMatchObject({ number: 12, isNew: false })
})
