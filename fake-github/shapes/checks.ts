/** Check suites and check runs as GitHub's API writes them. */
import type { CheckRun, CheckSuite, Repository } from '../state.ts'
import { simpleCommitShape } from './commits.ts'
import { fullName, type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { minimalRepositoryShape } from './repositories.ts'
import { appShape } from './users.ts'

/**
 * The open pull requests that GitHub names in a check: those whose head has this SHA in the repository itself.
 * Pull requests from forks are never included.
 */
export function pullsOfSha(github: GitHubInstance, repository: Repository, sha: string) {
  const own = fullName(repository).toLowerCase()
  const repo = { id: repository.id, url: repositoryUrl(github, repository), name: repository.name }
  return [...repository.issues.values()].flatMap((issue) => {
    const { pull } = issue
    if (!pull || issue.state !== 'open' || pull.head.sha !== sha) return []
    if (pull.head.repository?.toLowerCase() !== own) return []
    return [
      {
        id: pull.id,
        number: issue.number,
        url: `${repositoryUrl(github, repository)}/pulls/${issue.number}`,
        head: { ref: pull.head.ref, sha: pull.head.sha, repo },
        base: { ref: pull.base.ref, sha: pull.base.sha, repo },
      },
    ]
  })
}

/** A check run. */
export function checkRunShape(github: GitHubInstance, repository: Repository, run: CheckRun) {
  const url = `${repositoryUrl(github, repository)}/check-runs/${run.id}`
  const app = github.state.apps.get(run.appId)
  const page = `${github.web}/${fullName(repository)}/runs/${run.id}`
  return {
    id: run.id,
    node_id: nodeId('CR', repository.id, run.id),
    name: run.name,
    head_sha: run.sha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: app ? appShape(github, app) : null,
    pull_requests: pullsOfSha(github, repository, run.sha),
  }
}

/** The runs of a suite, oldest first. */
export function runsOfSuite(repository: Repository, suiteId: number): CheckRun[] {
  return [...repository.checkRuns.values()].filter((run) => run.suiteId === suiteId)
}

/** Only the newest run of each name in each suite, as with `filter=latest`. */
export function latestRuns(runs: CheckRun[]): CheckRun[] {
  const latest = new Map<string, CheckRun>()
  for (const run of runs) latest.set(`${run.suiteId} ${run.name}`, run)
  return [...latest.values()]
}

/** A check suite. */
export function checkSuiteShape(github: GitHubInstance, repository: Repository, suite: CheckSuite) {
  const url = `${repositoryUrl(github, repository)}/check-suites/${suite.id}`
  const app = github.state.apps.get(suite.appId)
  return {
    id: suite.id,
    node_id: nodeId('CS', repository.id, suite.id),
    head_branch: suite.branch,
    head_sha: suite.sha,
    status: suite.status,
    conclusion: suite.conclusion,
    url,
    before: suite.before,
    after: suite.sha,
    pull_requests: pullsOfSha(github, repository, suite.sha),
    app: app ? appShape(github, app) : null,
    repository: minimalRepositoryShape(github, repository),
    created_at: suite.createdAt,
    updated_at: suite.updatedAt,
    head_commit: simpleCommitShape(repository, suite.sha),
    latest_check_runs_count: latestRuns(runsOfSuite(repository, suite.id)).length,
    check_runs_url: `${url}/check-runs`,
  }
}
