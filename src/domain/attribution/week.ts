/**
 * What a week's verdicts teach about a repository: its incidents, and what its jobs and faults are like. A week is
 * learned from the weeks before it and itself, never from later ones: so whatever is said about a flake rests on facts of
 * at most seven days after it, and is frozen then.
 */
import { DAY_MS, WEEK_MS } from '../time.ts'
import type { EvidenceVerdict, IncidentShare } from './attribution.ts'
import { findIncidents, type Incident, incidentAt, type Sign } from './incident.ts'
import { gather } from './likelihood.ts'
import { fitRepositoryModel, type RepositoryModel } from './repository-model.ts'
import { type TrunkResult, trunkVerdicts } from './trunk.ts'

/** Monday, 5 January 1970. */
const FIRST_MONDAY = 4 * DAY_MS
/** How long (ms) before a week begins its incidents and its model are learned from. */
const INCIDENTS_FROM = 21 * DAY_MS
export const LEARN_BEFORE = 35 * DAY_MS

/** The Monday 00:00 UTC (epoch ms) of the week that holds `at`. */
export function weekOf(at: number): number {
  return Math.floor((at - FIRST_MONDAY) / WEEK_MS) * WEEK_MS + FIRST_MONDAY
}

/** The weeks (epoch ms of their Mondays) that are learned from what happened at `at`. */
export function weeksTaughtBy(at: number): number[] {
  const first = weekOf(at)
  return Array.from({ length: LEARN_BEFORE / WEEK_MS + 1 }, (_, i) => first + i * WEEK_MS)
}

/** Everything about one job that evidence is made of, in any order. */
export interface JobHistory {
  job: number
  /** Verdicts of pull requests. */
  verdicts: readonly (Omit<EvidenceVerdict, 'incident'> & { number: number })[]
  trunk: readonly TrunkResult[]
}

/** The incidents that touch the week beginning at `week`. Histories may reach beyond what is needed. */
export function incidentsIn(histories: readonly JobHistory[], week: number): Incident[] {
  const signs = histories.flatMap((one) => signsOf(one, week + WEEK_MS))
  const seen = signs.filter(({ at }) => at >= week - INCIDENTS_FROM && at < week + WEEK_MS)
  return findIncidents(seen).filter((one) => one.to >= week)
}

/** What was known at `until`: a failure becomes a sign only with the pass that shows it to be a flake. */
function signsOf({ job, verdicts, trunk }: JobHistory, until: number): Sign[] {
  const known = verdicts.filter((one) => one.judgedAt < until)
  return [
    ...known.map(({ number, flaky, judgedAt, failedAt }) => {
      return { at: failedAt ?? judgedAt, job, number, failed: flaky }
    }),
    ...trunk.map(({ at, failed }) => ({ at, job, number: null, failed })),
  ]
}

/** The first time (epoch ms) that histories speak of; `or` when they are empty. */
export function beginningOf(histories: readonly JobHistory[], or: number): number {
  let first = or
  for (const { verdicts, trunk } of histories) {
    for (const one of verdicts) first = Math.min(first, one.failedAt ?? one.judgedAt, one.judgedAt)
    for (const one of trunk) first = Math.min(first, one.at)
  }
  return first
}

/** A job's verdicts as evidence, trunk's among them, oldest first, each with the incident that it falls into. */
export function evidenceOf(history: JobHistory, incidents: readonly Incident[]): EvidenceVerdict[] {
  const { job, verdicts, trunk } = history
  const all = [...verdicts, ...trunkVerdicts(trunk).map((one) => ({ ...one, number: null }))]
  return all
    .map((one) => ({ ...one, incident: shareAt(incidents, job, one.failedAt ?? one.judgedAt) }))
    .sort(
      (a, b) =>
        a.judgedAt - b.judgedAt || (a.headSha < b.headSha ? -1 : 1) || (a.number ?? 0) - (b.number ?? 0),
    )
}

function shareAt(incidents: readonly Incident[], job: number, at: number): IncidentShare | null {
  const one = incidentAt(incidents, job, at)
  return one ? { id: incidentId(one), rate: one.rate } : null
}

/** Names an incident by when it began and, when it hit one job only, by that job. */
export function incidentId({ from, job }: Pick<Incident, 'from' | 'job'>): string {
  return `${new Date(from).toISOString().replace('.000Z', 'Z')}${job === null ? '' : ` ${job}`}`
}

/** What the repository was like in the week. @param jobs evidence of each job, as `evidenceOf` gives it */
export function modelIn(jobs: readonly (readonly EvidenceVerdict[])[], week: number): RepositoryModel {
  const from = week - LEARN_BEFORE
  const steps = (LEARN_BEFORE + WEEK_MS) / DAY_MS
  const stepOf = (at: number) => Math.min(steps - 1, Math.max(0, Math.floor((at - from) / DAY_MS)))
  const seen = jobs.map((list) => {
    const inside = list.filter(({ judgedAt }) => judgedAt >= from && judgedAt < week + WEEK_MS)
    // What an incident failed says nothing about base rates and faults.
    const telling = inside.filter((one) => !(one.incident !== null && one.flaky))
    const otherVerdicts = telling.map((one) => ({
      number: one.number,
      step: stepOf(Math.min(one.failedAt ?? one.judgedAt, one.judgedAt)),
      flaky: one.flaky,
      excused: one.incident !== null,
    }))
    return gather(otherVerdicts, steps)
  })
  return fitRepositoryModel(seen.filter((one) => one.clean.size > 0 || one.suspects.length > 0))
}
