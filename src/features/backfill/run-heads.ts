/** The commits behind Actions runs: which pull request, branch or merge queue they belong to. */

import type { Row } from '../../db/schema.ts'
import { knownHeads, readBaseRefs, readPullRequestsFrom } from '../../db/stored-results.ts'
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import type { MergeGroupFact } from '../../domain/facts.ts'
import { askAboutHeads, HEADS_AT_ONCE } from './associated-pulls.ts'
import type { PageResult, ReadContext } from './page.ts'
import { trunkLook } from './trunk.ts'

/** What the list of Actions runs says about a run. */
export interface WorkflowRun {
  id: number
  head_sha: string
  head_branch: string | null
  event: string
  status: string
  run_attempt?: number | null
  conclusion?: string | null
  created_at: string
  updated_at?: string | null
  run_started_at?: string | null
  head_repository?: { id: number } | null
}

/**
 * Commits that Actions ran on but no pull request lists: a force-push replaced them, and GitHub only names its last commit.
 * They belong to the pull request that came from their branch at the time. If there is none, GitHub is asked which it was.
 * Commits of the merge queue are included.
 */
export async function headsBehind(context: ReadContext, runs: readonly WorkflowRun[]) {
  const { db, repository } = context
  const queued = runs.filter((run) => run.event === 'merge_group')
  const heads = await knownHeads(db, repository.id, [...new Set(runs.map((run) => run.head_sha))])
  const ofPulls = runs.filter((run) => run.event.startsWith('pull_request'))
  const lost = ofPulls.filter((run) => !heads.has(run.head_sha))
  const refs = lost.flatMap((run) =>
    run.head_branch && run.head_repository
      ? [{ ref: run.head_branch, repository: run.head_repository.id }]
      : [],
  )
  const pulls = await readPullRequestsFrom(db, repository.id, refs)
  const bases = await readBaseRefs(db, repository.id, [...new Set(pulls.map((pull) => pull.number))])
  const found = lost.flatMap((run) => {
    const pull = pullOf(pulls, run)
    if (!pull) return []
    const ofPull = bases.filter(({ number }) => number === pull.number)
    const base =
      ofPull.findLast((event) => Date.parse(event.reported_at) <= Date.parse(run.created_at)) ?? ofPull[0]
    return [{ run, event: headEvent({ ...pull, base_ref: base?.base_ref ?? pull.base_ref }, run) }]
  })
  const unknown = lost.filter((run) => !found.some((other) => other.run === run))
  // A pull request or a branch that was not updated is not in the lists, although its run was started again.
  const again = runs.filter(
    (run) => isRerun(context, run) && (heads.has(run.head_sha) || isOnTrunk(context, run)),
  )
  const groups = queued.flatMap((run) => mergeGroupOf(repository.id, run) ?? [])
  const looks = [
    ...found.map(({ run, event }) => headLook(run.head_sha, event.number)),
    ...unknown.map((run) => headLook(run.head_sha, null)),
    ...again.map((run) =>
      isOnTrunk(context, run) ? trunkLook(run.head_sha, null) : headLook(run.head_sha, null),
    ),
    ...queued.flatMap((run) => queueLook(run) ?? []),
  ]
  const events = found.map(({ event }) => event)
  return { looks, pages: orphanPages(unknown), facts: [{ pull_request_event: events, merge_group: groups }] }
}

/** Whether a run was created before the pull requests and commits that are listed. */
function isRerun({ since, continues }: ReadContext, { created_at }: WorkflowRun): boolean {
  return continues || Date.parse(created_at) <= Date.parse(since)
}

function isOnTrunk({ repository }: ReadContext, { event, head_branch }: WorkflowRun): boolean {
  return !event.startsWith('pull_request') && head_branch === repository.default_branch
}

/** Pages that ask GitHub which pull requests the commits belong to. */
function orphanPages(runs: readonly WorkflowRun[]): Page[] {
  const branches = Map.groupBy(runs, (run) => run.head_sha)
  const heads = [...branches].map(([head_sha, ofHead]) => ({
    head_sha,
    head_branches: [...new Set(ofHead.flatMap((run) => run.head_branch ?? []))],
  }))
  const pages: Page[] = []
  for (let at = 0; at < heads.length; at += HEADS_AT_ONCE) {
    const part = heads.slice(at, at + HEADS_AT_ONCE)
    pages.push(newPage('orphans', `${part[0]?.head_sha}:${part.length}`, { heads: part }))
  }
  return pages
}

/** Finds the pull requests of commits that Actions ran on. */
export async function readOrphans(
  context: ReadContext,
  { heads }: PagePayloads['orphans'],
): Promise<PageResult> {
  const facts = await askAboutHeads(context, heads)
  return { facts, next: [], found: [] }
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

function headLook(sha: string, number: number | null): Look {
  return { sha, trunk: false, queue: null, events: [], number, after: null }
}

function queueLook({ head_sha, head_branch }: WorkflowRun): Look | null {
  return head_branch === null ? null : trunkLook(head_sha, head_branch)
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
