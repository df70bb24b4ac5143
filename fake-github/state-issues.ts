/** The state of issues, pull requests, comments and labels. */

/** A push to a pull request, with the head before and after it. */
export interface HeadMove {
  before: string
  after: string
  actor: string
  at: string
  forced: boolean
}
export interface TimelineEvent {
  id: number
  event:
    | 'labeled'
    | 'unlabeled'
    | 'closed'
    | 'reopened'
    | 'renamed'
    | 'head_ref_force_pushed'
    | 'base_ref_changed'
    | 'merged'
  actor: string
  at: string
  commitSha: string | null
  label?: string
  rename?: { from: string; to: string }
  /** The old and new base branch of a pull request; GitHub returns the names through GraphQL only. */
  base?: { from: string; to: string }
}

export type ReactionContent = '+1' | '-1' | 'laugh' | 'confused' | 'heart' | 'hooray' | 'rocket' | 'eyes'
export interface Reaction {
  id: number
  user: string
  content: ReactionContent
  createdAt: string
}
export interface Comment {
  id: number
  /** Number of its issue or pull request. */
  issue: number
  body: string
  user: string
  /** True when an installation of the app wrote it. */
  byApp: boolean
  createdAt: string
  updatedAt: string
  reactions: Reaction[]
  minimized: null | string
}
export interface Label {
  id: number
  name: string
  color: string
  description: string | null
}
export interface Issue {
  id: number
  number: number
  title: string
  body: string | null
  state: 'open' | 'closed'
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null
  user: string
  byApp: boolean
  labels: string[]
  assignees: string[]
  locked: boolean
  createdAt: string
  updatedAt: string
  closedAt: string | null
  closedBy: string | null
  reactions: Reaction[]
  timeline: TimelineEvent[]
  /** Present when the issue is a pull request. */
  pull: PullRequest | null
}
export interface PullRequest {
  id: number
  draft: boolean
  merged: boolean
  mergedAt: string | null
  mergedBy: string | null
  mergeCommitSha: string | null
  base: { ref: string; sha: string }
  /** `repository` is the full name of the fork or of the repository itself, `null` once a fork was deleted. */
  head: { ref: string; sha: string; repository: string | null; owner: string }
  /** Commits of the present head, oldest first. */
  commits: string[]
  moves: HeadMove[]
  reviews: Review[]
}
export interface Review {
  id: number
  user: string
  body: string
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'
  submittedAt: string
}
