/** Actions runs and their attempts: the workflow and event behind the check runs, and who re-ran them. */
import { knownHeads, readPullRequestsFrom } from '../../db/backfill.ts'
import type { Row } from '../../db/schema.ts'
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import type { MergeGroupFact } from '../../domain/facts.ts'
import { lookPages } from './heads.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

/** GitHub lists at most this many runs for one search, and may not count further. */
const MAX_LISTED = 1000
const LAST_PAGE = MAX_LISTED / PER_PAGE
/** Times have whole seconds, and a span includes both of its ends. */
const MIN_SPAN_MS = 2000

type Span = PagePayloads['runs']

interface WorkflowRun {
  id: number
  head_sha: string
  head_branch: string | null
  event: string
  status: string
  run_attempt?: number | null
  created_at: string
  head_repository?: { id: number } | null
}

/** Starts with the whole time. A span with more runs than GitHub lists is split in half. */
export function firstRuns({ since, startedAt }: Pick<ReadContext, 'since' | 'startedAt'>): Page {
  return runPage({ from: seconds(Date.parse(since)), to: seconds(Date.parse(startedAt)), page: 1 })
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
  const heads = await headsBehind(context, runs)
  const next = isCut && span.page >= LAST_PAGE ? null : nextPage(headers, span.page, runs.length)
  return {
    facts: [...runs.flatMap((run) => runFacts(context, run)), ...heads.facts],
    next: [
      ...lookPages(heads.looks),
      ...runs.flatMap(earlierAttempts),
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

function runFacts(context: ReadContext, run: WorkflowRun) {
  const action = run.status === 'completed' ? 'completed' : 'requested'
  return factsOf(context, 'workflow_run', { action, workflow_run: run })
}

/** The list shows the newest attempt of each run; earlier ones take a request each. */
function earlierAttempts({ id, run_attempt }: WorkflowRun): Page[] {
  return Array.from({ length: Math.max(0, (run_attempt ?? 1) - 1) }, (_, i) =>
    newPage('attempt', `${id}:${i + 1}`, { run: id, attempt: i + 1 }),
  )
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
  return { facts: runFacts(context, data as WorkflowRun), next: [], found: [] }
}

/**
 * Commits that Actions ran on but no pull request lists: a force-push replaced them, and GitHub only names its last commit.
 * They belong to the pull request that came from their branch at the time. Commits of the merge queue are included.
 */
async function headsBehind(context: ReadContext, runs: readonly WorkflowRun[]) {
  const { db, repository } = context
  const queued = runs.filter((run) => run.event === 'merge_group')
  const heads = await knownHeads(db, repository.id, [...new Set(runs.map((run) => run.head_sha))])
  const lost = runs.filter((run) => run.event.startsWith('pull_request') && !heads.has(run.head_sha))
  const refs = lost.flatMap((run) =>
    run.head_branch && run.head_repository
      ? [{ ref: run.head_branch, repository: run.head_repository.id }]
      : [],
  )
  const pulls = await readPullRequestsFrom(db, repository.id, refs)
  const found = lost.flatMap((run) => {
    const pull = pullOf(pulls, run)
    return pull ? [{ run, event: headEvent(pull, run) }] : []
  })
  const groups = queued.flatMap((run) => mergeGroupOf(repository.id, run) ?? [])
  const looks = [
    ...found.map(({ run, event }) => headLook(run.head_sha, event.number)),
    ...queued.flatMap((run) => queueLook(run) ?? []),
  ]
  const events = found.map(({ event }) => event)
  return { looks, facts: [{ pull_request_event: events, merge_group: groups }] }
}

type HeadRow = Row<'pull_request_event'>

/** The pull request that came from the run's branch and was the newest opened before it. */
function pullOf(pulls: readonly HeadRow[], run: WorkflowRun): HeadRow | undefined {
  return pulls
    .filter((pull) => pull.head_ref === run.head_branch)
    .filter((pull) => pull.head_repository_id === run.head_repository?.id)
    .filter((pull) => Date.parse(pull.created_at) <= Date.parse(run.created_at))
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at))[0]
}

function headEvent(pull: HeadRow, run: WorkflowRun): HeadRow {
  return { ...pull, action: 'read', head_sha: run.head_sha, base_sha: null, reported_at: run.created_at }
}

function headLook(sha: string, number: number): Look {
  return { sha, trunk: false, queue: null, event: null, number }
}

function queueLook({ head_sha, head_branch }: WorkflowRun): Look | null {
  return head_branch === null
    ? null
    : { sha: head_sha, trunk: true, queue: head_branch, event: null, number: null }
}

function mergeGroupOf(repositoryId: number, run: WorkflowRun): MergeGroupFact | null {
  const match = /^gh-readonly-queue\/(.+)\/pr-(\d{1,9})-([0-9a-f]{40})$/.exec(run.head_branch ?? '')
  if (!match) return null
  const [, base_ref = '', number, base_sha = ''] = match
  return {
    repository_id: repositoryId,
    head_sha: run.head_sha,
    action: 'checks_requested',
    base_ref,
    base_sha,
    number: Number(number),
    reported_at: run.created_at,
  }
}
