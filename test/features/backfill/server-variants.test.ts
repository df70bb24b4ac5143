/** A backfill works with every server that follows GitHub's API description, even if it sends less than our fake GitHub does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { Repository } from '../../../fake-github/state.ts'
import { readUnread } from '../../../src/db/unread.ts'
import { readHistory, readRepository } from '../../../src/features/backfill/read.ts'
import { createThrottledClient } from '../../../src/github/throttled-client.ts'
import { tokenOctokit } from '../../../src/github/token-client.ts'
import { empty, useDatabase } from '../../support/database.ts'
import { ms } from '../../support/facts.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { historyDeliveries, seedHistory } from '../../support/history.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../../support/pipeline.ts'
import { type ServerVariant, startServerVariant } from '../../support/server-variants.ts'

const now = () => ms(7 * 24 * 60)
let fakeGitHub: FakeGitHub
let repository: Repository
let token: string

beforeAll(async () => {
  fakeGitHub = await startFakeGitHub({ now, validate: true })
  repository = seedHistory(fakeGitHub.state, { pulls: 30, statuses: 230 })
  token = addUserToken(fakeGitHub.state, 'octocat').token
})
afterAll(() => fakeGitHub.close())

describe('a backfill', () => {
  const db = useDatabase()

  async function figures() {
    await derive(db(), { now: LATER })
    const { unread: _unread, ...report } = await readOnlyReport(db())
    return report
  }

  async function reportFromWebhooks() {
    const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
    await recordAll(db(), historyDeliveries(github, repository))
    const report = await figures()
    await empty(db())
    return report
  }

  async function read(variant: ServerVariant) {
    const url = await startServerVariant(fakeGitHub, variant)
    const client = createThrottledClient(tokenOctokit(token, url), {
      reserve: 0,
      wait: async () => undefined,
    })
    const found = await readRepository(client, 'acme/widgets')
    return readHistory(db(), client, found, { since: ms(-60), now, alone: true })
  }

  const variants: [string, ServerVariant][] = [
    [
      'REST only, 30 entries a page and no header but Link',
      { maxPerPage: 30, headers: ['link'], refuses: [{ path: /graphql/, status: 404 }] },
    ],
    ['no Link header when a page is not full', { headers: [] }],
    [
      'few fields',
      {
        without: [
          ...['output', 'external_id', 'details_url', 'run_started_at', 'triggering_actor', 'actor'],
          ...['private', 'default_branch', 'full_name'],
          ...[
            'node_id',
            'creator',
            'context_url',
            'total_count',
            'author_association',
            'labels',
            'draft',
            'closedAt',
          ],
        ],
      },
    ],
    ['GraphQL that returns null for every commit', { graphql: hideCommits }],
    [
      'GraphQL that returns both data and an error',
      {
        graphql: ({ data }) => ({
          data,
          errors: [{ message: 'Something went wrong while executing your query' }],
        }),
      },
    ],
    ['GraphQL that is too slow for pages of 25', { slowAbove: 5 }],
    ['no comments and no timeline', { refuses: [{ path: /comments|timeline/, status: 404 }] }],
  ]

  // The first needs no GraphQL, the others differ in one thing each.
  test.each(variants.slice(0, IS_FULL ? undefined : 2))(
    'of a server with %s gives the same figures as the webhooks',
    async (_name, variant) => {
      const byWebhooks = await reportFromWebhooks()
      expect(await read(variant)).toBe(true)
      const { flakes, windows } = await figures()
      expect(flakes.map(essence)).toEqual(byWebhooks.flakes.map(essence))
      expect(windows.week).toEqual(byWebhooks.windows.week)
      expect(flakes.length).toBeGreaterThan(10)
    },
  )

  test('skips the parts that the server refuses, and reports them', async () => {
    const refuses = [
      { path: /\/statuses$/, status: 403 },
      { path: /\/attempts\//, status: 501 },
      { path: /\/comments$/, status: 410 },
    ]
    expect(await read({ refuses })).toBe(true)
    expect((await readUnread(db(), repository.id)).map(({ what, why }) => [what, why])).toEqual([
      [expect.stringMatching(/^earlier attempts of Actions runs, \d+ pages$/), '501 Not here'],
      ['comments, 1 page', '410 Not here'],
      [expect.stringMatching(/^jobs of Actions runs, \d+ pages$/), '501 Not here'],
      ['comments on code, 1 page', '410 Not here'],
      ['statuses of commits, 1 page', '403 Not here'],
    ])
    expect((await figures()).flakes.length).toBeGreaterThan(8)
  })

  test('requests pages of 5 when pages of 25 take too long, and does not fall back to REST', async () => {
    const from = fakeGitHub.requests.length
    await read({ slowAbove: 5 })
    const paths = fakeGitHub.requests.slice(from).map((request) => request.path)
    expect(paths).not.toContain('/repos/acme/widgets/pulls')
    expect(paths.filter((path) => path === '/graphql').length).toBeGreaterThan(7)
  })

  test('stops when a page fails, and skips that page the next time', async () => {
    const failing = { refuses: [{ path: /pulls\/comments/, status: 500 }] }
    await expect(read(failing)).rejects.toMatchObject({ status: 500 })
    expect(await read(failing)).toBe(true)
    expect((await readUnread(db(), repository.id)).map(({ what, why }) => [what, why])).toEqual([
      ['comments on code, 1 page', '500 Not here'],
    ])
  })
})

/** The fields of a flake that do not depend on how the server names its job. */
function essence({ pull_request, head_sha, job, order, grade, flaked_at, runs, attribution }: Flake) {
  return { pull_request, head_sha, job, order, grade, flaked_at, runs, attribution }
}
type Flake = Awaited<ReturnType<typeof readOnlyReport>>['flakes'][number]

function hideCommits({ data }: { data: unknown }): unknown {
  const { repository: fields } = data as { repository: Record<string, unknown> }
  const shown = Object.entries(fields).map(([name, value]) => [name, /^c\d/.test(name) ? null : value])
  return { data: { repository: Object.fromEntries(shown) }, errors: [{ type: 'NOT_FOUND', message: 'No' }] }
}
