/** The state of CI results: check suites and runs, statuses, workflow runs with their attempts. */

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending'
export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'stale'
  | 'startup_failure'
export interface CheckSuite {
  id: number
  sha: string
  branch: string | null
  appId: number
  status: CheckStatus
  conclusion: Conclusion | null
  before: string | null
  createdAt: string
  updatedAt: string
}
export interface CheckRun {
  id: number
  suiteId: number
  sha: string
  name: string
  appId: number
  status: CheckStatus
  conclusion: Conclusion | null
  startedAt: string | null
  completedAt: string | null
  externalId: string
  detailsUrl: string | null
  title: string | null
  summary: string | null
  text: string | null
  /** Whether others than its app may request a re-run; false by default. */
  rerequestable?: boolean
}
export interface CommitStatus {
  id: number
  sha: string
  context: string
  state: 'error' | 'failure' | 'pending' | 'success'
  description: string | null
  targetUrl: string | null
  creator: string
  createdAt: string
}
export interface WorkflowRun {
  id: number
  name: string
  path: string
  workflowId: number
  event: string
  sha: string
  branch: string | null
  headRepository: string
  runNumber: number
  suiteId: number
  actor: string
  createdAt: string
  attempts: WorkflowAttempt[]
}
export interface WorkflowAttempt {
  attempt: number
  status: CheckStatus
  conclusion: Conclusion | null
  startedAt: string
  updatedAt: string
  actor: string
  jobs: WorkflowJob[]
}
export interface WorkflowJob {
  /** Also the id of its check run. */
  id: number
  name: string
  status: CheckStatus
  conclusion: Conclusion | null
  createdAt: string
  startedAt: string
  completedAt: string | null
  /** Null for a job that never started. */
  runnerName: string | null
  /** The conclusions of its steps. */
  steps: Conclusion[]
  /** The job's log, if a test needs it. */
  log?: string
}
