/** The data behind a report. */
import type { RequiredState } from '../domain/required.ts'
import type { Sla } from '../domain/sla.ts'
import type { GateText } from './gates.ts'

export interface ReportRun {
  outcome: string
  reason: string | null
  url: string | null
}

export interface ReportFlake {
  attribution: string | null
  probability: number | null
  evidence: Record<string, unknown> | null
  incident?: string | null
}

export interface ReportBaseRate {
  flaky: number
  verdicts: number
  /** Other pull requests on which it flaked, newest first. */
  seen_on: number[]
  /** How many other pull requests ran it. */
  pull_requests?: number
  last_flaky_at?: string | null
}

export interface ReportJob {
  name: string
  runs: ReportRun[]
  flake: ReportFlake | null
  baseRate: ReportBaseRate | null
  /** Re-runs after a failure on other pull requests, and how many of them passed. */
  retests?: { retested: number; passed: number } | null
  /** Its newest result on the default branch or in the merge queue. */
  base?: ReportRun | null
  /** The issue that tracks this job. */
  issue?: { label: string; url: string } | null
}

/** A job that flaked or failed at an earlier head of the pull request. */
export interface EarlierJob {
  head_sha: string
  name: string
  runs: ReportRun[]
  flake: ReportFlake | null
}

export interface Report {
  number: number
  headSha: string | null
  jobs: ReportJob[]
  earlier: EarlierJob[]
  required: RequiredState
  day: Sla | null
  week: Sla | null
  /** The error budget of 28 days: flakes that the target allows, and counted flakes. */
  budget: { first: string; allowed: number; spent: number } | null
  target: number
  /** The job named in the command; null for all jobs. */
  onlyJob: string | null
  /** The words of the command that name no job; null when there are none. */
  unknownJob: string | null
  /** Names of the other jobs at this head. */
  otherJobs: string[]
  /** Why the newest settings file cannot be used. */
  settingsProblems: string[]
  /** Jobs with results at this head that are left out because they are gates. */
  gates: GateText[]
  /** Days covered by `baseRate`. */
  baseRateDays: number
}
