/** One commit: its check runs, check suites, statuses and pull requests. */
import { page } from '../paging.ts'
import { type Call, notFound, type Route, repositoryOf } from '../route.ts'
import { checkRunShape, checkSuiteShape, latestRuns } from '../shapes/checks.ts'
import { combinedStatusShape, commitShape, latestStatuses, statusShape } from '../shapes/commits.ts'
import { fullName } from '../shapes/instance.ts'
import { simplePullShape } from '../shapes/pulls.ts'
import type { CheckRun, CheckSuite, Commit, Repository } from '../state.ts'
import { isPull } from './pulls.ts'

/** GitHub lists only the newest thousand check suites of a commit. */
const MAX_SUITES = 1000

/** Resolves a branch name, `heads/` reference or SHA to a SHA. @throws {Refusal} 404 */
function shaOfRef(repository: Repository, ref: string): string {
  const name = ref.replace(/^(refs\/)?heads\//, '')
  const sha = repository.branches.get(name)?.sha ?? ref
  if (!repository.commits.has(sha)) throw notFound()
  return sha
}

function suitesOf(repository: Repository, sha: string): CheckSuite[] {
  const all = [...repository.checkSuites.values()].filter((suite) => suite.sha === sha)
  return all.sort((a, b) => b.id - a.id).slice(0, MAX_SUITES)
}

/** Check runs selected by `filter`, `check_name`, `status` and `app_id`, newest first. */
export function chosenRuns(call: Call, runs: CheckRun[]): CheckRun[] {
  const name = call.query.get('check_name')
  const status = call.query.get('status')
  const app = call.query.get('app_id')
  const kept = call.query.get('filter') === 'all' ? runs : latestRuns(runs)
  return kept
    .filter((run) => !name || run.name === name)
    .filter((run) => !status || run.status === status)
    .filter((run) => !app || run.appId === Number(app))
    .sort((a, b) => b.id - a.id)
}

function listRuns(call: Call) {
  const repository = repositoryOf(call)
  const suites = new Set(
    suitesOf(repository, shaOfRef(repository, call.params.ref ?? '')).map((suite) => suite.id),
  )
  const runs = [...repository.checkRuns.values()].filter((run) => suites.has(run.suiteId))
  const shape = (run: CheckRun) => checkRunShape(call.github, repository, run)
  return page(call, chosenRuns(call, runs), shape, { envelope: 'check_runs' })
}

function listSuites(call: Call) {
  const repository = repositoryOf(call)
  const app = call.query.get('app_id')
  const suites = suitesOf(repository, shaOfRef(repository, call.params.ref ?? ''))
  const found = suites.filter((suite) => !app || suite.appId === Number(app)).reverse()
  const shape = (suite: CheckSuite) => checkSuiteShape(call.github, repository, suite)
  return page(call, found, shape, { envelope: 'check_suites' })
}

function listStatuses(call: Call) {
  const repository = repositoryOf(call)
  const sha = shaOfRef(repository, call.params.ref ?? '')
  const newestFirst = [...(repository.statuses.get(sha) ?? [])].reverse()
  return page(call, newestFirst, (status) => statusShape(call.github, repository, status))
}

function combinedStatus(call: Call) {
  const repository = repositoryOf(call)
  const sha = shaOfRef(repository, call.params.ref ?? '')
  const part = page(call, latestStatuses(repository, sha), (status) => {
    const { creator: _creator, ...simple } = statusShape(call.github, repository, status)
    return simple
  })
  const body = combinedStatusShape(call.github, repository, sha, part.body as unknown[])
  return { ...part, body }
}

/** Pull requests from forks are not included, as on GitHub. */
function listPulls(call: Call) {
  const repository = repositoryOf(call)
  const sha = call.params.commit_sha ?? ''
  if (!repository.commits.has(sha)) throw notFound()
  const own = fullName(repository).toLowerCase()
  const found = [...repository.issues.values()]
    .filter(isPull)
    .filter((issue) => issue.pull.head.repository?.toLowerCase() === own)
    .filter((issue) => issue.pull.commits.includes(sha) || issue.pull.mergeCommitSha === sha)
  return page(call, found, (issue) => simplePullShape(call.github, repository, issue))
}

function getCommit(call: Call) {
  const repository = repositoryOf(call)
  const commit = repository.commits.get(shaOfRef(repository, call.params.ref ?? ''))
  if (!commit) throw notFound()
  return { status: 200, body: commitShape(call.github, repository, commit) }
}

/** The commits of a branch along first parents, newest first. */
function listCommits(call: Call) {
  const repository = repositoryOf(call)
  const since = Date.parse(call.query.get('since') ?? '1970-01-01')
  const found: Commit[] = []
  let next: string | undefined = shaOfRef(repository, call.query.get('sha') ?? repository.defaultBranch)
  while (next !== undefined) {
    const commit: Commit | undefined = repository.commits.get(next)
    if (commit && Date.parse(commit.date) >= since) found.push(commit)
    next = commit?.parents[0]
  }
  return page(call, found, (commit) => commitShape(call.github, repository, commit))
}

const COMMITS = '/repos/{owner}/{repo}/commits'
const CHECKS: Route['needs'] = [['checks', 'read']]
const STATUSES: Route['needs'] = [['statuses', 'read']]

export const commitRoutes: Route[] = [
  { method: 'GET', path: COMMITS, needs: [['contents', 'read']], handle: listCommits },
  { method: 'GET', path: `${COMMITS}/{ref}/check-runs`, needs: CHECKS, handle: listRuns },
  { method: 'GET', path: `${COMMITS}/{ref}/check-suites`, needs: CHECKS, handle: listSuites },
  { method: 'GET', path: `${COMMITS}/{ref}/statuses`, needs: STATUSES, handle: listStatuses },
  { method: 'GET', path: `${COMMITS}/{ref}/status`, needs: STATUSES, handle: combinedStatus },
  {
    method: 'GET',
    path: `${COMMITS}/{commit_sha}/pulls`,
    needs: [
      ['pull_requests', 'read'],
      ['contents', 'read'],
    ],
    handle: listPulls,
  },
  { method: 'GET', path: `${COMMITS}/{ref}`, needs: [['contents', 'read']], handle: getCommit },
]
