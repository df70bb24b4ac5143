/** The facts about one commit, from which everything about it is derived. */
import type { TimeLimit } from './actions.ts'
import type {
  CommentFact,
  MergeGroupFact,
  Observation,
  PullRequestEvent,
  RerunRequest,
  WorkflowJobFact,
  WorkflowRunFact,
} from './facts.ts'
import type { HuntedAttempt } from './hunted.ts'

/** Actions of `pull_request` events that a person causes without a push. */
export const ACTS = ['edited', 'labeled', 'unlabeled', 'reopened'] as const

/** A label, an edit or a reopening of a pull request. */
export type PullRequestAct = Pick<PullRequestEvent, 'number' | 'action' | 'reported_at'>

export interface HeadFacts {
  headSha: string
  observations: readonly Observation[]
  workflowRuns: readonly WorkflowRunFact[]
  workflowJobs: readonly WorkflowJobFact[]
  /** The time limits of jobs at this commit, as far as their runs everywhere in the repository show them. */
  timeLimits: readonly TimeLimit[]
  /** Events of any pull request that had this commit as its head. */
  pullRequests: readonly PullRequestEvent[]
  /** What was done to those pull requests besides pushes, at any head. */
  acts: readonly PullRequestAct[]
  mergeGroups: readonly MergeGroupFact[]
  /** Comments on those pull requests, at any head. */
  comments: readonly CommentFact[]
  rerunRequests: readonly RerunRequest[]
  /** Attempts that a hunt started at this commit. Their runs are not results of the commit. */
  hunted: readonly HuntedAttempt[]
}
