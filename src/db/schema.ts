/** The tables as Kysely types. `migrations/` creates them; `docs/schema.sql` shows them as SQL. A test compares this file with the database. */
import type { ColumnType, Generated, Insertable, Kysely, Selectable } from 'kysely'
import type { Correction } from '../domain/correction.ts'
import type { Mention } from '../domain/facts.ts'
import type { RunKind } from '../domain/placement.ts'
import type { RequiredJob } from '../domain/required-lists.ts'

/** RFC 3339 in UTC when read. */
type Time = ColumnType<string, Date | string, Date | string>
type Json<T> = ColumnType<T, string, string>

export interface RepositoryTable {
  repository_id: number
  full_name: string
  private: boolean
  default_branch: string | null
  installation_id: number | null
  /** Of the name and the default branch. */
  reported_at: Time
  removed_at: Time | null
  /** They come from the list of an installation event. */
  listed: Generated<boolean>
  /** The newest times at which something said that it is private, and at which something with a time of its own said public. */
  private_at: Time | null
  public_at: Time | null
}

/** The newest word on one installation's access to a repository; installation 0 is about the deletion of the repository. */
export interface RepositoryInstallationTable {
  repository_id: number
  installation_id: number
  changed_at: Time
  state: 'seen' | 'added' | 'removed' | 'deleted'
}

export interface DeliveryTable {
  repository_id: number
  guid: string
  event: string
  action: string | null
  outcome: 'recorded' | 'rejected'
  reason: string | null
  received_at: Time
}

export interface ObservationTable {
  repository_id: number
  head_sha: string
  run_key: string
  reported_at: Time
  reported_id: number
  state: string
  source: 'check_run' | 'status'
  app: string
  name: string
  description: string | null
  url: string | null
  suite_id: number | null
  head_branch: string | null
  trunk: boolean
  mentions: Json<Mention[]>
  started_at: Time | null
  completed_at: Time
}

export interface WorkflowRunTable {
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
  started_at: Time
}

/** A job of Actions that failed, was cancelled or ran on a self-hosted machine. */
export interface WorkflowJobTable {
  repository_id: number
  head_sha: string
  check_run_id: number
  run_id: number
  attempt: number
  name: string
  conclusion: string
  /** Name of the self-hosted runner; null on GitHub's machines. */
  runner: string | null
  had_runner: boolean
  /** Null when the payload does not list them. */
  steps: number | null
  failed_steps: number
  cancelled_steps: number
  started_at: Time | null
  completed_at: Time
}

export interface PullRequestEventTable {
  repository_id: number
  number: number
  reported_at: Time
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
  labels: Json<string[]>
  merge_sha: string | null
  created_at: Time
}

export interface CommentTable {
  repository_id: number
  number: number
  comment_key: string
  kind: 'comment' | 'review' | 'review_comment' | 'body'
  author: string
  author_is_bot: boolean
  association: string | null
  reported_at: Time
  body: string
}

export interface RerunRequestTable {
  repository_id: number
  head_sha: string
  run_key: string
  app: string
  /** Null for a request to run every job of the app again. */
  name: string | null
  actor: string
  actor_is_bot: boolean
  reported_at: Time
}

export interface MergeGroupTable {
  repository_id: number
  head_sha: string
  action: string
  base_ref: string
  base_sha: string
  number: number | null
  reported_at: Time
}

export interface RepositoryEventTable {
  repository_id: number
  guid: string
  event: string
  action: string | null
  reported_at: Time
  detail: Json<unknown>
}

export interface RequiredJobsTable {
  repository_id: number
  base_ref: string
  /** The start of its validity. The first list of a branch is valid before it too. */
  valid_from: Time
  /** Null where the requirements could not be read from then on. */
  jobs: Json<RequiredJob[]> | null
  /** What could not be read and which permission is missing; null when the list is complete. */
  problem: string | null
}

export interface BackfillTable {
  repository_id: number
  /** How far back this reading goes. */
  since: Time
  started_at: Time
  done_at: Time | null
  /** How far back the last request wanted to read. */
  wanted_since: Time
  /** Since when everything is stored that GitHub had. */
  complete_since: Time
  /** When the results begin, if GitHub may have deleted earlier ones; null otherwise. */
  results_since: Time | null
  /** How many days GitHub keeps results; null where that is unknown. */
  kept_days: number | null
  /** Whether it continues a finished reading, so that what is stored need not be read again. */
  continues: boolean
}

export interface BackfillPageTable {
  repository_id: number
  page_key: string
  seq: Generated<number>
  kind: string
  payload: Json<unknown>
  numbers: Json<number[]>
  claimed_by: string | null
  claimed_until: Time | null
  done_at: Time | null
  /** Why it could not be read; null when it was read. */
  problem: string | null
}

export interface MissedDeliveryTable {
  guid: string
  /** GitHub's id of the newest attempt: 19 digits, so it is read as text. */
  delivery_id: ColumnType<number, string, string>
  repository_id: number
  event: string
  delivered_at: Time
  /** How often a redelivery was requested. */
  attempts: Generated<number>
  tried_at: Time | null
  done_at: Time | null
  result: string | null
}

export interface GapTable {
  repository_id: number
  from_at: Time
  to_at: Time
  reason: string
  filled_at: Time | null
}

/** A commit with results whose pull request has not been found. */
export interface OrphanHeadTable {
  repository_id: number
  head_sha: string
  /** Branches that its runs name. */
  head_branches: Json<string[]>
  completed_at: Time
  /** When to ask GitHub for its pull request; null after the last try. */
  due_at: Time | null
  tries: Generated<number>
}

export interface InstallationTable {
  installation_id: number
  reported_at: Time
  suspended_at: Time | null
  /** When the end of its suspension was reported; null while it is suspended. */
  resumed_at: Time | null
}

/** When GitHub's list of deliveries was last checked to its end: at most one row. */
export interface DeliveryCheckTable {
  checked_at: Time
}

/** Where a check of GitHub's list of deliveries was interrupted. */
export interface DeliveryCursorTable {
  which: 'failed' | 'all'
  cursor: string
  /** How far back the check goes. */
  since: Time
}

/** Timelines of PostgreSQL's write-ahead log that the database was on. */
export interface DatabaseTimelineTable {
  timeline: string
  seen_at: Time
}

export interface JobTable {
  repository_id: number
  job_id: number
  name: string
  source: 'check_run' | 'status'
  app: string
  workflow: string | null
  event: string | null
}

export interface RunTable {
  repository_id: number
  kind: RunKind
  /** Pull request; null for the other kinds. */
  number: number | null
  run_key: string
  head_sha: string
  job_id: number
  outcome: 'pass' | 'fail' | 'aborted' | 'infra' | 'skipped'
  reason: string | null
  base_ref: string | null
  base_sha: string | null
  suite_id: number | null
  url: string | null
  started_at: Time | null
  completed_at: Time
}

export interface VerdictTable {
  repository_id: number
  job_id: number
  head_sha: string
  kind: RunKind
  /** Pull request; null for the other kinds. */
  number: number | null
  flaky: boolean
  judged_at: Time
  /** The first failure of a flaky verdict. */
  failed_at: Time | null
}

/** A pull request as of its newest event. */
export interface PullRequestTable {
  repository_id: number
  number: number
  title: string
  /** The title without words such as "Revert" or "Reland" that refer to the change of another pull request. */
  subject: string
  /** Whether the title has such words. */
  repeats: boolean
  author: string
  /** Null when the branch is a fork's. */
  head_ref: string | null
  base_ref: string | null
  opened_at: Time
  merged_at: Time | null
  /** Paths of all changed files, as a sorted JSON array; null when some are not known. */
  files: string | null
}

/** A push to a branch other than the default branch. */
export interface BranchPushTable {
  repository_id: number
  head_sha: string
  ref: string
  /** The branch's commit before the push; zeros when the push created it, empty when unknown. */
  before_sha: string
  /** Whether the push created the branch. Its earlier commits are then on the default branch. */
  created: boolean
  /** Changed files; null when the payload does not list all of them. */
  files: Json<string[]> | null
}

/** An incident, as found in the results of one week. */
export interface IncidentTable {
  repository_id: number
  /** Monday in UTC, `YYYY-MM-DD`. */
  week: string
  incident: string
  /** The affected job; null when several were affected. */
  job_id: number | null
  began_at: Time
  ended_at: Time
  /** The share of results during the incident that failed. */
  rate: number
  jobs: Json<number[]>
  pull_requests: Json<number[]>
  failures: number
  on_trunk: boolean
}

/** A day on which a job's flake rate rose or fell. */
export interface ChangePointTable {
  repository_id: number
  job_id: number
  changed_on: string
  before_flaky: number
  before_verdicts: number
  after_flaky: number
  after_verdicts: number
}

/** The parameters of attribution in a week; see domain/attribution/repository-model.ts. */
export interface RepositoryModelTable {
  repository_id: number
  week: string
  a: number
  b: number
  share: number
  severity: 'mild' | 'any' | 'severe'
}

/** A person's statement about the flakes of a pull request. */
export interface CorrectionTable {
  repository_id: number
  number: number
  correction_key: string
  says: 'mine' | 'not_mine' | 'reset'
  /** The job that it is about; null for all jobs. */
  job: string | null
  reason: string
  author: string
  reported_at: Time
  /** Why the author is trusted: the permission (`admin`, `maintain`, `write`) or, when GitHub cannot be asked, the association. */
  permission: string
}

export interface StaleWeekTable {
  repository_id: number
  seq: Generated<number>
  week: string
}

export interface FlakeTable {
  repository_id: number
  head_sha: string
  job_id: number
  number: number
  base_ref: string | null
  pass_order: 'pass_after_fail' | 'fail_after_pass'
  grade: 'strong' | 'weak'
  runs: number
  retested: boolean
  retested_by_bot: boolean
  first_failed_at: Time
  flaked_at: Time
  incident: string | null
  attribution: 'not_caused_by_pr' | 'caused_by_pr' | 'undetermined' | null
  probability: number | null
  counted: boolean | null
  evidence: Json<Record<string, unknown>> | null
  definition_version: number
  /** What a person did before each change of outcome; null when some change followed nothing. */
  followed: string | null
  correction: Json<Correction> | null
}

/** From when on the facts of a repository are complete: those before were deleted. */
export interface HorizonTable {
  repository_id: number
  facts_since: Time
}

/** A commit whose facts were deleted. */
export interface ExpiredHeadTable {
  repository_id: number
  head_sha: string
}

/** A job that was learned to be a gate: every change of its outcome followed what a person did. */
export interface GateTable {
  repository_id: number
  job_id: number
  followed: string
  /** At how many commits its outcome changed. */
  changes: number
}

export interface FlakeRevisionTable {
  repository_id: number
  head_sha: string
  job_id: number
  revised_at: Time
  old: string | null
  new: string
  old_probability: number | null
  new_probability: number
  why: string
}

export interface SlaWindowTable {
  repository_id: number
  kind: 'day' | 'week'
  /** First local day of the window, as `YYYY-MM-DD`. */
  start: ColumnType<string, string, string>
  definition_version: number
  revision: number
  starts_at: Time
  ends_at: Time
  closed: boolean
  prs: number
  flakes: number
  flakes_counted: number
  flakes_low: number
  flakes_high: number
  flakes_caused_by_pr: number
  flakes_undetermined: number
  strong: number
  weak: number
  prs_with_flakes: number
  left_out: Json<Record<string, number>>
  target: number
  breached: boolean
  breach_probability: number | null
  required_source: 'config' | 'protection' | 'all'
  why: string | null
  measured_at: Time
}

export interface StaleHeadTable {
  repository_id: number
  seq: Generated<number>
  head_sha: string | null
  number: number | null
}

export interface StaleVerdictTable {
  repository_id: number
  seq: Generated<number>
  job_id: number
  changed_at: Time
}

export interface StaleWindowTable {
  repository_id: number
  seq: Generated<number>
  changed_at: Time
  why: string
}

export interface OutboxTable {
  repository_id: number
  task_key: string
  kind: string
  payload: Json<unknown>
  created_at: Time
  due_at: Time
  attempts: Generated<number>
  done_at: Time | null
  result: string | null
  url: string | null
  last_error: string | null
}

export interface TickTable {
  name: string
  slot: Time
}

export interface SessionTable {
  /** SHA-256 of the cookie's value, so that nobody can sign in with a copy of this table. */
  session_hash: string
  user_id: number
  login: string
  /** The user's GitHub token, encrypted. */
  token: string
  created_at: Time
  expires_at: Time
}

export interface HuntTable {
  hunt_id: Generated<number>
  name: string
  place: 'local' | 'kubernetes' | 'actions'
  /** `owner/name` and the job's name, when the hunt is about a job. */
  repository: string | null
  job: string | null
  /** What is different from the previous hunt. */
  changed: string | null
  notes: string
  settings: Json<Record<string, unknown>>
  environment: Json<Record<string, string>>
  started_at: Time
  ended_at: Time | null
  ending: string | null
  ended_by: number | null
  missed: boolean
  headline: string | null
  answer: Json<Record<string, unknown>> | null
  /** Key of the comment that requested it; null for hunts of the command line. */
  requested_key: string | null
}

export interface HuntedAttemptTable {
  repository_id: number
  head_sha: string
  run_id: number
  attempt: number
  suite_id: number
  after_at: Time
  until_at: Time | null
}

export interface HuntRunTable {
  hunt_id: number
  number: number
  outcome: 'passed' | 'failed' | 'stopped'
  exit_code: number | null
  timed_out: boolean
  started_at: Time | null
  duration_ms: number
  ended: number
  worker: string | null
  node: string | null
  seed: number | null
  message: string | null
  output: string | null
  killed_for: string | null
  peak_memory_bytes: number | null
}

/** A repository's settings and the time from which they are in force. */
export interface SettingsTable {
  repository_id: number
  valid_from: Time
  /** When they were last read. */
  read_at: Time
  /** The newest valid settings, in the format of the file: the organisation's and the repository's file merged. */
  settings: Json<Record<string, unknown>>
  /** The files that were found, as `owner/name/path`. */
  sources: Json<string[]>
  /** Why the newest files are invalid; empty when they are valid. */
  problems: Json<string[]>
}

/** The issue about a flaky job. */
export interface JobIssueTable {
  repository_id: number
  job_id: number
  issue: number
  /** The repository that contains the issue. */
  full_name: string
  url: string
  opened_at: Time
  written_at: Time
  closed_at: Time | null
  /** When the issue was last closed or reopened. Earlier flakes are not a reason to open it again. */
  counts_from: Time | null
  closed_by_app: Generated<boolean>
}

export interface Database {
  repository: RepositoryTable
  delivery: DeliveryTable
  observation: ObservationTable
  workflow_run: WorkflowRunTable
  workflow_job: WorkflowJobTable
  pull_request_event: PullRequestEventTable
  comment: CommentTable
  rerun_request: RerunRequestTable
  merge_group: MergeGroupTable
  repository_event: RepositoryEventTable
  required_jobs: RequiredJobsTable
  horizon: HorizonTable
  expired_head: ExpiredHeadTable
  backfill: BackfillTable
  backfill_page: BackfillPageTable
  missed_delivery: MissedDeliveryTable
  gap: GapTable
  orphan_head: OrphanHeadTable
  installation: InstallationTable
  repository_installation: RepositoryInstallationTable
  delivery_check: DeliveryCheckTable
  delivery_cursor: DeliveryCursorTable
  database_timeline: DatabaseTimelineTable
  job: JobTable
  run: RunTable
  verdict: VerdictTable
  branch_push: BranchPushTable
  pull_request: PullRequestTable
  flake: FlakeTable
  incident: IncidentTable
  change_point: ChangePointTable
  repository_model: RepositoryModelTable
  correction: CorrectionTable
  flake_revision: FlakeRevisionTable
  gate: GateTable
  sla_window: SlaWindowTable
  stale_head: StaleHeadTable
  stale_verdict: StaleVerdictTable
  stale_window: StaleWindowTable
  stale_week: StaleWeekTable
  outbox: OutboxTable
  tick: TickTable
  session: SessionTable
  hunt: HuntTable
  hunted_attempt: HuntedAttemptTable
  hunt_run: HuntRunTable
  settings: SettingsTable
  job_issue: JobIssueTable
}

export type Row<T extends keyof Database> = Selectable<Database[T]>
export type NewRow<T extends keyof Database> = Insertable<Database[T]>

export type Db = Kysely<Database>
