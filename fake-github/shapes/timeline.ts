/** The timeline of an issue or pull request as GitHub's REST API writes it. */
import type { Comment, Commit, Issue, Repository, Review, TimelineEvent } from '../state.ts'
import { commitShape } from './commits.ts'
import { type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { association, commentShape, issuePage } from './issues.ts'
import { userShape } from './users.ts'

/** The timeline events of an issue, oldest first. */
export function timelineShapes(github: GitHubInstance, repository: Repository, issue: Issue): unknown[] {
  const comments = [...repository.comments.values()].filter((comment) => comment.issue === issue.number)
  const commits = (issue.pull?.commits ?? []).flatMap((sha) => repository.commits.get(sha) ?? [])
  const entries = [
    ...commits.map((commit) => ({ at: commit.date, shape: committedShape(github, repository, commit) })),
    ...issue.timeline.map((event) => ({ at: event.at, shape: eventShape(github, repository, event) })),
    ...comments.map((comment) => ({
      at: comment.createdAt,
      shape: commentedShape(github, repository, comment),
    })),
  ]
  const reviews = (issue.pull?.reviews ?? []).map((review) => ({
    at: review.submittedAt,
    shape: reviewedShape(github, repository, issue, review),
  }))
  return [...entries, ...reviews].sort((a, b) => a.at.localeCompare(b.at)).map((entry) => entry.shape)
}

function committedShape(github: GitHubInstance, repository: Repository, commit: Commit) {
  const { sha, node_id, html_url, parents, commit: git } = commitShape(github, repository, commit)
  const { url, author, committer, message, tree, verification } = git
  return {
    event: 'committed',
    sha,
    node_id,
    url,
    html_url,
    parents,
    author,
    committer,
    message,
    tree,
    verification,
  }
}

function commentedShape(github: GitHubInstance, repository: Repository, comment: Comment) {
  const { minimized: _minimized, ...shape } = commentShape(github, repository, comment)
  return { ...shape, event: 'commented', actor: userShape(github, comment.user) }
}

function reviewedShape(github: GitHubInstance, repository: Repository, issue: Issue, review: Review) {
  const page = `${issuePage(github, repository, issue)}#pullrequestreview-${review.id}`
  const pull = `${repositoryUrl(github, repository)}/pulls/${issue.number}`
  return {
    event: 'reviewed',
    id: review.id,
    node_id: nodeId('PRR', repository.id, issue.number, review.id),
    user: userShape(github, review.user),
    body: review.body,
    state: review.state.toLowerCase(),
    html_url: page,
    pull_request_url: pull,
    _links: { html: { href: page }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    updated_at: review.submittedAt,
    commit_id: issue.pull?.head.sha ?? '',
    author_association: association(repository, review.user),
  }
}

function eventShape(github: GitHubInstance, repository: Repository, event: TimelineEvent) {
  const base = repositoryUrl(github, repository)
  return {
    id: event.id,
    node_id: nodeId('EV', event.id),
    url: `${base}/issues/events/${event.id}`,
    actor: userShape(github, event.actor),
    event: event.event,
    commit_id: event.commitSha,
    commit_url: event.commitSha ? `${base}/commits/${event.commitSha}` : null,
    created_at: event.at,
    performed_via_github_app: null,
    ...(event.label && { label: { name: event.label, color: 'ededed' } }),
    ...(event.rename && { rename: event.rename }),
  }
}
