/**
 * What each run of a commit tested: a pull request, the default branch, or a commit that a merge queue made. A commit can be the head
 * of several pull requests at different times, of the default branch and of other branches at once.
 */
import type { PullRequestEvent } from './facts.ts'
import { compareText } from './order.ts'
import { isBorsBranch, isQueueBranch } from './queue.ts'
import type { Run } from './run.ts'

/** What a run tested: a pull request's head, the default branch, or a commit that a merge queue made. */
export type RunKind = 'pull_request' | 'trunk' | 'merge_queue'

/** A pull request that had the commit as its head. Times are epoch ms. */
export interface Candidate {
  number: number
  /** `UNKNOWN_TIME` when only runs mention the pull request. */
  createdAt: number
  /** The branch that it comes from; null when unknown. */
  headRef: string | null
  /** Whether that branch is in this repository and not in a fork; null when unknown. */
  isLocal: boolean | null
  /** When the commit became its head. */
  headFrom: number
  /** When a push replaced the commit as its head; null when none is known. */
  headTo: number | null
  /** Its events at this head, in the order of `byReportTime`. */
  events: PullRequestEvent[]
}

/** Where one run belongs. No candidates and no kind: the run tested nothing that is known. */
export interface Placement {
  run: Run
  kind: RunKind | null
  /** The pull requests that it counts for; the one opened first comes first. */
  candidates: Candidate[]
  /** The base branch that it was tested against, for a pull request; else its own branch. */
  baseRef: string | null
}

/** Later than every known time. */
const UNKNOWN_TIME = Number.MAX_SAFE_INTEGER

/** The candidates, the one opened first before the others. Runs mention a pull request only where no event names one. */
export function candidatesOf(events: readonly PullRequestEvent[], runs: readonly Run[]): Candidate[] {
  const byNumber = Map.groupBy(events, (event) => event.number)
  const mentioned = byNumber.size > 0 ? [] : runs.flatMap((run) => run.mentions.map(({ number }) => number))
  const numbers = new Set([...byNumber.keys(), ...mentioned])
  return [...numbers]
    .map((number) => candidateOf(number, byNumber.get(number) ?? []))
    .sort((a, b) => a.createdAt - b.createdAt || a.number - b.number)
}

function candidateOf(number: number, unordered: readonly PullRequestEvent[]): Candidate {
  const events = unordered.toSorted(byReportTime)
  const createdAt = Math.min(UNKNOWN_TIME, ...events.map((event) => Date.parse(event.created_at)))
  const at = (action: string) => {
    const event = events.find((event) => event.action === action)
    return event ? Date.parse(event.reported_at) : null
  }
  const pushedAt = at('synchronize')
  const isFirstPush = pushedAt !== null && !events.some((event) => isHeadBefore(event, pushedAt))
  const headFrom = isFirstPush ? pushedAt : createdAt
  const newest = events[events.length - 1]
  const headRepository = events.findLast((event) => event.head_repository_id !== null)?.head_repository_id
  const replaced = events.findLast((event) => event.action === 'before')
  const replacedAt = replaced ? Date.parse(replaced.reported_at) : null
  // A force-push can bring a head back.
  const isReplaced = replacedAt !== null && !events.some((event) => isHeadAfter(event, replacedAt))
  return {
    number,
    createdAt,
    headRef: newest?.head_ref ?? null,
    isLocal: newest && headRepository !== undefined ? headRepository === newest.repository_id : null,
    headFrom,
    headTo: isReplaced ? replacedAt : null,
    events,
  }
}

function isHeadAfter(event: PullRequestEvent, at: number): boolean {
  return event.action !== 'before' && Date.parse(event.reported_at) > at
}

function isHeadBefore(event: PullRequestEvent, at: number): boolean {
  return event.action !== 'before' && Date.parse(event.reported_at) < at
}

/** A total order: two events of one second must not be ordered by arrival. */
function byReportTime(a: PullRequestEvent, b: PullRequestEvent): number {
  return (
    Date.parse(a.reported_at) - Date.parse(b.reported_at) ||
    compareText(a.action, b.action) ||
    compareText(a.base_ref, b.base_ref) ||
    compareText(a.head_sha, b.head_sha)
  )
}

/** Places each run. @param isQueueCommit whether GitHub's merge queue made the commit */
export function placeRuns(
  runs: readonly Run[],
  allCandidates: readonly Candidate[],
  isQueueCommit: boolean,
): Placement[] {
  // A merge queue's own pull request is queue evidence.
  const candidates = allCandidates.filter(({ headRef }) => headRef === null || !isQueueBranch(headRef))
  const isQueueOnly = candidates.length === 0 && allCandidates.length > 0
  return runs.map((run) => {
    const branch = run.headBranch
    const isQueue =
      isQueueCommit || isQueueOnly || run.job.event === 'merge_group' || namesQueue(run, candidates)
    if (isQueue) return { run, kind: 'merge_queue', candidates: [], baseRef: branch }
    if (isTrunk(run, candidates)) return { run, kind: 'trunk', candidates: [], baseRef: branch }
    const tested = testedBy(run, candidates)
    if (tested.length === 0) return { run, kind: null, candidates: [], baseRef: branch }
    return { run, kind: 'pull_request', candidates: tested, baseRef: baseOf(run, tested) }
  })
}

function namesQueue({ headBranch }: Run, candidates: readonly Candidate[]): boolean {
  if (headBranch === null) return false
  return isQueueBranch(headBranch) || (candidates.length === 0 && isBorsBranch(headBranch))
}

/** Events that Actions runs for a pull request; their branch is the pull request's, whatever it is called. */
function isForPullRequest({ event }: Run['job']): boolean {
  return event?.startsWith('pull_request') === true
}

function isTrunk(run: Run, candidates: readonly Candidate[]): boolean {
  if (run.job.event === 'schedule') return true
  if (!run.trunk || isForPullRequest(run.job)) return false
  if (run.job.event !== null) return true
  // The event is unknown. A pull request can come from the default branch, or from a fork's branch of the same name.
  return !candidates.some(
    (candidate) => candidate.headRef === run.headBranch && isOpenAt(candidate, run.completedAt),
  )
}

/** The pull requests that the run counts for: those that were open with this head when it completed, or else came closest. */
function testedBy(run: Run, candidates: readonly Candidate[]): Candidate[] {
  const possible = candidates.filter((candidate) => mayTest(run, candidate))
  const open = possible.filter((candidate) => isOpenAt(candidate, run.completedAt))
  if (open.length > 0) return open
  const atStart = possible.filter((candidate) => isOpenAt(candidate, run.startedAt ?? run.completedAt))
  if (atStart.length > 0) return atStart
  const earlier = possible.filter(({ headFrom }) => headFrom <= run.completedAt)
  const [only] = earlier.length > 0 ? earlier.toSorted((a, b) => endOf(b) - endOf(a)) : possible
  // Where only runs mention pull requests, nothing distinguishes these.
  if (only?.createdAt === UNKNOWN_TIME) return possible
  return only ? [only] : []
}

/** Whether the commit was the pull request's head, and the pull request open, at a time. */
function isOpenAt(candidate: Candidate, at: number): boolean {
  if (at < candidate.headFrom || (candidate.headTo !== null && at > candidate.headTo)) return false
  const last = candidate.events.findLast(
    ({ action, reported_at }) =>
      (action === 'closed' || action === 'reopened') && Date.parse(reported_at) <= at,
  )
  return last?.action !== 'closed'
}

/** When the pull request last left this head, by a push or by being closed; never, as far as is known. */
function endOf({ headTo, events }: Candidate): number {
  const closed = events.findLast(({ action }) => action === 'closed' || action === 'reopened')
  return headTo ?? (closed?.action === 'closed' ? Date.parse(closed.reported_at) : UNKNOWN_TIME)
}

/**
 * A run of a push to a branch of this repository did not test a fork's pull request, unless a robot copied the pull request to that
 * branch so that it runs with access to secrets (copy-pr-bot's `pull-request/7`).
 */
function mayTest(run: Run, { number, headRef, isLocal }: Candidate): boolean {
  if (run.job.event !== 'push' || isLocal === true) return true
  if (run.headBranch === `pull-request/${number}`) return true
  return isLocal === null && (headRef === null || headRef === run.headBranch)
}

/** The base branch that the run names, or that its pull request had when the run started. */
function baseOf(run: Run, candidates: readonly Candidate[]): string | null {
  const named = namedBy(run, candidates)
  const [candidate] = named.length === 1 ? named : candidates
  return candidate ? baseRefAt(candidate, run) : null
}

/** Those of the candidates that the run names: by number, by the address of Prow's page about it, or by its base commit. */
export function namedBy(run: Run, candidates: readonly Candidate[]): Candidate[] {
  const inUrl = /\/pr-logs\/pull\/(?:[^/]+\/)?(\d+)\//.exec(run.url ?? '')?.[1]
  return candidates.filter(
    ({ number, events }) =>
      run.mentions.some((mention) => mention.number === number) ||
      inUrl === String(number) ||
      (run.baseSha !== null && events.some((event) => event.base_sha === run.baseSha)),
  )
}

/**
 * The pull request's base branch when the run started: the base can change while the pull request is open. Where all events are
 * later than the run, the earliest holds; without events, the base that the run mentions.
 */
export function baseRefAt({ number, events }: Candidate, run: Run): string | null {
  const at = run.startedAt ?? run.completedAt
  const event = events.findLast(({ reported_at }) => Date.parse(reported_at) <= at) ?? events[0]
  const mention = run.mentions.find((mention) => mention.number === number)
  return event?.base_ref ?? mention?.base_ref ?? null
}
