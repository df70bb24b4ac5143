/** Facts with defaults: each test states only what matters to it. */
import type {
  CommentFact,
  MergeGroupFact,
  Observation,
  PullRequestEvent,
  RerunRequest,
  WorkflowJobFact,
  WorkflowRunFact,
} from '../../src/domain/facts.ts'
import { ACTS, type HeadFacts } from '../../src/domain/head-facts.ts'
import type { HuntedAttempt } from '../../src/domain/hunted.ts'
import type { Job, Run } from '../../src/domain/run.ts'

export const HEAD = 'a'.repeat(40)
export const BASE = 'b'.repeat(40)
export const OTHER_BASE = 'c'.repeat(40)
export const REPOSITORY_ID = 1001

/** A Monday morning. The tests give times in minutes after it. */
const START = Date.UTC(2026, 1, 2, 9)

/** RFC 3339, `minutes` after the start. */
export function at(minutes: number): string {
  return new Date(START + minutes * 60_000).toISOString()
}

/** Epoch ms, `minutes` after the start. */
export function ms(minutes: number): number {
  return START + minutes * 60_000
}

/** A completed Actions check run; `minute` is when it completed and was reported. */
export function aCheckRun(more: Partial<Observation> & { id?: number; minute?: number } = {}): Observation {
  const { id = 1, minute = 10, ...fields } = more
  const completed_at = fields.completed_at ?? at(minute)
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    run_key: `check:${id}:${Date.parse(completed_at) / 1000}`,
    reported_at: completed_at,
    reported_id: 0,
    state: 'success',
    source: 'check_run',
    app: 'github-actions',
    name: 'unit',
    description: null,
    url: `https://github.com/acme/widgets/actions/runs/1/job/${id}`,
    suite_id: 500,
    head_branch: 'topic',
    trunk: false,
    mentions: [],
    started_at: null,
    completed_at,
    ...fields,
  }
}

/** A commit status; `build` identifies the run in its target_url. */
export function aStatus(
  more: Partial<Observation> & { build?: number; minute?: number; id?: number } = {},
): Observation {
  const { build = 1, minute = 10, id = build * 100 + minute, ...fields } = more
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    run_key: `status:${fields.name ?? 'pull-unit'}:${build}`,
    reported_at: at(minute),
    reported_id: id,
    state: 'success',
    source: 'status',
    app: '',
    name: 'pull-unit',
    description: 'Job succeeded.',
    url: `https://prow.example.org/view/pr-logs/pull/acme_widgets/7/pull-unit/${build}`,
    suite_id: null,
    head_branch: null,
    trunk: false,
    mentions: [],
    started_at: null,
    completed_at: at(minute),
    ...fields,
  }
}

/** One attempt of the workflow behind check suite 500. */
export function aWorkflowRun(more: Partial<WorkflowRunFact> = {}): WorkflowRunFact {
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    run_id: 500,
    attempt: 1,
    action: 'completed',
    suite_id: 500,
    path: '.github/workflows/ci.yml',
    event: 'pull_request',
    conclusion: 'success',
    actor: 'octocat',
    actor_is_bot: false,
    started_at: at(0),
    ...more,
  }
}

/** A failed job of Actions, the one of check run 1. `minute` is when it completed, `started` when it started. */
export function aWorkflowJob(
  more: Partial<WorkflowJobFact> & { minute?: number; started?: number } = {},
): WorkflowJobFact {
  const { minute = 10, started = 5, ...fields } = more
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    check_run_id: 1,
    run_id: 500,
    attempt: 1,
    name: 'unit',
    conclusion: 'failure',
    runner: null,
    had_runner: true,
    steps: 3,
    failed_steps: 1,
    cancelled_steps: 0,
    started_at: at(started),
    completed_at: at(minute),
    ...fields,
  }
}

/** Pull request 7, opened at the start with the head of these tests. */
export function aPullRequest(more: Partial<PullRequestEvent> = {}): PullRequestEvent {
  return {
    repository_id: REPOSITORY_ID,
    number: 7,
    reported_at: at(0),
    action: 'opened',
    head_sha: HEAD,
    head_ref: 'topic',
    head_repository_id: REPOSITORY_ID,
    base_ref: 'main',
    base_sha: BASE,
    state: 'open',
    merged: false,
    draft: false,
    title: 'Change',
    author: 'octocat',
    author_is_bot: false,
    labels: [],
    merge_sha: null,
    created_at: at(0),
    ...more,
  }
}

export function aComment(more: Partial<CommentFact> & { minute?: number } = {}): CommentFact {
  const { minute = 15, ...fields } = more
  return {
    repository_id: REPOSITORY_ID,
    number: 7,
    comment_key: `issue_comment:${minute}`,
    kind: 'comment',
    author: 'octocat',
    author_is_bot: false,
    association: 'MEMBER',
    reported_at: at(minute),
    body: '/retest',
    ...fields,
  }
}

export function aRerunRequest(more: Partial<RerunRequest> & { minute?: number } = {}): RerunRequest {
  const { minute = 10, ...fields } = more
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    run_key: 'check:1:0',
    app: 'github-actions',
    name: 'unit',
    actor: 'octocat',
    actor_is_bot: false,
    reported_at: at(minute),
    ...fields,
  }
}

export function aMergeGroup(more: Partial<MergeGroupFact> = {}): MergeGroupFact {
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    action: 'checks_requested',
    base_ref: 'main',
    base_sha: BASE,
    number: 7,
    reported_at: at(0),
    ...more,
  }
}

/** An attempt of the workflow run behind check suite 500 that a hunt asked for. */
export function aHuntedAttempt(more: Partial<HuntedAttempt> = {}): HuntedAttempt {
  return {
    repository_id: REPOSITORY_ID,
    head_sha: HEAD,
    run_id: 500,
    attempt: 2,
    suite_id: 500,
    after_at: at(10),
    until_at: null,
    ...more,
  }
}

/** Facts about one commit, by default the head of pull request 7. */
export function factsOf(more: Partial<HeadFacts> = {}): HeadFacts {
  return {
    headSha: HEAD,
    observations: [],
    workflowRuns: [],
    pullRequests: [aPullRequest()],
    mergeGroups: [],
    comments: [],
    rerunRequests: [],
    hunted: [],
    workflowJobs: [],
    timeLimits: [],
    acts: (more.pullRequests ?? []).filter(({ action }) => ACTS.some((act) => act === action)),
    ...more,
  }
}

export const UNIT: Job = {
  source: 'check_run',
  app: 'github-actions',
  name: 'unit',
  workflow: '.github/workflows/ci.yml',
  event: 'pull_request',
}

let runs = 0

/** A run in the domain's form, as read from its observations. */
export function aRun(more: Partial<Run> & { minute?: number } = {}): Run {
  const { minute = 10, ...fields } = more
  return {
    key: `run:${++runs}`,
    job: UNIT,
    outcome: 'pass',
    reason: null,
    startedAt: null,
    completedAt: ms(minute),
    baseSha: null,
    suiteId: null,
    attempt: null,
    url: null,
    mentions: [],
    trunk: false,
    headBranch: 'topic',
    ...fields,
  }
}
