/** Pages of a backfill survive storage as JSON, and a row that is not a valid page is refused with a sentence. */
import { describe, expect, test } from 'vitest'
import { newPage, type PageKind, type PagePayloads, parsePage } from '../../src/domain/backfill-page.ts'
import { aPullRequest, at, HEAD } from '../support/facts.ts'

const COMMIT = { sha: HEAD, trunk: false, queue: null, events: [aPullRequest()], number: 7, after: null }
const PULL = {
  ...{ number: 7, title: 'Change 7', state: 'open', draft: false, body: '/retest' },
  ...{ created_at: at(0), updated_at: at(1), closed_at: null, merged_at: null, merge_commit_sha: null },
  author_association: null,
  user: { login: 'octocat' },
  labels: [{ name: 'bug' }],
  head: { ref: 'topic', sha: HEAD, repo: null },
  base: { ref: 'main', sha: 'b'.repeat(40) },
}

const PAYLOADS: { [K in PageKind]: PagePayloads[K] } = {
  pulls: { cursor: null, first: 25, alone: false },
  'whole-pull': { number: 7 },
  jobs: { run: 5, attempt: 1, page: 1 },
  'old-pulls': { cursor: null, page: 1 },
  orphans: { heads: [{ head_sha: 'a'.repeat(40), head_branches: ['topic'] }] },
  'pulls-rest': { page: 1 },
  pull: { pull: PULL },
  look: {
    looks: [
      COMMIT,
      {
        sha: HEAD,
        trunk: true,
        queue: 'gh-readonly-queue/main/pr-7',
        events: [],
        number: null,
        after: null,
      },
    ],
  },
  checks: { ...COMMIT, page: 2, branches: { 500: 'main' } },
  statuses: { ...COMMIT, page: 1, branches: null },
  trunk: { page: 3 },
  runs: { from: '2026-02-02T10:00:00Z', to: '2026-02-02T11:00:00Z', page: 1 },
  attempt: { run: 12, attempt: 1 },
  comments: { page: 1 },
  review_comments: { page: 1 },
}
const KINDS = Object.keys(PAYLOADS) as PageKind[]

test.each(KINDS)('a %s page is the same after it was stored as JSON', (kind) => {
  const page = newPage(kind, 'name', PAYLOADS[kind], [7])
  expect(page).toMatchObject({ key: `${kind}:name`, numbers: [7] })
  expect(parsePage(JSON.parse(JSON.stringify(page)))).toEqual({ kind, payload: PAYLOADS[kind] })
})

describe('a stored row that holds no page is refused with a sentence', () => {
  test.each<[string, string, unknown, string]>([
    ['an unknown kind', 'poem', {}, 'no page is of the kind poem'],
    ['no payload', 'trunk', null, 'the payload of the trunk page is not valid: payload: '],
    [
      'a page number of zero',
      'comments',
      { page: 0 },
      'the payload of the comments page is not valid: payload.page: ',
    ],
    [
      'a time that is not a time',
      'runs',
      { from: 'yesterday', to: '2026-02-02T11:00:00Z', page: 1 },
      'the payload of the runs page is not valid: payload.from: ',
    ],
    [
      'an event without a head',
      'look',
      { looks: [{ ...COMMIT, events: [{ ...aPullRequest(), head_sha: undefined }] }] },
      'the payload of the look page is not valid: payload.looks.0.events.0.head_sha: ',
    ],
  ])('%s', (_, kind, payload, sentence) => {
    const parsed = parsePage({ kind, payload })
    expect('problem' in parsed && parsed.problem).toContain(sentence)
  })
})
