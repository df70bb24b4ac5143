import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation, addPull, addRepository, type PullIssue } from '../../fake-github/seed.ts'
import { pushHead } from '../../fake-github/seed-changes.ts'
import { addCheckRun, addCheckSuite, addStatus } from '../../fake-github/seed-ci.ts'
import type { Repository } from '../../fake-github/state.ts'
import { clientOf } from './client.ts'

let fakeGitHub: FakeGitHub
let octokit: Awaited<ReturnType<typeof clientOf>>
let repository: Repository
let pull: PullIssue
const FIRST = 'a'.repeat(40)
const SECOND = 'b'.repeat(40)

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  const installation = addInstallation(fakeGitHub.state, 'acme')
  repository = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  for (const sha of [FIRST, 'd'.repeat(40), 'e'.repeat(40)]) {
    const at = '2026-11-01T00:00:00Z'
    const issue = addPull(fakeGitHub.state, repository, { title: 'Fix', user: 'ada', at, sha })
    if (sha === FIRST) pull = issue
  }
  octokit = await clientOf(fakeGitHub, installation.id)
})
afterEach(() => fakeGitHub.close())

test('a pull request has its heads, forced pushes, attempts and required checks', async () => {
  const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
  const at = { startedAt: '2026-11-01T00:01:00Z', completedAt: '2026-11-01T00:02:00Z' }
  addCheckRun(fakeGitHub.state, repository, suite, { name: 'unit', conclusion: 'failure', ...at })
  addCheckRun(fakeGitHub.state, repository, suite, { name: 'unit', conclusion: 'success', ...at })
  addStatus(fakeGitHub.state, repository, { sha: FIRST, context: 'lint', state: 'success', at: at.startedAt })
  const main = repository.branches.get('main')
  if (main) main.protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
  pushHead(fakeGitHub.state, repository, pull, { sha: SECOND, at: '2026-11-01T02:00:00Z', forced: true })
  const data: unknown =
    await octokit.graphql(`{ repository(owner: "acme", name: "widgets") { pullRequest(number: 1) {
    headRefOid author { login } commits(last: 1) { nodes { commit { oid } } }
    timelineItems(first: 10, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) { nodes { ... on HeadRefForcePushedEvent {
      beforeCommit { oid status { contexts { context isRequired(pullRequestNumber: 1) } }
        checkSuites(first: 5) { nodes { checkRuns(first: 5, filterBy: { checkType: ALL }) { nodes {
          conclusion isRequired(pullRequestNumber: 1) } } } } } } } } } } }`)
  expect(data).toEqual({
    repository: {
      pullRequest: {
        headRefOid: SECOND,
        author: { login: 'ada' },
        commits: { nodes: [{ commit: { oid: SECOND } }] },
        timelineItems: {
          nodes: [
            {
              beforeCommit: {
                oid: FIRST,
                status: { contexts: [{ context: 'lint', isRequired: false }] },
                checkSuites: {
                  nodes: [
                    {
                      checkRuns: {
                        nodes: [
                          { conclusion: 'FAILURE', isRequired: true },
                          { conclusion: 'SUCCESS', isRequired: true },
                        ],
                      },
                    },
                  ],
                },
              },
            },
          ],
        },
      },
    },
  })
  expect(fakeGitHub.violations).toEqual([])
})

test('pull requests are paginated by cursor and the points are counted', async () => {
  const query = `query($after: String) { rateLimit { cost remaining } repository(owner: "acme", name: "widgets") {
    pullRequests(first: 2, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
      nodes { number } pageInfo { hasNextPage endCursor } } } }`
  interface Page {
    rateLimit: { cost: number; remaining: number }
    repository: {
      pullRequests: { nodes: { number: number }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    }
  }
  const first = await octokit.graphql<Page>(query)
  const { nodes, pageInfo } = first.repository.pullRequests
  const second = await octokit.graphql<Page>(query, { after: pageInfo.endCursor })
  expect([...nodes, ...second.repository.pullRequests.nodes].map((node) => node.number)).toEqual([3, 2, 1])
  expect(second.repository.pullRequests.pageInfo.hasNextPage).toBe(false)
  expect(first.rateLimit).toEqual({ cost: 1, remaining: 4999 })
  expect(second.rateLimit.remaining).toBe(4998)
})

test('a check suite is read by its node id', async () => {
  const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
  const rest = await octokit.rest.checks.listSuitesForRef({ owner: 'acme', repo: 'widgets', ref: FIRST })
  const data: unknown = await octokit.graphql(
    'query($ids: [ID!]!) { nodes(ids: $ids) { ... on CheckSuite { databaseId app { slug } } } }',
    { ids: [rest.data.check_suites[0]?.node_id] },
  )
  expect(data).toEqual({ nodes: [{ databaseId: suite.id, app: { slug: 'github-actions' } }] })
})

test('a field that GitHub does not have and a field that the fake GitHub lacks are violations', async () => {
  const ask = (fields: string) =>
    octokit.graphql(`{ repository(owner: "acme", name: "widgets") { ${fields} } }`)
  await expect(ask('flakes')).rejects.toThrow('Cannot query field "flakes"')
  await expect(ask('stargazerCount')).rejects.toThrow('does not answer Repository.stargazerCount')
  expect(fakeGitHub.violations).toHaveLength(2)
})

test('an unknown node id gives null in its place and an error that names it', async () => {
  const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
  const suiteId = `CS_${Buffer.from(`${repository.id}:${suite.id}`).toString('base64url')}`
  const answer = octokit.graphql('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: [suiteId, 'CS_xyz'],
  })
  await expect(answer).rejects.toMatchObject({ data: { nodes: [{ id: suiteId }, null] } })
})

test('a comment is minimized only with the permission to write issues', async () => {
  await using fakeGitHub = await startFakeGitHub()
  const writer = addInstallation(fakeGitHub.state, 'acme')
  const widgets = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  addPull(fakeGitHub.state, widgets, { title: 'Fix', user: 'ada', at: '2026-11-01T00:00:00Z', sha: FIRST })
  const client = await clientOf(fakeGitHub, writer.id)
  const issue = { owner: 'acme', repo: 'widgets', issue_number: 1 }
  const { data } = await client.rest.issues.createComment({ ...issue, body: 'old' })
  const mutation = `mutation($input: MinimizeCommentInput!) {
    minimizeComment(input: $input) { minimizedComment { isMinimized } } }`
  const input = { subjectId: data.node_id, classifier: 'OUTDATED' }
  writer.permissions = { metadata: 'read' }
  const reader = await clientOf(fakeGitHub, writer.id)
  await expect(reader.graphql(mutation, { input })).rejects.toMatchObject({
    errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }],
  })
  expect(widgets.comments.get(data.id)?.minimized).toBeNull()
  await client.graphql(mutation, { input })
  expect(widgets.comments.get(data.id)?.minimized).toBe('outdated')
})
