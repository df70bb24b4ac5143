import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation, addPull, addRepository } from '../../fake-github/seed.ts'
import { clientOf } from './client.ts'

let fakeGitHub: FakeGitHub
let octokit: Awaited<ReturnType<typeof clientOf>>
const repo = { owner: 'acme', repo: 'widgets' }

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  const installation = addInstallation(fakeGitHub.state, 'acme')
  const repository = addRepository(fakeGitHub.state, {
    owner: 'acme',
    name: 'widgets',
    permissions: { ada: 'write' },
    contents: { '.github/flake-sla.yml': 'window: 14\n' },
  })
  addPull(fakeGitHub.state, repository, {
    title: 'Fix',
    user: 'ada',
    at: '2026-11-01T00:00:00Z',
    sha: 'a'.repeat(40),
  })
  octokit = await clientOf(fakeGitHub, installation.id)
})
afterEach(async () => {
  expect(fakeGitHub.violations).toEqual([])
  await fakeGitHub.close()
})

test('the app reads itself and its installation with its app token', async () => {
  const app = await clientOf(fakeGitHub)
  expect((await app.rest.apps.getAuthenticated()).data?.slug).toBe('flake-sla')
  const { data } = await app.rest.apps.getRepoInstallation(repo)
  expect(data.account).toMatchObject({ login: 'acme', type: 'Organization' })
})

test('an issue is opened by the bot, found by label and creator, and closed', async () => {
  const { data } = await octokit.rest.issues.create({ ...repo, title: 'SLA', body: 'x', labels: ['flake'] })
  expect(data.user).toMatchObject({ login: 'flake-sla[bot]', type: 'Bot' })
  const found = await octokit.rest.issues.listForRepo({ ...repo, labels: 'flake', creator: 'app/flake-sla' })
  expect(found.data.map((issue) => issue.number)).toEqual([data.number])
  await octokit.rest.issues.update({ ...repo, issue_number: data.number, state: 'closed' })
  expect((await octokit.rest.issues.listForRepo({ ...repo, labels: 'flake' })).data).toEqual([])
})

test('pull requests appear among the issues', async () => {
  const { data } = await octokit.rest.issues.listForRepo(repo)
  expect(data.map((issue) => issue.pull_request !== undefined)).toEqual([true])
  expect((await octokit.rest.pulls.get({ ...repo, pull_number: 1 })).data.head.sha).toBe('a'.repeat(40))
})

test('comments are created, listed in order, changed and deleted', async () => {
  for (let i = 0; i < 5; i += 1) {
    await octokit.rest.issues.createComment({ ...repo, issue_number: 1, body: `c${i}` })
  }
  const all = await octokit.paginate(octokit.rest.issues.listComments, {
    ...repo,
    issue_number: 1,
    per_page: 2,
  })
  expect(all.map((comment) => comment.body)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
  const id = all[0]?.id ?? 0
  await octokit.rest.issues.updateComment({ ...repo, comment_id: id, body: 'changed' })
  expect((await octokit.rest.issues.getComment({ ...repo, comment_id: id })).data.body).toBe('changed')
  await octokit.rest.issues.deleteComment({ ...repo, comment_id: id })
  await expect(octokit.rest.issues.getComment({ ...repo, comment_id: id })).rejects.toMatchObject({
    status: 404,
  })
})

test('a repeated reaction is stored once', async () => {
  const { data } = await octokit.rest.issues.createComment({ ...repo, issue_number: 1, body: '/retest' })
  const react = () =>
    octokit.rest.reactions.createForIssueComment({ ...repo, comment_id: data.id, content: 'eyes' })
  expect((await react()).status).toBe(201)
  expect((await react()).status).toBe(200)
})

test('a comment is minimized by its node id', async () => {
  const { data } = await octokit.rest.issues.createComment({ ...repo, issue_number: 1, body: 'old' })
  await octokit.graphql(
    `mutation($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }`,
    { id: data.node_id },
  )
  expect(fakeGitHub.state.repositories.get('acme/widgets')?.comments.get(data.id)?.minimized).toBe('outdated')
})

test('a file is read raw and as JSON, and a missing file is 404', async () => {
  const file = { ...repo, path: '.github/flake-sla.yml' }
  const raw = await octokit.rest.repos.getContent({ ...file, mediaType: { format: 'raw' } })
  expect(raw.data).toBe('window: 14\n')
  const { data } = await octokit.rest.repos.getContent(file)
  if (!('content' in data)) throw new Error('not a file')
  expect(Buffer.from(data.content, 'base64').toString()).toBe('window: 14\n')
  await expect(octokit.rest.repos.getContent({ ...repo, path: 'none' })).rejects.toMatchObject({
    status: 404,
  })
})

test('a collaborator has the granted role, others only read', async () => {
  const ask = (username: string) => octokit.rest.repos.getCollaboratorPermissionLevel({ ...repo, username })
  expect((await ask('ada')).data.role_name).toBe('write')
  expect((await ask('acme')).data.role_name).toBe('admin')
})

test('a write without the permission is refused', async () => {
  const other = addInstallation(fakeGitHub.state, 'acme', {
    permissions: { metadata: 'read', issues: 'read' },
  })
  const reader = await clientOf(fakeGitHub, other.id)
  await expect(reader.rest.issues.create({ ...repo, title: 'no' })).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('Resource not accessible by integration'),
  })
})
