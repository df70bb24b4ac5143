/**
 * Facts: what webhooks and the API report, before anything is derived from it. Each is one row of the table of the same
 * name. Times are RFC 3339 strings by GitHub's clock.
 */

import type { CorrectionFact } from './correction.ts'
import type { NewTask } from './task.ts'

/** A pull request that a check run mentions, with the base it reports for it. */
export interface Mention {
  number: number
  base_ref: string | null
  base_sha: string | null
}

/** One report about one run of one job at one commit: a completed check run, or a commit status. */
export interface Observation {
  repository_id: number
  head_sha: string
  /** Identity of the run (docs/how-figures-are-computed.md): two reports about one run have equal keys. */
  run_key: string
  reported_at: string
  /** The status's id, which orders reports of the same second; 0 for check runs. */
  reported_id: number
  /** A check run's conclusion or a status's state, as GitHub reports it. */
  state: string
  source: 'check_run' | 'status'
  /** Slug of the app that made the check run; empty for statuses. */
  app: string
  name: string
  /** A status's description or a check run's title. Prow encodes outcomes in it. */
  description: string | null
  url: string | null
  suite_id: number | null
  head_branch: string | null
  /** The branch that was tested is the default branch or a merge queue's branch, according to GitHub. */
  trunk: boolean
  mentions: Mention[]
  started_at: string | null
  completed_at: string
}

/** One attempt of a GitHub Actions workflow, seen at one action (requested, completed). */
export interface WorkflowRunFact {
  repository_id: number
  head_sha: string
  run_id: number
  attempt: number
  action: string
  suite_id: number | null
  path: string
  event: string
  conclusion: string | null
  actor: string | null
  actor_is_bot: boolean
  started_at: string
}

/** A `pull_request` event; `action` is `before` for the head that a push replaced. */
export interface PullRequestEvent {
  repository_id: number
  number: number
  reported_at: string
  action: string
  head_sha: string
  head_ref: string | null
  head_repository_id: number | null
  base_ref: string
  base_sha: string | null
  state: string
  merged: boolean
  draft: boolean
  title: string
  author: string
  author_is_bot: boolean
  labels: string[]
  merge_sha: string | null
  created_at: string
}

/** Where somebody wrote: in the conversation, in a review (submitted or dismissed), at a line of the changes, or in the pull request's body. */
export type CommentKind = 'comment' | 'review' | 'review_comment' | 'body'

/** A comment on an open pull request: it shows that its author acted then, and what of it may be a command. */
export interface CommentFact {
  repository_id: number
  number: number
  comment_key: string
  kind: CommentKind
  author: string
  author_is_bot: boolean
  association: string | null
  reported_at: string
  /** The lines that may be commands, or the whole of a short comment (`storedBody`); empty without any. */
  body: string
}

/** Somebody pressed "Re-run" on a check run, or "Re-run all checks". GitHub reports the time of the old run, not of the request. */
export interface RerunRequest {
  repository_id: number
  head_sha: string
  run_key: string
  app: string
  /** Null for a request to run every job of the app again. */
  name: string | null
  actor: string
  actor_is_bot: boolean
  reported_at: string
}

/** A job of Actions that failed, was cancelled or ran on a self-hosted machine. Its id is that of its check run. */
export interface WorkflowJobFact {
  repository_id: number
  head_sha: string
  check_run_id: number
  run_id: number
  /** A job that a partial re-run carried over has the attempt of that re-run; only `started_at` shows when it ran. */
  attempt: number
  name: string
  conclusion: string
  /** Name of the self-hosted runner; null on GitHub's machines, which are new for every job. */
  runner: string | null
  had_runner: boolean
  /** Number of steps, null when the payload does not list them; of those that failed; of those that were cancelled. */
  steps: number | null
  failed_steps: number
  cancelled_steps: number
  started_at: string | null
  completed_at: string
}

/** A merge queue's commit: its runs are evidence about the job, never a presubmit of a pull request. */
export interface MergeGroupFact {
  repository_id: number
  head_sha: string
  action: string
  base_ref: string
  base_sha: string
  number: number | null
  reported_at: string
}

/** An event about the repository itself: installation, rename, change of branch protection or a ruleset. */
export interface RepositoryEvent {
  repository_id: number
  guid: string
  event: string
  action: string | null
  reported_at: string
  detail: unknown
}

/** The repository that a payload is about. */
export interface RepositoryFact {
  repository_id: number
  full_name: string
  private: boolean
  default_branch: string | null
  /** When it was so. GitHub's time of the repository's last change, where the payload has it. */
  reported_at: string
  /**
   * What `reported_at` is: a time of GitHub, a time that says little (of arrival, or chosen by an app), or the time of a list
   * in an installation event, which has no times of its repositories.
   */
  timing: 'own' | 'arrival' | 'list'
  installation_id: number | null
  /**
   * What it says about that installation: it sent an event about the repository, holds it, or holds it no more; or that the
   * repository was deleted on GitHub.
   */
  membership: 'seen' | 'added' | 'removed' | 'deleted'
  /** When that was so. */
  changed_at: string
}

/** An installation of the app. While its owner has suspended it, GitHub sends no events. */
export interface InstallationFact {
  installation_id: number
  reported_at: string
  suspended_at: string | null
  /** When it was reported. GitHub dates the end of a suspension by its beginning. */
  changed_at: string
}

/** A push to a branch, with the files of its commits; null when GitHub does not list them all. */
export interface BranchPush {
  repository_id: number
  head_sha: string
  ref: string
  /** The branch's commit before the push; empty when the payload does not say. */
  before_sha: string
  created: boolean
  files: string[] | null
}

/** The facts of one delivery, by table. */
export interface Facts {
  repository?: RepositoryFact[]
  installation?: InstallationFact[]
  observation?: Observation[]
  workflow_run?: WorkflowRunFact[]
  workflow_job?: WorkflowJobFact[]
  pull_request_event?: PullRequestEvent[]
  comment?: CommentFact[]
  rerun_request?: RerunRequest[]
  branch_push?: BranchPush[]
  merge_group?: MergeGroupFact[]
  repository_event?: RepositoryEvent[]
  /** Corrections whose author is not verified yet: `permission` is the association in the comment's payload. */
  correction?: CorrectionFact[]
  /** What to do on GitHub because of it; stored in the same transaction. */
  outbox?: NewTask[]
}
