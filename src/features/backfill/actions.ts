/** Actions runs and their attempts: the workflow and event behind the check runs, and who re-ran them. */

import { attemptKey, completedAttempts } from '../../db/stored-results.ts'
import { newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { DAY_MS, MINUTE_MS } from '../../domain/time.ts'
import { lookPages } from './looks.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'
import { headsBehind, type WorkflowRun } from './run-heads.ts'

/** GitHub lists at most this many runs for one search, and may not count further. */
const MAX_LISTED = 1000
const LAST_PAGE = MAX_LISTED / PER_PAGE
/** Times have whole seconds, and a span includes both of its ends. */
const MIN_SPAN_MS = 2000

type Span = PagePayloads['runs']

/** A run can be started again this long after its first attempt (docs.github.com, "Re-run workflows and jobs"). */
const RERUN_MS = 30 * DAY_MS

/**
 * Starts with the whole time, and the time before it whose runs can be started again within it. A span with more runs than
 * GitHub lists is split in half.
 */
export function firstRuns({ since, startedAt }: Pick<ReadContext, 'since' | 'startedAt'>): Page[] {
  const start = Date.parse(since)
  return [
    runPage({ from: seconds(start), to: seconds(Date.parse(startedAt)), page: 1 }),
    runPage({ from: seconds(start - RERUN_MS), to: seconds(start), page: 1 }),
  ]
}

function runPage(span: Span): Page {
  return newPage('runs', `${span.from}:${span.to}:${span.page}`, span)
}

function seconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** Reads a page of the Actions runs created in a span. */
export async function readRuns(context: ReadContext, span: Span): Promise<PageResult> {
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/actions/runs', {
    owner: context.owner,
    repo: context.repo,
    created: `${span.from}..${span.to}`,
    exclude_pull_requests: true,
    per_page: PER_PAGE,
    page: span.page,
  })
  const runs = listOf<WorkflowRun>(data, 'workflow_runs')
  const isCut = isIncomplete(data, span, runs)
  const halves = isCut ? halved(span) : null
  if (halves) return { facts: [], next: halves, found: [] }
  const stored = await completedAttempts(
    context.db,
    context.repository.id,
    runs.map(({ id }) => id),
  )
  const recent = runs.filter((run) => isRecent(context, run, stored))
  const heads = await headsBehind(context, recent)
  const next = isCut && span.page >= LAST_PAGE ? null : nextPage(headers, span.page, runs.length)
  return {
    facts: [...recent.flatMap((run) => runFacts(context, run)), ...heads.facts],
    next: [
      ...lookPages(heads.looks),
      ...heads.pages,
      ...recent.flatMap((run) => jobPages(context, run)),
      ...recent.flatMap((run) => earlierAttempts(run, stored)),
      ...(next !== null ? [runPage({ ...span, page: next })] : []),
    ],
    found: [],
    ...(isCut &&
      span.page >= LAST_PAGE && { problem: `GitHub lists at most ${MAX_LISTED} runs of one second` }),
  }
}

/**
 * Whether the span has more runs than GitHub lists. The first page says so: since 2026-09-25 the count of a filtered list can
 * be the text "2,500+". Where it does not, a full last page may not be the end.
 */
function isIncomplete(data: unknown, span: Span, runs: readonly WorkflowRun[]): boolean {
  if (!runs.every((run) => isWithin(run, span))) return false
  const { total_count: total = 0 } = data as { total_count?: unknown }
  const isMany = typeof total === 'number' ? total >= MAX_LISTED : true
  return (span.page === 1 && isMany) || (span.page >= LAST_PAGE && runs.length >= PER_PAGE)
}

/** Whether the server filters by time; one that does not would list the same runs for every half. */
function isWithin({ created_at }: WorkflowRun, { from, to }: Span): boolean {
  return Date.parse(created_at) >= Date.parse(from) && Date.parse(created_at) <= Date.parse(to) + 1000
}

function halved({ from, to }: Span): Page[] | null {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  if (end - start < MIN_SPAN_MS) return null
  const middle = seconds((start + end) / 2)
  // A span includes both of its ends, so the halves share a second. A run in both is recorded once.
  return [runPage({ from: middle, to, page: 1 }), runPage({ from, to: middle, page: 1 })]
}

/** Whether a run belongs to the time of the history and, in a continued backfill, its newest attempt is not stored yet. */
function isRecent(context: ReadContext, run: WorkflowRun, stored: ReadonlySet<string>): boolean {
  const { id, run_attempt, created_at, updated_at, run_started_at } = run
  if (context.continues && stored.has(attemptKey(id, run_attempt ?? 1))) return false
  const start = Date.parse(context.completeSince)
  return [created_at, updated_at, run_started_at].some((at) => at && Date.parse(at) >= start)
}

/** For about two minutes after a re-run, GitHub may still show the cancelled attempt before it as the result. */
const SETTLED_MS = 3 * MINUTE_MS

function isSettled(
  context: ReadContext,
  { run_attempt, conclusion, created_at, run_started_at }: WorkflowRun,
) {
  const begun = Date.parse(run_started_at ?? created_at)
  const isNew = begun > Date.parse(context.startedAt) - SETTLED_MS
  return !((run_attempt ?? 1) > 1 && conclusion === 'cancelled' && isNew)
}

function runFacts(context: ReadContext, run: WorkflowRun) {
  const isDone = run.status === 'completed' && isSettled(context, run)
  const workflow_run = isDone ? run : { ...run, conclusion: null }
  return factsOf(context, 'workflow_run', { action: isDone ? 'completed' : 'requested', workflow_run })
}

/** Conclusions of attempts whose jobs say more than their check runs: whether a job had a runner, and which steps failed. */
const UNSUCCESSFUL: ReadonlySet<string> = new Set(['failure', 'cancelled', 'timed_out'])

function jobPages(context: ReadContext, run: WorkflowRun): Page[] {
  const isWanted = UNSUCCESSFUL.has(run.conclusion ?? '') && isSettled(context, run)
  return isWanted ? [jobsPage({ run: run.id, attempt: run.run_attempt ?? 1, page: 1 })] : []
}

function jobsPage(payload: PagePayloads['jobs']): Page {
  return newPage('jobs', `${payload.run}:${payload.attempt}:${payload.page}`, payload)
}

/** Reads a page of the jobs of an attempt, in the form of the webhook `workflow_job`. */
export async function readJobs(context: ReadContext, payload: PagePayloads['jobs']): Promise<PageResult> {
  const { client, owner, repo } = context
  const { data, headers } = await client.get(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs',
    {
      ...{ owner, repo, run_id: payload.run, attempt_number: payload.attempt },
      ...{ per_page: PER_PAGE, page: payload.page },
    },
  )
  const jobs = listOf<object>(data, 'jobs')
  const next = nextPage(headers, payload.page, jobs.length)
  return {
    facts: jobs.flatMap((workflow_job) => factsOf(context, 'workflow_job', { workflow_job })),
    next: next === null ? [] : [jobsPage({ ...payload, page: next })],
    found: [],
  }
}

/** The list shows the newest attempt of each run; earlier ones take a request each. */
function earlierAttempts({ id, run_attempt }: WorkflowRun, stored: ReadonlySet<string>): Page[] {
  return Array.from({ length: Math.max(0, (run_attempt ?? 1) - 1) }, (_, i) => i + 1)
    .filter((attempt) => !stored.has(attemptKey(id, attempt)))
    .map((attempt) => newPage('attempt', `${id}:${attempt}`, { run: id, attempt }))
}

/** Reads one attempt of an Actions run. */
export async function readAttempt(
  context: ReadContext,
  { run, attempt }: PagePayloads['attempt'],
): Promise<PageResult> {
  const { data } = await context.client.get(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}',
    { owner: context.owner, repo: context.repo, run_id: run, attempt_number: attempt },
  )
  const shown = data as WorkflowRun
  return { facts: runFacts(context, shown), next: jobPages(context, shown), found: [] }
}
