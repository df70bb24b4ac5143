/** Changes to seeded objects: pushes, merges, renames, reviews. */
import { addAccount, addBranch, addCommit, newId, type PullIssue } from './seed.ts'
import type { Repository, Review, State } from './state.ts'

export interface Push {
  sha: string
  /** ISO instant. */
  at: string
  actor?: string
  forced?: boolean
}

/** Moves the head of a pull request; a forced push replaces the commits and appears in the timeline. */
export function pushHead(state: State, repository: Repository, issue: PullIssue, push: Push): void {
  const { pull } = issue
  const actor = push.actor ?? issue.user
  const forced = push.forced ?? false
  const before = pull.head.sha
  addCommit(repository, push.sha, {
    author: actor,
    date: push.at,
    parents: [forced ? pull.base.sha : before],
  })
  pull.moves.push({ before, after: push.sha, actor, at: push.at, forced })
  pull.commits = forced ? [push.sha] : [...pull.commits, push.sha]
  pull.head.sha = push.sha
  issue.updatedAt = push.at
  if (!forced) return
  issue.timeline.push({
    id: newId(state),
    event: 'head_ref_force_pushed',
    actor,
    at: push.at,
    commitSha: push.sha,
  })
}

/** Changes the base branch of a pull request; creates the branch if necessary. */
export function changeBase(
  state: State,
  repository: Repository,
  issue: PullIssue,
  change: { to: string; at: string },
): void {
  const { ref: from } = issue.pull.base
  const branch = addBranch(repository, change.to)
  issue.pull.base = { ref: branch.name, sha: branch.sha }
  issue.updatedAt = change.at
  issue.timeline.push({
    id: newId(state),
    event: 'base_ref_changed',
    actor: issue.user,
    at: change.at,
    commitSha: null,
    base: { from, to: change.to },
  })
}

/** Submits a review; creates its author if necessary. */
export function addReview(
  state: State,
  issue: PullIssue,
  review: { user: string; body: string; at: string; state?: Review['state'] },
): Review {
  addAccount(state, review.user)
  const { user, body, at: submittedAt } = review
  const added: Review = { id: newId(state), user, body, state: review.state ?? 'COMMENTED', submittedAt }
  issue.pull.reviews.push(added)
  issue.updatedAt = submittedAt
  return added
}

/** Closes a pull request, merged or not. */
export function closePull(state: State, issue: PullIssue, at: string, by: string, mergeSha?: string): void {
  Object.assign(issue, { state: 'closed', closedAt: at, closedBy: by, updatedAt: at })
  if (mergeSha) {
    Object.assign(issue.pull, { merged: true, mergedAt: at, mergedBy: by, mergeCommitSha: mergeSha })
    issue.timeline.push({ id: newId(state), event: 'merged', actor: by, at, commitSha: mergeSha })
  }
  issue.timeline.push({ id: newId(state), event: 'closed', actor: by, at, commitSha: null })
}

/** Adds something that a person did to a pull request at a time to its timeline. */
export function addAct(
  state: State,
  issue: PullIssue,
  event: 'closed' | 'reopened' | 'labeled' | 'unlabeled' | 'renamed',
  at: string,
): void {
  issue.timeline.push({ id: newId(state), event, actor: issue.user, at, commitSha: null })
}

/** Renames or transfers a repository. Requests to the old name are redirected. */
export function renameRepository(state: State, repository: Repository, owner: string, name: string): void {
  const old = `${repository.owner}/${repository.name}`.toLowerCase()
  addAccount(state, owner, 'Organization')
  state.repositories.delete(old)
  state.formerNames.set(old, repository.id)
  Object.assign(repository, { owner, name })
  state.repositories.set(`${owner}/${name}`.toLowerCase(), repository)
}

/** Adds a user's comment to an issue or pull request. A comment with that id that exists stays unchanged. */
export function addComment(
  repository: Repository,
  comment: { id: number; issue: number; body: string; user: string; at: string },
): void {
  if (repository.comments.has(comment.id)) return
  const { at, ...fields } = comment
  repository.comments.set(fields.id, {
    ...fields,
    byApp: false,
    createdAt: at,
    updatedAt: at,
    reactions: [],
    minimized: null,
  })
}

/** Deletes the check runs, workflow runs and statuses that are older than the repository's retention. @param now epoch ms */
export function expireResults(repository: Repository, now: number): void {
  const oldest = now - repository.retentionDays * 86_400_000
  const isOld = (at: string) => Date.parse(at) < oldest
  for (const [id, run] of repository.workflowRuns)
    if (isOld(run.createdAt)) repository.workflowRuns.delete(id)
  for (const [id, suite] of repository.checkSuites)
    if (isOld(suite.createdAt)) repository.checkSuites.delete(id)
  for (const [id, run] of repository.checkRuns)
    if (!repository.checkSuites.has(run.suiteId)) repository.checkRuns.delete(id)
  for (const [sha, statuses] of repository.statuses) {
    const kept = statuses.filter((status) => !isOld(status.createdAt))
    if (kept.length > 0) repository.statuses.set(sha, kept)
    else repository.statuses.delete(sha)
  }
}
