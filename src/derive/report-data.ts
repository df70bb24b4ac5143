/** Gathers the data of `/flake-report`: every job at a pull request's newest head, its results, and what they may mean. */

import { type ErrorBudget, readErrorBudget } from '../db/budget.ts'
import { readOpenJobIssues } from '../db/job-issues.ts'
import { readKnownNames } from '../db/job-table.ts'
import { readRequiredState } from '../db/missing.ts'
import {
  type JobBaseRate,
  type JobFlake,
  type JobRun,
  type Retests,
  readBaseRates,
  readFailedBefore,
  readFlakesOf,
  readHeadsOf,
  readRetests,
  readRunsOf,
  readTrunkResults,
} from '../db/pull-requests.ts'
import type { Db, Row } from '../db/schema.ts'
import { isFlakeInScope, isRunInScope, readScope } from '../db/scope.ts'
import { readNewestSettings } from '../db/settings.ts'
import { readWindows } from '../db/sla.ts'
import { calendarOf } from '../domain/calendar.ts'
import { possibleNames } from '../domain/job-names.ts'
import type { Required, RequiredState } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { DAY_MS, iso } from '../domain/time.ts'

const BASE_RATE_DAYS = 14
/** Retests are rarer than runs, so the period is longer. */
const RETEST_DAYS = 28
/** An older result on trunk says nothing about its current state. */
const TRUNK_DAYS = 3

/** A job at the newest head. */
export interface JobReport {
  name: string
  runs: JobRun[]
  flake: JobFlake | null
  /** The job's base rate on other pull requests; null when none ran it lately. */
  baseRate: JobBaseRate | null
  retests: { retested: number; passed: number } | null
  /** Its last result on trunk. */
  base: JobRun | null
  issue: { label: string; url: string } | null
}

/** A job that failed at an earlier head. */
export interface EarlierJobReport {
  head_sha: string
  name: string
  runs: JobRun[]
  flake: JobFlake | null
}

export interface PullRequestReport {
  repository: string
  number: number
  headSha: string | null
  jobs: JobReport[]
  earlier: EarlierJobReport[]
  required: RequiredState
  day: Row<'sla_window'> | null
  week: Row<'sla_window'> | null
  budget: ErrorBudget
  target: number
  onlyJob: string | null
  /** What was asked for, when no job of the repository is named so: the report is about all jobs. */
  unknownJob: string | null
  otherJobs: string[]
  settingsProblems: string[]
  /** Jobs with results at the newest head that are left out because they are gates. */
  gates: { job: string; why: string }[]
  baseRateDays: number
}

/** Reads the report's data. `asked` narrows it to the job that it names. `now` is epoch ms. */
export async function readPullRequestReport(
  db: Db,
  repository: Row<'repository'>,
  number: number,
  settings: Settings,
  now: number,
  asked: string | null = null,
): Promise<PullRequestReport> {
  const { repository_id, full_name } = repository
  const [head] = await readHeadsOf(db, repository_id, number)
  const headSha = head?.head_sha ?? null
  const loaded = await readScope(db, repository_id, settings)
  const { scope, required, jobs } = loaded
  const job = asked === null ? null : await findNamed(db, repository_id, asked)
  const isRequired = (run: JobRun) => isRunInScope(scope, run)
  const isWanted = (run: JobRun) => job === null || run.name === job
  const everyRun = headSha ? await readRunsOf(db, repository_id, number, headSha) : []
  const all = everyRun.filter(isRequired)
  const flakes = (await readFlakesOf(db, repository_id, number)).filter((flake) =>
    isFlakeInScope(scope, flake),
  )
  const failed = headSha ? await readFailedBefore(db, repository_id, number, headSha) : []
  const runs = all.filter(isWanted)
  const before = failed.filter(isRequired).filter(isWanted)
  const names = new Set(all.map((run) => run.name))
  return {
    repository: full_name,
    number,
    headSha,
    jobs: await readJobReports(db, { repository_id, number, now }, runs, flakes, headSha),
    earlier: earlierOf(before, flakes),
    required: await readRequiredState(db, loaded),
    day: await windowNow(db, repository_id, 'day', settings, now),
    week: await windowNow(db, repository_id, 'week', settings, now),
    budget: await readErrorBudget(db, scope, settings, now),
    target: settings.target,
    onlyJob: job,
    unknownJob: job === null ? asked : null,
    otherJobs: job === null ? [] : [...names].filter((name) => name !== job).sort(),
    settingsProblems: (await readNewestSettings(db, repository_id))?.problems ?? [],
    gates: gatesAmong(required, jobs, everyRun),
    baseRateDays: BASE_RATE_DAYS,
  }
}

/** Those of the jobs with these runs that are left out as gates. */
function gatesAmong(required: Required, jobs: readonly Row<'job'>[], runs: readonly JobRun[]) {
  const ids = new Set(runs.map((run) => run.job_id))
  return jobs.flatMap((job) => {
    const why = ids.has(job.job_id) ? required.leftOutAsGate(job) : null
    return why === null ? [] : [{ job: job.name, why }]
  })
}

/** The job that a text names, of those that were ever seen in the repository; null when there is none. */
async function findNamed(db: Db, repositoryId: number, text: string): Promise<string | null> {
  const names = possibleNames(text)
  const known = await readKnownNames(db, repositoryId, names)
  return names.find((name) => known.has(name)) ?? null
}

async function readJobReports(
  db: Db,
  about: { repository_id: number; number: number; now: number },
  runs: readonly JobRun[],
  flakes: readonly JobFlake[],
  headSha: string | null,
): Promise<JobReport[]> {
  const { repository_id, number, now } = about
  // A report that is requested late still compares with the time in which the head was tested.
  const last = runs.reduce((latest, run) => Math.max(latest, Date.parse(run.completed_at)), 0)
  const until = last === 0 ? now : Math.min(now, last + (BASE_RATE_DAYS / 2) * DAY_MS)
  const span = (days: number) => ({ number, since: iso(until - days * DAY_MS), until: iso(until) })
  const byJob = Map.groupBy(runs, (run) => run.job_id)
  const failed = [...byJob].filter(([, own]) => own.some((run) => run.outcome === 'fail'))
  const ids = failed.map(([id]) => id)
  const names = failed.map(([, own]) => own[0]?.name ?? '')
  const baseRates = await readBaseRates(db, repository_id, ids, span(BASE_RATE_DAYS))
  const retests = await readRetests(db, repository_id, ids, span(RETEST_DAYS))
  const trunk = await readTrunkResults(db, repository_id, names, span(TRUNK_DAYS))
  const issues = await readOpenJobIssues(db, repository_id)
  return [...byJob].map(([id, own]) => {
    const issue = issues.get(id)
    const name = own[0]?.name ?? ''
    return {
      name,
      runs: own,
      flake: flakes.find((flake) => flake.job_id === id && flake.head_sha === headSha) ?? null,
      baseRate: baseRates.get(id) ?? null,
      retests: similarRetests(
        retests.filter((row) => row.job_id === id),
        failsInARow(own),
      ),
      base: trunk.find((run) => run.name === name) ?? null,
      issue: issue ? { label: `#${issue.issue}`, url: issue.url } : null,
    }
  })
}

const MIN_SIMILAR_RETESTS = 5

/** The retests after as many failures in a row as here; all retests where too few are similar. */
function similarRetests(all: readonly Retests[], fails: number): { retested: number; passed: number } | null {
  const similar = all.find((row) => row.fails === Math.min(3, fails))
  if (similar && similar.retested >= MIN_SIMILAR_RETESTS) return similar
  if (all.length === 0) return null
  const sum = (key: 'retested' | 'passed') => all.reduce((total, row) => total + row[key], 0)
  return { retested: sum('retested'), passed: sum('passed') }
}

/** Failures since the last pass. */
function failsInARow(runs: readonly JobRun[]): number {
  const results = runs.filter((run) => run.outcome === 'pass' || run.outcome === 'fail')
  return results.length - 1 - results.findLastIndex((run) => run.outcome === 'pass')
}

/** The jobs of earlier heads, those with the newest results first. */
function earlierOf(runs: readonly JobRun[], flakes: readonly JobFlake[]): EarlierJobReport[] {
  const groups = [...Map.groupBy(runs, (run) => `${run.head_sha}/${run.job_id}`).values()]
  const latest = (own: readonly JobRun[]) => own[own.length - 1]?.completed_at ?? ''
  return groups
    .sort((a, b) => Date.parse(latest(b)) - Date.parse(latest(a)))
    .flatMap((own) => {
      const [first] = own
      if (!first) return []
      const { head_sha, job_id, name } = first
      const flake = flakes.find((row) => row.job_id === job_id && row.head_sha === head_sha) ?? null
      return [{ head_sha, name, runs: own, flake }]
    })
}

async function windowNow(
  db: Db,
  repositoryId: number,
  kind: 'day' | 'week',
  settings: Settings,
  now: number,
) {
  const { start } = calendarOf(settings).at(kind, now)
  const [row] = await readWindows(db, repositoryId, kind, { from: start, to: start })
  return row ?? null
}
