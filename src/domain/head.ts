/**
 * Derives everything that the facts about one commit imply: its runs, what they tested, and one verdict per job and pull request.
 * The answer depends on the times in the facts, never on the order in which the facts arrived.
 */

import { retestsIn } from './command.ts'
import { commandLines } from './command-lines.ts'
import { hasResult, judge, type Verdict } from './flake.ts'
import { type Act, actsIn, followedActs } from './gate.ts'
import type { HeadFacts } from './head-facts.ts'
import type { HeadRules } from './head-rules.ts'
import { withoutHunted } from './hunted.ts'
import {
  baseRefAt,
  type Candidate,
  candidatesOf,
  namedBy,
  type Placement,
  placeRuns,
  type RunKind,
} from './placement.ts'
import { readRuns } from './read-runs.ts'
import { type Request, requestsBetween, requestsIn } from './request.ts'
import { byCompletion, type Job, jobKey, type Run } from './run.ts'

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
  /** What every change of outcome followed that a person did; null when some change followed nothing (see gate.ts). */
  followed: string | null
}

export interface DerivedHead {
  runs: PlacedRun[]
  verdicts: JobVerdict[]
}

/** Derives one commit. Runs that tested nothing that is known are left out. */
export function deriveHead(facts: HeadFacts, rules: HeadRules): DerivedHead {
  const { workflowJobs, timeLimits } = facts
  const { outcomes } = rules
  const allRuns = readRuns(facts.observations, facts.workflowRuns, { workflowJobs, timeLimits, outcomes })
  const runs = withoutHunted(allRuns, facts.hunted, facts.workflowRuns)
  const candidates = candidatesOf(facts.pullRequests, runs)
  const placements = placeRuns(runs, candidates, facts.mergeGroups.length > 0)
  const circumstances = circumstancesOf(facts, rules)
  const byJob = [...Map.groupBy(placements, ({ run }) => jobKey(run.job)).values()]
  return {
    runs: placements.flatMap(placedRuns),
    verdicts: byJob.flatMap((ofJob) => [
      ...trunkVerdicts(ofJob.filter(({ kind }) => kind === 'trunk' || kind === 'merge_queue')),
      ...presubmitVerdicts(
        ofJob.filter(({ kind }) => kind === 'pull_request'),
        circumstances,
      ),
    ]),
  }
}

/** Whether the commit has results and no fact says which pull request, trunk or queue they belong to. */
export function isWaiting(facts: HeadFacts, derived: DerivedHead): boolean {
  const hasOwner = facts.pullRequests.length > 0 || facts.mergeGroups.length > 0
  return !hasOwner && facts.observations.length > 0 && derived.runs.length === 0
}

/** What happened to the pull requests around the runs. */
interface Circumstances {
  requests: readonly Request[]
  acts: readonly Act[]
}

/** Reads the circumstances when they are first needed: only a flake needs them, and most commits have none. */
function circumstancesOf(facts: HeadFacts, rules: HeadRules): () => Circumstances {
  let known: Circumstances | null = null
  return () => {
    known ??= { requests: requestsIn(facts, rules), acts: actsOf(facts, rules) }
    return known
  }
}

function actsOf({ acts, comments }: HeadFacts, { isBot, retestWords }: HeadRules): Act[] {
  return actsIn(acts, comments, {
    isCommand: ({ body }) => commandLines(body).length > 0 || retestsIn(body, retestWords).length > 0,
    isBot: ({ author, author_is_bot }) => isBot({ login: author, isBot: author_is_bot }),
  })
}

function placedRuns({ run, kind, candidates, baseRef }: Placement): PlacedRun[] {
  if (kind === null) return []
  if (kind !== 'pull_request') return [{ kind, number: null, baseRef, run }]
  return candidates.map((candidate) => ({
    kind,
    number: candidate.number,
    baseRef: baseRefAt(candidate, run),
    run,
  }))
}

/** The one verdict of a job on trunk or in a merge queue. */
function trunkVerdicts(placements: readonly Placement[]): JobVerdict[] {
  const [first] = placements
  const verdict = judge(placements.map(({ run }) => run))
  if (!first || !verdict) return []
  const kind = placements.some((placement) => placement.kind === 'merge_queue') ? 'merge_queue' : 'trunk'
  const retest = { retested: false, retestedByBot: false }
  return [
    { job: first.run.job, kind, number: null, baseRef: first.baseRef, verdict, ...retest, followed: null },
  ]
}

/**
 * The verdicts of a job at the head of pull requests. Runs against different base branches tested different code, so each base
 * branch is judged alone. The flake of a job at a commit is one: the first.
 */
function presubmitVerdicts(
  placements: readonly Placement[],
  circumstances: () => Circumstances,
): JobVerdict[] {
  if (placements.length === 0) return []
  const byBase = [...Map.groupBy(placements, ({ baseRef }) => baseRef).values()]
  const verdicts = byBase.flatMap((ofBase) => baseVerdict(ofBase, circumstances) ?? []).sort(byFlakeThenTime)
  const isLater = ({ number }: JobVerdict, i: number) =>
    verdicts.findIndex((other) => other.number === number) < i
  return verdicts
    .filter((verdict, i) => !isLater(verdict, i))
    .map((verdict, i) => (i === 0 ? verdict : { ...verdict, verdict: { ...verdict.verdict, flake: null } }))
}

function byFlakeThenTime(a: JobVerdict, b: JobVerdict): number {
  return (
    Number(b.verdict.flaky) - Number(a.verdict.flaky) ||
    a.verdict.judgedAt - b.verdict.judgedAt ||
    (a.number ?? 0) - (b.number ?? 0)
  )
}

function baseVerdict(
  placements: readonly Placement[],
  circumstances: () => Circumstances,
): JobVerdict | null {
  const runs = placements.map(({ run }) => run)
  const [first] = placements
  const verdict = judge(runs)
  if (!first || !verdict) return null
  const { job } = first.run
  const { number } = ownerOf(placements, verdict.judgedAt)
  const own = { job, kind: 'pull_request' as const, number, baseRef: first.baseRef, verdict }
  if (!verdict.flake) return { ...own, retested: false, retestedByBot: false, followed: null }
  const { requests, acts } = circumstances()
  const retests = requestsBetween(requests, verdict.flake.retestWindow, number, job)
  return {
    ...own,
    retested: retests.length > 0,
    retestedByBot: retests.length > 0 && retests.every(({ byBot }) => byBot),
    followed: followedActs(runs.filter(hasResult).sort(byCompletion), number, acts, requests),
  }
}

/**
 * The pull request that the runs name, else the one opened first; among those that the run counts for which dates the verdict, so
 * that a flake's pull request is always tested on the day of the flake.
 */
function ownerOf(placements: readonly Placement[], judgedAt: number): Candidate {
  const dating = placements.filter(({ run }) => hasResult(run) && run.completedAt === judgedAt)
  const candidates = [...new Set(dating.flatMap((placement) => placement.candidates))]
  const named = candidates.filter((candidate) =>
    placements.some(({ run }) => namedBy(run, [candidate]).length > 0),
  )
  const opened = candidates.sort((a, b) => a.createdAt - b.createdAt || a.number - b.number)
  return (named.length === 1 ? named[0] : opened[0]) as Candidate
}
