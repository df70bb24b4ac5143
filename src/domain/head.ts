/**
 * Derives everything that the facts about one commit imply: its runs, the pull requests they tested, and one verdict per
 * job. The answer depends on the times in the facts, never on the order in which the facts arrived.
 */

import { parseTestLines, type RetestCommand, retestsIn } from './command.ts'
import type {
  CommentFact,
  MergeGroupFact,
  Observation,
  PullRequestEvent,
  RerunRequest,
  WorkflowRunFact,
} from './facts.ts'
import { judge, type Verdict } from './flake.ts'
import type { HeadRules } from './head-rules.ts'
import { type HuntedAttempt, notHunted, withoutHunted } from './hunted.ts'
import { possibleNames } from './job-names.ts'
import { compareText } from './order.ts'
import { isQueueBranch, type Job, jobKey, type Run, readRuns } from './run.ts'

export interface HeadFacts {
  headSha: string
  observations: readonly Observation[]
  workflowRuns: readonly WorkflowRunFact[]
  /** Events of any pull request that had this commit as its head. */
  pullRequests: readonly PullRequestEvent[]
  mergeGroups: readonly MergeGroupFact[]
  /** Comments on those pull requests, at any head. */
  comments: readonly CommentFact[]
  rerunRequests: readonly RerunRequest[]
  /** Attempts that a hunt started at this commit. Their runs are not results of the commit. */
  hunted: readonly HuntedAttempt[]
}

/** What a run tested: a pull request's head, the default branch, or a commit that a merge queue made. */
export type RunKind = 'pull_request' | 'trunk' | 'merge_queue'

/** A run as a result of one pull request, of the default branch or of a merge queue. */
export interface PlacedRun {
  kind: RunKind
  /** The pull request; null for other kinds. */
  number: number | null
  baseRef: string | null
  run: Run
}

export interface JobVerdict {
  job: Job
  kind: RunKind
  /** The pull request that the verdict, and its flake, belongs to; null for other kinds. */
  number: number | null
  baseRef: string | null
  verdict: Verdict
  retested: boolean
  /** Retested, and by nobody but bots. */
  retestedByBot: boolean
}

export interface DerivedHead {
  runs: PlacedRun[]
  verdicts: JobVerdict[]
}

/** Derives one commit. Runs of a commit that is not known as a head, trunk or queue commit are left out. */
export function deriveHead(facts: HeadFacts, rules: HeadRules): DerivedHead {
  const allRuns = readRuns(facts.observations, facts.workflowRuns)
  const runs = withoutHunted(allRuns, facts.hunted, facts.workflowRuns)
  const candidates = candidatesOf(facts, runs)
  const requests = requestsIn(facts, rules)
  const isQueueCommit = facts.mergeGroups.length > 0
  const trunkKind = isQueueCommit || runs.some(namesQueue) ? 'merge_queue' : 'trunk'
  const derived: DerivedHead = { runs: [], verdicts: [] }
  for (const jobRuns of Map.groupBy(runs, (run) => jobKey(run.job)).values()) {
    const onTrunk = jobRuns.filter((run) => isQueueCommit || isTrunk(run, candidates))
    const onHead = jobRuns.filter((run) => !onTrunk.includes(run))
    deriveTrunk(derived, onTrunk, trunkKind)
    if (candidates.length > 0) derivePresubmit(derived, onHead, candidates, requests)
  }
  return derived
}

/** Whether the commit has results and no fact says which pull request, trunk or queue they belong to. */
export function isWaiting(facts: HeadFacts, derived: DerivedHead): boolean {
  const hasOwner = facts.pullRequests.length > 0 || facts.mergeGroups.length > 0
  return !hasOwner && facts.observations.length > 0 && derived.runs.length === 0
}

/** Later than every known time. */
const UNKNOWN_TIME = Number.MAX_SAFE_INTEGER

/** A pull request that had this commit as its head. */
interface Candidate {
  number: number
  /** Epoch ms; `UNKNOWN_TIME` when only runs mention the pull request. */
  createdAt: number
  headRefs: Set<string>
  baseShas: Set<string>
  /** Its events in the order of `byReportTime`. */
  events: PullRequestEvent[]
}

/** The candidates, from their own events and from the runs that mention them; the one opened first comes first. */
function candidatesOf(facts: HeadFacts, runs: readonly Run[]): Candidate[] {
  const eventsByNumber = Map.groupBy(facts.pullRequests, (event) => event.number)
  const mentioned = runs.flatMap((run) => run.mentions.map((mention) => mention.number))
  const numbers = new Set([...eventsByNumber.keys(), ...mentioned])
  const candidates = [...numbers].map((number) => candidateOf(number, eventsByNumber.get(number) ?? []))
  return candidates.sort((a, b) => a.createdAt - b.createdAt || a.number - b.number)
}

function candidateOf(number: number, events: readonly PullRequestEvent[]): Candidate {
  return {
    number,
    createdAt: Math.min(UNKNOWN_TIME, ...events.map((event) => Date.parse(event.created_at))),
    headRefs: new Set(events.flatMap((event) => event.head_ref || [])),
    baseShas: new Set(events.flatMap((event) => event.base_sha || [])),
    events: events.toSorted(byReportTime),
  }
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

function isTrunk(run: Run, candidates: readonly Candidate[]): boolean {
  if (!run.trunk) return false
  // A fork's pull request often comes from a branch that is named like the default branch.
  return !candidates.some(({ headRefs }) => run.headBranch !== null && headRefs.has(run.headBranch))
}

function namesQueue(run: Run): boolean {
  return run.trunk && run.headBranch !== null && isQueueBranch(run.headBranch)
}

function deriveTrunk(derived: DerivedHead, runs: Run[], kind: 'trunk' | 'merge_queue'): void {
  const [first] = runs
  if (!first) return
  for (const run of runs) derived.runs.push({ kind, number: null, baseRef: run.headBranch, run })
  const verdict = judge(runs)
  if (!verdict) return
  const { headBranch: baseRef, job } = first
  const retest = { retested: false, retestedByBot: false }
  derived.verdicts.push({ job, kind, number: null, baseRef, verdict, ...retest })
}

/** Every candidate was tested, but the verdict is one and belongs to its owner. */
function derivePresubmit(
  derived: DerivedHead,
  runs: Run[],
  candidates: readonly Candidate[],
  requests: readonly Request[],
): void {
  const [first] = runs
  if (!first) return
  for (const candidate of candidates) {
    for (const run of runs) {
      derived.runs.push({
        kind: 'pull_request',
        number: candidate.number,
        baseRef: baseRefAt(candidate, run),
        run,
      })
    }
  }
  const verdict = judge(runs)
  if (!verdict) return
  const owner = ownerOf(runs, candidates)
  const retests = verdict.flake
    ? requestsBetween(requests, verdict.flake.retestWindow, owner.number, first.job)
    : []
  derived.verdicts.push({
    job: first.job,
    kind: 'pull_request',
    number: owner.number,
    baseRef: baseRefAt(owner, first),
    verdict,
    retested: retests.length > 0,
    retestedByBot: retests.length > 0 && retests.every((retest) => retest.byBot),
  })
}

/** The one candidate that the runs name, by number or by base commit; else the candidate opened first. */
function ownerOf(runs: readonly Run[], candidates: readonly Candidate[]): Candidate {
  const named = candidates.filter(({ number, baseShas }) =>
    runs.some(
      (run) =>
        run.mentions.some((mention) => mention.number === number) ||
        (run.baseSha !== null && baseShas.has(run.baseSha)),
    ),
  )
  const [only] = named.length === 1 ? named : candidates
  return only as Candidate
}

/**
 * The pull request's base branch when the run completed: the base can change while the pull request is open. Where all
 * events are later than the run, the earliest holds; without events, the base that the run mentions.
 */
function baseRefAt(candidate: Candidate, run: Run): string | null {
  const event =
    candidate.events.findLast(({ reported_at }) => Date.parse(reported_at) <= run.completedAt) ??
    candidate.events[0]
  const mention = run.mentions.find(({ number }) => number === candidate.number)
  return event?.base_ref ?? mention?.base_ref ?? null
}

/** Somebody asked for CI to run again. */
interface Request {
  /** Epoch ms. */
  at: number
  byBot: boolean
  /** Whether it asks for this job on this pull request. */
  isFor(job: Job, number: number): boolean
}

/** Every request to run something again, read once for all jobs of the commit. */
function requestsIn(facts: HeadFacts, rules: HeadRules): Request[] {
  const comments = facts.comments.flatMap((comment) => {
    const commands = retestsIn(comment.body, rules.retestWords)
    const wholeNames = new Set(parseTestLines(comment.body).flatMap(possibleNames))
    const isFor: Request['isFor'] = (job, number) =>
      comment.number === number &&
      (wholeNames.has(job.name) || commands.some((command) => asksFor(command, job.name)))
    const author = { login: comment.author, isBot: comment.author_is_bot }
    return commands.length > 0
      ? { at: Date.parse(comment.reported_at), byBot: rules.isBot(author), isFor }
      : []
  })
  const buttons = facts.rerunRequests.map(({ name, app, actor, actor_is_bot, reported_at }) => ({
    at: Date.parse(reported_at),
    byBot: rules.isBot({ login: actor, isBot: actor_is_bot }),
    isFor: (job: Job) => name === job.name && app === job.app,
  }))
  return [...comments, ...buttons, ...attemptsIn(facts, rules)]
}

/** Further attempts of workflow runs. Those that a hunt started are not requests. */
function attemptsIn({ workflowRuns, hunted }: HeadFacts, rules: HeadRules): Request[] {
  const again = notHunted(workflowRuns, hunted).filter(({ attempt }) => attempt > 1)
  return again.map(({ path, actor, actor_is_bot, started_at }) => ({
    at: Date.parse(started_at),
    byBot: rules.isBot({ login: actor ?? '', isBot: actor_is_bot }),
    isFor: (job: Job) => path === job.workflow,
  }))
}

/** Requests to re-run this job between the two times (epoch ms, both inclusive). */
function requestsBetween(
  requests: readonly Request[],
  [from, to]: [number, number],
  number: number,
  job: Job,
): Request[] {
  return requests.filter((request) => request.at >= from && request.at <= to && request.isFor(job, number))
}

function asksFor({ command, jobs }: RetestCommand, jobName: string): boolean {
  return command !== 'test' || jobs.includes(jobName)
}
