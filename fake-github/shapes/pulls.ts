/** Pull requests as GitHub's API writes them. */
import type { PullIssue } from '../seed.ts'
import type { Repository } from '../state.ts'
import { changedFiles } from './commits.ts'
import { type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { association, issuePage, labelShapes } from './issues.ts'
import { repositoryShape } from './repositories.ts'
import { userShape } from './users.ts'

function pullLinks(github: GitHubInstance, repository: Repository, pull: PullIssue) {
  const base = repositoryUrl(github, repository)
  const url = `${base}/pulls/${pull.number}`
  const page = issuePage(github, repository, pull)
  return {
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: `${base}/issues/${pull.number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${base}/pulls/comments{/number}`,
    comments_url: `${base}/issues/${pull.number}/comments`,
    statuses_url: `${base}/statuses/${pull.pull.head.sha}`,
  }
}

function hypermedia(github: GitHubInstance, repository: Repository, pull: PullIssue) {
  const all = pullLinks(github, repository, pull)
  return {
    self: { href: all.url },
    html: { href: all.html_url },
    issue: { href: all.issue_url },
    comments: { href: all.comments_url },
    review_comments: { href: all.review_comments_url },
    review_comment: { href: all.review_comment_url },
    commits: { href: all.commits_url },
    statuses: { href: all.statuses_url },
  }
}

function headShape(github: GitHubInstance, pull: PullIssue) {
  const { head } = pull.pull
  const from = head.repository ? github.state.repositories.get(head.repository.toLowerCase()) : undefined
  return {
    label: `${head.owner}:${head.ref}`,
    ref: head.ref,
    sha: head.sha,
    user: userShape(github, head.owner),
    repo: from ? repositoryShape(github, from) : null,
  }
}

/** A `pull-request-simple`, as lists hold it. */
export function simplePullShape(github: GitHubInstance, repository: Repository, issue: PullIssue) {
  const { pull } = issue
  const assignees = issue.assignees.map((login) => userShape(github, login))
  return {
    ...pullLinks(github, repository, issue),
    id: pull.id,
    node_id: nodeId('PR', repository.id, issue.number),
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    body: issue.body,
    user: userShape(github, issue.user),
    labels: labelShapes(github, repository, issue.labels),
    milestone: null,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: [],
    requested_teams: [],
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    draft: pull.draft,
    head: headShape(github, issue),
    base: {
      label: `${repository.owner}:${pull.base.ref}`,
      ref: pull.base.ref,
      sha: pull.base.sha,
      user: userShape(github, repository.owner),
      repo: repositoryShape(github, repository),
    },
    _links: hypermedia(github, repository, issue),
    author_association: association(repository, issue.user),
    auto_merge: null,
  }
}

/** A `pull-request`, the answer of `GET /repos/{owner}/{repo}/pulls/{number}`. */
export function pullShape(github: GitHubInstance, repository: Repository, issue: PullIssue) {
  const { pull } = issue
  const files = changedFiles(repository, pull.commits)
  return {
    ...simplePullShape(github, repository, issue),
    merged: pull.merged,
    mergeable: issue.state === 'open' ? true : null,
    rebaseable: issue.state === 'open' ? true : null,
    mergeable_state: issue.state === 'open' ? 'clean' : 'unknown',
    merged_by: pull.mergedBy ? userShape(github, pull.mergedBy) : null,
    comments: [...repository.comments.values()].filter((comment) => comment.issue === issue.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pull.commits.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  }
}
