/** Pull requests over REST: one, and filtered lists. */
import { page } from '../paging.ts'
import { type Call, notFound, numberParam, type Route, repositoryOf } from '../route.ts'
import type { PullIssue } from '../seed.ts'
import { changedFiles, commitShape, fileShape } from '../shapes/commits.ts'
import { pullShape, simplePullShape } from '../shapes/pulls.ts'
import type { Issue, Repository } from '../state.ts'

const READ: Route['needs'] = [['pull_requests', 'read']]

/** Whether an issue is a pull request. */
export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null
}

/** The pull request in the path. @throws {Refusal} 404 */
function pullOf(call: Call, repository: Repository): PullIssue {
  const issue = repository.issues.get(numberParam(call, 'pull_number'))
  if (!issue || !isPull(issue)) throw notFound()
  return issue
}

function matches(call: Call, issue: PullIssue): boolean {
  const state = call.query.get('state') ?? 'open'
  if (state !== 'all' && issue.state !== state) return false
  const base = call.query.get('base')
  if (base && issue.pull.base.ref !== base) return false
  const head = call.query.get('head')
  // GitHub ignores a head filter that does not name the owner.
  if (!head?.includes(':')) return true
  return `${issue.pull.head.owner}:${issue.pull.head.ref}`.toLowerCase() === head.toLowerCase()
}

function list(call: Call) {
  const repository = repositoryOf(call)
  const sort = call.query.get('sort') ?? 'created'
  const by = sort === 'updated' ? 'updatedAt' : 'createdAt'
  const found = [...repository.issues.values()].filter(isPull).filter((issue) => matches(call, issue))
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.number - b.number)
  const direction = call.query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')
  if (direction === 'desc') found.reverse()
  return page(call, found, (issue) => simplePullShape(call.github, repository, issue))
}

/** GitHub lists at most 250 commits of a pull request. */
function listCommits(call: Call) {
  const repository = repositoryOf(call)
  const commits = pullOf(call, repository).pull.commits.flatMap((sha) => repository.commits.get(sha) ?? [])
  return page(call, commits.slice(0, 250), (commit) => commitShape(call.github, repository, commit))
}

/** GitHub lists at most 3,000 files of a pull request. */
function listFiles(call: Call) {
  const repository = repositoryOf(call)
  const { pull } = pullOf(call, repository)
  const files = changedFiles(repository, pull.commits).slice(0, 3000)
  return page(call, files, (file) => fileShape(call.github, repository, pull.head.sha, file))
}

const PULLS = '/repos/{owner}/{repo}/pulls'

export const pullRoutes: Route[] = [
  // The fake GitHub has no review comments, so every list of them is empty.
  {
    method: 'GET',
    path: `${PULLS}/comments`,
    needs: READ,
    handle: (call) => page(call, [], (comment) => comment),
  },
  { method: 'GET', path: `${PULLS}/{pull_number}/commits`, needs: READ, handle: listCommits },
  { method: 'GET', path: `${PULLS}/{pull_number}/files`, needs: READ, handle: listFiles },
  { method: 'GET', path: PULLS, needs: READ, handle: list },
  {
    method: 'GET',
    path: `${PULLS}/{pull_number}`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return { status: 200, body: pullShape(call.github, repository, pullOf(call, repository)) }
    },
  },
]
