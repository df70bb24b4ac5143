/** The tables as Kysely types. `docs/schema.sql` shows the same as SQL; `migrations/` is where it comes from. */
import type { ColumnType, Generated, Insertable, Selectable } from 'kysely'
import type { Mention } from '../domain/facts.ts'
import type { RequiredJob } from '../domain/required.ts'

/** RFC 3339 in UTC when read. */
type Time = ColumnType<string, Date | string, Date | string>
type Json<T> = ColumnType<T, string, string>

export interface RepositoryTable {
  repository_id: number
  full_name: string
  private: boolean
  default_branch: string | null
  installation_id: number | null
  told_at: Time
  removed_at: Time | null
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
  told_at: Time
  told_id: number
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

export interface PullRequestEventTable {
  repository_id: number
  number: number
  told_at: Time
  action: string
  head_sha: string
  head_ref: string | null
  head_repository_id: number | null
  base_ref: string | null
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
  author: string
  author_is_bot: boolean
  association: string | null
  told_at: Time
  body: string
}

export interface RerunRequestTable {
  repository_id: number
  head_sha: string
  run_key: string
  app: string
  name: string
  actor: string
  actor_is_bot: boolean
  told_at: Time
}

export interface MergeGroupTable {
  repository_id: number
  head_sha: string
  action: string
  base_ref: string
  base_sha: string
  number: number | null
  told_at: Time
}

export interface RepositoryEventTable {
  repository_id: number
  guid: string
  event: string
  action: string | null
  told_at: Time
  detail: Json<unknown>
}

export interface RequiredJobsTable {
  repository_id: number
  base_ref: string
  /** From then on; until then too, where it is the first list of its branch. */
  known_at: Time
  jobs: Json<RequiredJob[]>
  /** What could not be read, and what to grant; null where the list is whole. */
  problem: string | null
}

export interface ReadingTable {
  repository_id: number
  since: Time
  started_at: Time
  done_at: Time | null
}

export interface ReadingPageTable {
  repository_id: number
  page_key: string
  seq: Generated<number>
  kind: string
  detail: Json<unknown>
  numbers: Json<number[]>
  claimed_by: string | null
  claimed_until: Time | null
  done_at: Time | null
}

export interface MissedDeliveryTable {
  guid: string
  /** GitHub's id of the newest attempt. */
  delivery_id: number
  repository_id: number
  event: string
  delivered_at: Time
  /** How often it was ordered again. */
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

export interface InstallationTable {
  installation_id: number
  told_at: Time
  suspended_at: Time | null
}

export interface SignOfLifeTable {
  name: string
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
  /** Pull request; 0 for trunk and merge queue runs. */
  number: number
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
  /** Pull request; 0 for trunk and merge queue. */
  number: number
  flaky: boolean
  judged_at: Time
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
  effect_key: string
  kind: string
  detail: Json<Record<string, unknown>>
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
  /** SHA-256 of what the cookie holds: whoever reads this table cannot sign in with it. */
  session_hash: string
  user_id: number
  login: string
  /** The user's token at GitHub, encrypted. */
  token: string
  created_at: Time
  expires_at: Time
}

export interface Database {
  repository: RepositoryTable
  delivery: DeliveryTable
  observation: ObservationTable
  workflow_run: WorkflowRunTable
  pull_request_event: PullRequestEventTable
  comment: CommentTable
  rerun_request: RerunRequestTable
  merge_group: MergeGroupTable
  repository_event: RepositoryEventTable
  required_jobs: RequiredJobsTable
  reading: ReadingTable
  reading_page: ReadingPageTable
  missed_delivery: MissedDeliveryTable
  gap: GapTable
  installation: InstallationTable
  sign_of_life: SignOfLifeTable
  job: JobTable
  run: RunTable
  verdict: VerdictTable
  flake: FlakeTable
  flake_revision: FlakeRevisionTable
  sla_window: SlaWindowTable
  stale_head: StaleHeadTable
  stale_verdict: StaleVerdictTable
  stale_window: StaleWindowTable
  outbox: OutboxTable
  tick: TickTable
  session: SessionTable
}

export type Row<T extends keyof Database> = Selectable<Database[T]>
export type NewRow<T extends keyof Database> = Insertable<Database[T]>
