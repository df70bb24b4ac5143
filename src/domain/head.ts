/**
 * Everything that the facts about one commit derive: its runs, the pull requests they tested, and a verdict a job.
 * The answer depends on the facts' own times, never on the order in which they came.
 */

import { parseRetests } from './command.ts'
import type {
  CommentFact,
  MergeGroupFact,
  Observation,
  PullRequestEvent,
  RerunRequest,
  WorkflowRunFact,
} from './facts.ts'
import { judge, type Verdict } from './flake.ts'
import { type HuntedAttempt, notHunted, withoutHunted } from './hunted.ts'
import { type Job, jobKey, type Run, readRuns } from './run.ts'

export interface HeadFacts {
  headSha: string
  observations: readonly Observation[]
  workflowRuns: readonly WorkflowRunFact[]
  /** Events of any pull request that had this commit as its head. */
  pullRequests: readonly PullRequestEvent[]
  mergeGroups: readonly MergeGroupFact[]
  /** Commands on those pull requests, at any head. */
  comments: readonly CommentFact[]
  rerunRequests: readonly RerunRequest[]
  /** What hunts had run there: none of it is a result of this commit. */
  hunted: readonly HuntedAttempt[]
}

/** A run as a result of one pull request; `number` 0 is trunk or a merge queue. */
export interface PlacedRun {
  number: number
  baseRef: string | null
  run: Run
}

export interface JobVerdict {
  job: Job
  /** The pull request that the verdict, and its flake, belongs to; 0 for trunk. */
  number: number
  baseRef: string | null
  verdict: Verdict
  retested: boolean
  retestedByBot: boolean
}

export interface DerivedHead {
  runs: PlacedRun[]
  verdicts: JobVerdict[]
}

/** Concludes about one commit. Runs of a commit that is no pull request's head, trunk or queue are left waiting. */
export function deriveHead(facts: HeadFacts): DerivedHead {
  const told = readRuns(facts.observations, facts.workflowRuns)
  const runs = withoutHunted(told, facts.hunted, facts.workflowRuns)
  const candidates = candidatesOf(facts, runs)
  const queued = facts.mergeGroups.length > 0
  const conclusions: DerivedHead = { runs: [], verdicts: [] }
  for (const group of groupByJob(runs)) {
    const onTrunk = group.filter((run) => queued || isTrunk(run, candidates))
    const onHead = group.filter((run) => !onTrunk.includes(run))
    deriveTrunk(conclusions, onTrunk)
    if (candidates.length > 0) deriveJob(conclusions, onHead, candidates, facts)
  }
  return conclusions
}

/** Whether a commit has results, and nothing says whose they are. */
export function isWaiting(facts: HeadFacts, conclusions: DerivedHead): boolean {
  const isTold = facts.pullRequests.length > 0 || facts.mergeGroups.length > 0
  return !isTold && facts.observations.length > 0 && conclusions.runs.length === 0
}

interface Candidate {
  number: number
  createdAt: number
  headRefs: Set<string>
  baseShas: Set<string>
  events: PullRequestEvent[]
}

/** Pull requests that had this commit as head: from their own events, and from the runs that name them. */
function candidatesOf(facts: HeadFacts, runs: readonly Run[]): Candidate[] {
  const found = new Map<number, Candidate>()
  const candidate = (number: number): Candidate => {
    const known = found.get(number)
    if (known) return known
    const fresh = {
      number,
      createdAt: Number.POSITIVE_INFINITY,
      headRefs: new Set<string>(),
      baseShas: new Set<string>(),
      events: [],
    }
    found.set(number, fresh)
    return fresh
  }
  for (const event of facts.pullRequests) {
    const one = candidate(event.number)
    one.createdAt = Math.min(one.createdAt, Date.parse(event.created_at))
    if (event.head_ref) one.headRefs.add(event.head_ref)
    if (event.base_sha) one.baseShas.add(event.base_sha)
    one.events.push(event)
  }
  for (const run of runs) for (const mention of run.mentions) candidate(mention.number)
  return [...found.values()].sort((a, b) => a.createdAt - b.createdAt || a.number - b.number)
}

function isTrunk(run: Run, candidates: readonly Candidate[]): boolean {
  if (!run.trunk) return false
  // A fork's pull request often comes from a branch that is named like the default branch.
  return !candidates.some((one) => run.headBranch !== null && one.headRefs.has(run.headBranch))
}

function groupByJob(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>()
  for (const run of runs) {
    const key = jobKey(run.job)
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  return [...groups.values()]
}

function deriveTrunk(conclusions: DerivedHead, runs: Run[]): void {
  const [first] = runs
  if (!first) return
  for (const run of runs) conclusions.runs.push({ number: 0, baseRef: run.headBranch, run })
  const verdict = judge(runs)
  if (!verdict) return
  const { headBranch: baseRef, job } = first
  conclusions.verdicts.push({ job, number: 0, baseRef, verdict, retested: false, retestedByBot: false })
}

/** Each candidate was tested; the flake is one, and belongs to the owner. */
function deriveJob(
  conclusions: DerivedHead,
  runs: Run[],
  candidates: readonly Candidate[],
  facts: HeadFacts,
): void {
  const [first] = runs
  if (!first) return
  for (const one of candidates) {
    for (const run of runs) {
      conclusions.runs.push({ number: one.number, baseRef: baseRefAt(one, run), run })
    }
  }
  const verdict = judge(runs)
  if (!verdict) return
  const owner = ownerOf(runs, candidates)
  const retests = verdict.flake
    ? retestsBetween(verdict.flake.retestWindow, owner.number, first.job, facts)
    : []
  conclusions.verdicts.push({
    job: first.job,
    number: owner.number,
    baseRef: baseRefAt(owner, first),
    verdict,
    retested: retests.length > 0,
    retestedByBot: retests.length > 0 && retests.every((bot) => bot),
  })
}

/** The pull request whose base the runs name, else the one opened first. */
function ownerOf(runs: readonly Run[], candidates: readonly Candidate[]): Candidate {
  const first = candidates[0] as Candidate
  if (candidates.length === 1) return first
  const named = candidates.filter((one) =>
    runs.some(
      (run) =>
        run.mentions.some((mention) => mention.number === one.number) ||
        (run.baseSha !== null && one.baseShas.has(run.baseSha)),
    ),
  )
  return named.length === 1 ? (named[0] as Candidate) : first
}

/** The branch the pull request went to when the run completed: bases change while it is open. */
function baseRefAt(candidate: Candidate, run: Run): string | null {
  let ref: string | null = null
  let at = Number.NEGATIVE_INFINITY
  let earliest = Number.POSITIVE_INFINITY
  for (const event of candidate.events) {
    if (event.base_ref === null) continue
    const told = Date.parse(event.reported_at)
    const isNewer = told <= run.completedAt && told >= at
    const isOnlyLater = at === Number.NEGATIVE_INFINITY && told > run.completedAt && told < earliest
    if (!isNewer && !isOnlyLater) continue
    ref = event.base_ref
    if (isNewer) at = told
    else earliest = told
  }
  return ref ?? run.mentions.find((mention) => mention.number === candidate.number)?.base_ref ?? null
}

/** Requests to run this job again between the two outcomes; each says whether a bot made it. */
function retestsBetween([from, to]: [number, number], number: number, job: Job, facts: HeadFacts): boolean[] {
  const within = (at: string) => Date.parse(at) >= from && Date.parse(at) <= to
  const byComment = facts.comments
    .filter((comment) => comment.number === number && within(comment.reported_at))
    .filter((comment) =>
      parseRetests(comment.body).some((asked) => asked.command !== 'test' || asked.jobs.includes(job.name)),
    )
    .map((comment) => comment.author_is_bot)
  const byButton = facts.rerunRequests
    .filter((asked) => asked.name === job.name && asked.app === job.app && within(asked.reported_at))
    .map((asked) => asked.actor_is_bot)
  const byAttempt = notHunted(facts.workflowRuns, facts.hunted)
    .filter((told) => told.attempt > 1 && told.path === job.workflow && within(told.started_at))
    .map((told) => told.actor_is_bot)
  return [...byComment, ...byButton, ...byAttempt]
}
