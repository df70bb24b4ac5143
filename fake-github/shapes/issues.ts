/** Issues, comments, labels and reactions as GitHub's API writes them. */
import type { Comment, Issue, Label, Reaction, Repository, Role } from '../state.ts'
import { fullName, type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { appShape, userShape } from './users.ts'

const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'eyes', 'rocket'] as const

/** One reaction. */
export function reactionShape(github: GitHubInstance, reaction: Reaction) {
  return {
    id: reaction.id,
    node_id: nodeId('REA', reaction.id),
    user: userShape(github, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  }
}

function reactionRollup(url: string, reactions: Reaction[]) {
  const counts: Record<string, number> = {}
  for (const content of REACTIONS) counts[content] = 0
  for (const reaction of reactions) counts[reaction.content] = (counts[reaction.content] ?? 0) + 1
  return { url: `${url}/reactions`, total_count: reactions.length, ...counts }
}

/** A label of a repository. */
export function labelShape(github: GitHubInstance, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${repositoryUrl(github, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  }
}

/** The labels of an issue or pull request, in its order. */
export function labelShapes(github: GitHubInstance, repository: Repository, names: string[]) {
  return names.flatMap((name) => {
    const label = repository.labels.get(name.toLowerCase())
    return label ? [labelShape(github, repository, label)] : []
  })
}

const ASSOCIATION: Record<Role, string> = {
  admin: 'MEMBER',
  maintain: 'MEMBER',
  write: 'COLLABORATOR',
  triage: 'COLLABORATOR',
  read: 'CONTRIBUTOR',
  none: 'NONE',
}

/** The `author_association`: OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR or NONE. */
export function association(repository: Repository, login: string): string {
  if (login.toLowerCase() === repository.owner.toLowerCase()) return 'OWNER'
  return ASSOCIATION[repository.permissions.get(login.toLowerCase()) ?? 'none']
}

/** Web address of an issue or pull request. */
export function issuePage(github: GitHubInstance, repository: Repository, issue: Issue): string {
  return `${github.web}/${fullName(repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`
}

function commentCount(repository: Repository, issue: Issue): number {
  let count = 0
  for (const comment of repository.comments.values()) if (comment.issue === issue.number) count += 1
  return count
}

/** An issue; a pull request is one too and then carries `pull_request`. */
export function issueShape(github: GitHubInstance, repository: Repository, issue: Issue) {
  const base = repositoryUrl(github, repository)
  const url = `${base}/issues/${issue.number}`
  const assignees = issue.assignees.map((login) => userShape(github, login))
  return {
    id: issue.id,
    node_id: nodeId(issue.pull ? 'PR' : 'I', repository.id, issue.number),
    url,
    repository_url: base,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: issuePage(github, repository, issue),
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: userShape(github, issue.user),
    labels: labelShapes(github, repository, issue.labels),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: issue.locked,
    active_lock_reason: null,
    comments: commentCount(repository, issue),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy ? userShape(github, issue.closedBy) : null,
    author_association: association(repository, issue.user),
    performed_via_github_app: issue.byApp ? appShape(github, github.state.app) : null,
    reactions: reactionRollup(url, issue.reactions),
    ...(issue.pull && pullPart(github, repository, issue)),
  }
}

function pullPart(github: GitHubInstance, repository: Repository, issue: Issue) {
  const page = issuePage(github, repository, issue)
  return {
    draft: issue.pull?.draft ?? false,
    pull_request: {
      url: `${repositoryUrl(github, repository)}/pulls/${issue.number}`,
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      merged_at: issue.pull?.mergedAt ?? null,
    },
  }
}

/** A comment on an issue or pull request. */
export function commentShape(github: GitHubInstance, repository: Repository, comment: Comment) {
  const base = repositoryUrl(github, repository)
  const url = `${base}/issues/comments/${comment.id}`
  const issue = repository.issues.get(comment.issue)
  const page = issue ? issuePage(github, repository, issue) : `${github.web}/${fullName(repository)}`
  return {
    id: comment.id,
    node_id: nodeId('IC', repository.id, comment.id),
    url,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${base}/issues/${comment.issue}`,
    body: comment.body,
    user: userShape(github, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.user),
    performed_via_github_app: comment.byApp ? appShape(github, github.state.app) : null,
    reactions: reactionRollup(url, comment.reactions),
    minimized: comment.minimized ? { reason: comment.minimized } : null,
  }
}
