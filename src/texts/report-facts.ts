/** What a report is written from. */
import type { Sla } from '../domain/sla.ts'

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
  /** Other pull requests that flaked in it, newest first, and how many ran it. */
  seen_on: number[]
  pull_requests?: number
  last_flaky_at?: string | null
}

export interface ReportJob {
  name: string
  runs: ReportRun[]
  flake: ReportFlake | null
  baseRate: ReportBaseRate | null
  /** What happened on other pull requests when it was run again after a failure. */
  retests?: { retested: number; passed: number } | null
  /** Its last result on the default branch or in the merge queue. */
  base?: ReportRun | null
  /** The issue that is kept about it. */
  issue?: { label: string; url: string } | null
}

/** A job that flaked or failed at an earlier head. */
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
  requiredSource: string
  /** What could not be read of branch protection, and what to grant. */
  requiredProblem: string | null
  day: Sla | null
  week: Sla | null
  /** Flakes that the target allows over 28 days, and those that counted. */
  budget: { allowed: number; spent: number } | null
  target: number
  /** The one job that was asked for; null for all. */
  onlyJob: string | null
  /** Jobs at this head beside the one asked for. */
  otherJobs: string[]
  /** Why the newest settings file could not be used. */
  settingsProblems: string[]
  /** Days that `baseRate` looks back. */
  baseRateDays: number
}
