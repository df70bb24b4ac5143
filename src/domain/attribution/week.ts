/**
 * What the verdicts of a week teach about a repository: its incidents and its model. A week is learned from itself and the
 * weeks before it, never from later ones. So an attribution depends on facts of at most seven days after its flake, and does
 * not change after that.
 */
import { compareText } from '../order.ts'
import { DAY_MS, WEEK_MS } from '../time.ts'
import { type EvidenceVerdict, type IncidentShare, type PullRequestVerdict, timeOf } from './evidence.ts'
import { findIncidents, type Incident, incidentAt, SEARCH_SPAN, type TimedResult } from './incident.ts'
import { type JobEvidence, jobEvidence } from './likelihood.ts'
import { fitRepositoryModel, type RepositoryModel } from './repository-model.ts'
import { type TrunkResult, trunkVerdicts } from './trunk.ts'

/** Monday, 5 January 1970, UTC. */
export const FIRST_MONDAY = 4 * DAY_MS
/** How long before a week (ms) the results are that its incidents are found in. */
const INCIDENT_LOOKBACK = SEARCH_SPAN - WEEK_MS
/** How long before a week (ms) the verdicts are that its model is fitted to. */
export const MODEL_LOOKBACK = 35 * DAY_MS

/** The Monday 00:00 UTC (epoch ms) of the week that contains `at` (epoch ms). */
export function weekOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / WEEK_MS) * WEEK_MS + FIRST_MONDAY
}

/** The weeks (epoch ms of their Mondays) that learn from what happened at `at`: its own and the five after it. */
export function weeksLearningFrom(at: number): number[] {
  const first = weekOf(at)
  return Array.from({ length: MODEL_LOOKBACK / WEEK_MS + 1 }, (_, i) => first + i * WEEK_MS)
}

/** The evidence about one job, in any order. */
export interface JobHistory {
  job: number
  /** Verdicts of pull requests. */
  verdicts: readonly Omit<PullRequestVerdict, 'incident'>[]
  trunk: readonly TrunkResult[]
}

/** The incidents that touch the week beginning at `week`. Histories may reach beyond what is needed. */
export function incidentsIn(histories: readonly JobHistory[], week: number): Incident[] {
  const [from, to] = [week - INCIDENT_LOOKBACK, week + WEEK_MS]
  const results = histories.flatMap((history) => resultsBefore(history, to))
  return findIncidents(results.filter(({ at }) => at >= from && at < to)).filter(
    (incident) => incident.to >= week,
  )
}

/** The results known at `until`: a failure is known as a flake only once its pass is known. */
function resultsBefore({ job, verdicts, trunk }: JobHistory, until: number): TimedResult[] {
  const completed = verdicts.filter(({ judgedAt }) => judgedAt < until)
  return [
    ...completed.map(({ number, flaky, judgedAt, failedAt }) => {
      return { at: failedAt ?? judgedAt, job, number, failed: flaky }
    }),
    ...trunk.map(({ at, failed }) => ({ at, job, number: null, failed })),
  ]
}

/** The earliest time (epoch ms) in the histories, or `fallback` if that is earlier. */
export function firstTimeOf(histories: readonly JobHistory[], fallback: number): number {
  let first = fallback
  for (const { verdicts, trunk } of histories) {
    for (const verdict of verdicts) first = Math.min(first, timeOf(verdict))
    for (const { at } of trunk) first = Math.min(first, at)
  }
  return first
}

/** A job's verdicts as evidence, trunk included, oldest first, each with the incident that it falls into. */
export function evidenceOf(history: JobHistory, incidents: readonly Incident[]): EvidenceVerdict[] {
  const { job, verdicts, trunk } = history
  const all = [...verdicts, ...trunkVerdicts(trunk).map((verdict) => ({ ...verdict, number: null }))]
  return all
    .map((verdict) => ({
      ...verdict,
      incident: incidentShareAt(incidents, job, verdict.failedAt ?? verdict.judgedAt),
    }))
    .sort(
      (a, b) =>
        a.judgedAt - b.judgedAt || compareText(a.headSha, b.headSha) || (a.number ?? 0) - (b.number ?? 0),
    )
}

function incidentShareAt(incidents: readonly Incident[], job: number, at: number): IncidentShare | null {
  const incident = incidentAt(incidents, job, at)
  return incident ? { id: incidentId(incident), rate: incident.rate } : null
}

/** The id of an incident: when it began and, when it hit a single job, that job. */
export function incidentId({ from, job }: Pick<Incident, 'from' | 'job'>): string {
  return `${new Date(from).toISOString().replace('.000Z', 'Z')}${job === null ? '' : ` ${job}`}`
}

/** The model of the repository in the week. @param jobs evidence of each job, as `evidenceOf` returns it */
export function modelIn(jobs: readonly (readonly EvidenceVerdict[])[], week: number): RepositoryModel {
  const [from, to] = [week - MODEL_LOOKBACK, week + WEEK_MS]
  const steps = (to - from) / DAY_MS
  // A flake of the period may have failed before it.
  const stepOf = (at: number) => Math.max(0, Math.floor((at - from) / DAY_MS))
  const evidence = jobs.map((verdicts) => {
    const inPeriod = verdicts.filter(({ judgedAt }) => judgedAt >= from && judgedAt < to)
    // A failure during an incident says nothing about base rates and faults.
    const informative = inPeriod.filter(({ flaky, incident }) => !flaky || incident === null)
    const others = informative.map((verdict) => ({
      number: verdict.number,
      step: stepOf(timeOf(verdict)),
      flaky: verdict.flaky,
      excused: verdict.incident !== null,
    }))
    return jobEvidence(others, steps)
  })
  return fitRepositoryModel(evidence.filter(teachesOfPullRequests))
}

/** Whether a job has verdicts of pull requests: those of trunk alone say little about a repository. */
function teachesOfPullRequests({ cleanCounts, mixtures }: JobEvidence): boolean {
  return cleanCounts.size > 0 || mixtures.length > 0
}
