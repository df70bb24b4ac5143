import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation, addPull, addRepository, type PullIssue } from '../../fake-github/seed.ts'
import { closePull, pushHead, renameRepository } from '../../fake-github/seed-changes.ts'
import { addCheckRun, addCheckSuite, addStatus, addWorkflowRun } from '../../fake-github/seed-ci.ts'
import type { Repository, Ruleset } from '../../fake-github/state.ts'
import { clientOf } from './client.ts'

let fakeGitHub: FakeGitHub
let octokit: Awaited<ReturnType<typeof clientOf>>
let repository: Repository
let pull: PullIssue
const repo = { owner: 'acme', repo: 'widgets' }
const FIRST = 'a'.repeat(40)
const SECOND = 'b'.repeat(40)
const run = (conclusion: 'success' | 'failure', minute: number) => ({
  name: 'unit',
  conclusion,
  startedAt: `2026-11-01T00:${minute}:00Z`,
  completedAt: `2026-11-01T00:${minute + 1}:00Z`,
})

beforeEach(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  const installation = addInstallation(fakeGitHub.state, 'acme')
  repository = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  pull = addPull(fakeGitHub.state, repository, {
    title: 'Fix',
    user: 'ada',
    at: '2026-11-01T00:00:00Z',
    sha: FIRST,
  })
  octokit = await clientOf(fakeGitHub, installation.id)
})
afterEach(async () => {
  expect(fakeGitHub.violations).toEqual([])
  await fakeGitHub.close()
})

test('a repeated check run hides the first run from "latest" but not from "all"', async () => {
  const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
  addCheckRun(fakeGitHub.state, repository, suite, run('failure', 10))
  addCheckRun(fakeGitHub.state, repository, suite, run('success', 20))
  const latest = await octokit.rest.checks.listForRef({ ...repo, ref: FIRST })
  expect(latest.data.check_runs.map((run) => run.conclusion)).toEqual(['success'])
  const all = await octokit.rest.checks.listForRef({ ...repo, ref: FIRST, filter: 'all' })
  expect(all.data.check_runs.map((run) => run.conclusion)).toEqual(['success', 'failure'])
  const suites = await octokit.rest.checks.listSuitesForRef({ ...repo, ref: FIRST })
  expect(suites.data.check_suites[0]?.latest_check_runs_count).toBe(1)
})

test('only the newest thousand check suites of a commit are listed', async () => {
  for (let i = 0; i < 1003; i += 1) {
    const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
    addCheckRun(fakeGitHub.state, repository, suite, { ...run('success', 10), name: `job ${i}` })
  }
  const { data } = await octokit.rest.checks.listForRef({ ...repo, ref: FIRST, per_page: 1 })
  expect(data.total_count).toBe(1000)
  expect(data.check_runs[0]?.name).toBe('job 1002')
})

test('the whole status history is listed, newest first, over many pages', async () => {
  for (let i = 0; i < 250; i += 1) {
    addStatus(fakeGitHub.state, repository, {
      sha: FIRST,
      context: 'ci/prow',
      state: i % 2 ? 'success' : 'failure',
      at: `2026-11-01T01:00:${String(i % 60).padStart(2, '0')}Z`,
    })
  }
  const all = await octokit.paginate(octokit.rest.repos.listCommitStatusesForRef, {
    ...repo,
    ref: FIRST,
    per_page: 100,
  })
  expect(all).toHaveLength(250)
  expect(all[0]?.id).toBeGreaterThan(all[249]?.id ?? 0)
  const combined = await octokit.rest.repos.getCombinedStatusForRef({ ...repo, ref: FIRST })
  expect(combined.data).toMatchObject({ state: 'success', total_count: 1 })
})

test('every attempt of a workflow run keeps its jobs, and re-run jobs get new ids', async () => {
  const seeded = addWorkflowRun(fakeGitHub.state, repository, {
    name: 'CI',
    sha: FIRST,
    at: '2026-11-01T00:00:00Z',
    attempts: [[run('failure', 10)], [run('failure', 20)]],
  })
  const ofRun = { ...repo, run_id: seeded.id }
  const first = await octokit.rest.actions.listJobsForWorkflowRunAttempt({ ...ofRun, attempt_number: 1 })
  expect(first.data.jobs[0]).toMatchObject({ run_attempt: 1, conclusion: 'failure' })
  expect((await octokit.rest.actions.listJobsForWorkflowRun(ofRun)).data.total_count).toBe(1)
  const all = await octokit.rest.actions.listJobsForWorkflowRun({ ...ofRun, filter: 'all' })
  expect(all.data.total_count).toBe(2)
  await octokit.rest.actions.reRunWorkflowFailedJobs(ofRun)
  const { data } = await octokit.rest.actions.getWorkflowRun(ofRun)
  expect(data).toMatchObject({ run_attempt: 3, status: 'queued', conclusion: null })
  await expect(octokit.rest.actions.reRunWorkflowFailedJobs(ofRun)).rejects.toMatchObject({ status: 403 })
})

test('workflow runs are filtered by time, event and SHA', async () => {
  for (const [day, event] of [
    ['01', 'push'],
    ['02', 'pull_request'],
    ['03', 'pull_request'],
  ] as const) {
    const at = `2026-11-${day}T12:00:00Z`
    addWorkflowRun(fakeGitHub.state, repository, {
      name: 'CI',
      sha: FIRST,
      at,
      event,
      attempts: [[run('success', 10)]],
    })
  }
  const count = async (query: object) =>
    (await octokit.rest.actions.listWorkflowRunsForRepo({ ...repo, ...query })).data.total_count
  expect(await count({ created: '2026-11-02..2026-11-03' })).toBe(2)
  expect(await count({ created: '>=2026-11-03T00:00:00Z' })).toBe(1)
  expect(await count({ event: 'push', head_sha: FIRST })).toBe(1)
  expect(await count({ head_sha: SECOND })).toBe(0)
})

test('required jobs come from active rulesets and from classic protection', async () => {
  const branch = repository.branches.get('main')
  if (branch) branch.protection = { checks: [{ context: 'lint', appId: null }], enforcement: 'non_admins' }
  const ruleset: Ruleset = {
    id: 7,
    name: 'main',
    source: 'Organization',
    enforcement: 'active',
    branches: ['~DEFAULT_BRANCH'],
    checks: [{ context: 'unit', integrationId: 15368 }],
  }
  repository.rulesets.push(ruleset, { ...ruleset, id: 8, enforcement: 'evaluate' })
  const rules = await octokit.rest.repos.getBranchRules({ ...repo, branch: 'main' })
  expect(rules.data).toMatchObject([
    { ruleset_id: 7, parameters: { required_status_checks: [{ context: 'unit', integration_id: 15368 }] } },
  ])
  const { data } = await octokit.rest.repos.getBranch({ ...repo, branch: 'main' })
  expect(data.protection.required_status_checks?.contexts).toEqual(['lint'])
  expect((await octokit.rest.repos.getBranchRules({ ...repo, branch: 'none' })).data).toEqual([])
})

test('a forced push replaces the commits and appears in the timeline', async () => {
  pushHead(fakeGitHub.state, repository, pull, { sha: SECOND, at: '2026-11-01T02:00:00Z', forced: true })
  closePull(fakeGitHub.state, pull, '2026-11-01T03:00:00Z', 'ada', 'c'.repeat(40))
  const commits = await octokit.rest.pulls.listCommits({ ...repo, pull_number: 1 })
  expect(commits.data.map((commit) => commit.sha)).toEqual([SECOND])
  await octokit.rest.issues.createComment({ ...repo, issue_number: 1, body: 'hello' })
  const { data } = await octokit.rest.issues.listEventsForTimeline({ ...repo, issue_number: 1 })
  expect(data.map((entry) => entry.event)).toEqual([
    'committed',
    'head_ref_force_pushed',
    'merged',
    'closed',
    'commented',
  ])
})

test('the pull requests of a commit do not include those from forks', async () => {
  addRepository(fakeGitHub.state, {
    owner: 'bob',
    name: 'widgets',
    ownerType: 'User',
    forkOf: 'acme/widgets',
  })
  addPull(fakeGitHub.state, repository, {
    title: 'From a fork',
    user: 'bob',
    at: '2026-11-01T00:00:00Z',
    sha: SECOND,
    fork: 'bob/widgets',
  })
  const ask = async (sha: string) =>
    (await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: sha })).data.length
  expect(await ask(FIRST)).toBe(1)
  expect(await ask(SECOND)).toBe(0)
  const named = await octokit.rest.pulls.list({ ...repo, head: 'bob:change-2' })
  expect(named.data.map((pull) => pull.head.repo?.full_name)).toEqual(['bob/widgets'])
})

test('the files of a pull request are summed over its commits', async () => {
  const commit = repository.commits.get(FIRST)
  commit?.files.push({ filename: 'a.ts', status: 'modified', additions: 2, deletions: 1 })
  const { data } = await octokit.rest.pulls.listFiles({ ...repo, pull_number: 1 })
  expect(data).toMatchObject([{ filename: 'a.ts', changes: 3 }])
})

test('the app creates a check run and completes it as neutral', async () => {
  const { data } = await octokit.rest.checks.create({
    ...repo,
    name: 'SLA',
    head_sha: FIRST,
    status: 'queued',
  })
  const done = await octokit.rest.checks.update({
    ...repo,
    check_run_id: data.id,
    conclusion: 'neutral',
    output: { title: 'Two flakes', summary: 'See the page.' },
  })
  expect(done.data).toMatchObject({ status: 'completed', conclusion: 'neutral', app: { slug: 'flake-sla' } })
})

test('a renamed repository redirects to its new name', async () => {
  renameRepository(fakeGitHub.state, repository, 'acme', 'gadgets')
  const { data } = await octokit.rest.repos.get(repo)
  expect(data.full_name).toBe('acme/gadgets')
})

test('a deleted fork is null and a check run can be stale, as on GitHub', async () => {
  pull.pull.head.repository = null
  const { data } = await octokit.rest.pulls.get({ ...repo, pull_number: 1 })
  expect(data.head.repo).toBeNull()
  const suite = addCheckSuite(fakeGitHub.state, repository, FIRST, '2026-11-01T00:00:00Z')
  const stale = addCheckRun(fakeGitHub.state, repository, suite, {
    ...run('success', 10),
    conclusion: 'stale',
  })
  const answer = await octokit.rest.checks.get({ ...repo, check_run_id: stale.id })
  expect(answer.data.conclusion).toBe('stale')
})
