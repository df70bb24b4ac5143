/** A repository's settings (`.github/flake-sla.yml`), and the globs in them. */
import { DEFAULT_TARGET } from './sla.ts'

export interface Settings {
  /** In SLA means a rate strictly below it. */
  target: number
  /** IANA name; days and weeks begin by its clock. */
  timeZone: string
  /** `auto`: what branch protection and rulesets require; else names and globs. */
  required: 'auto' | string[]
  /** Names and globs of jobs that are never looked at. */
  ignore: string[]
  /** Count only flakes whose failing and passing runs tested the same base for sure. */
  requireSameBase: boolean
  breachIssue: {
    mode: 'daily' | 'rolling' | 'off'
    labels: string[]
    assignees: string[]
    repository: string | null
  }
  /** Issues about single jobs. */
  jobIssues: { enabled: boolean; labels: string[] }
  /** Logins and teams that own the jobs of a name or glob; the first that fits counts. */
  owners: { job: string; owners: string[] }[]
  /** Whether this app runs jobs again on /retest and the like. */
  retest: { execute: boolean }
  /** Whether this app runs a job again and again on /hunt, and the most that all hunts of a day may take. */
  hunt: { enabled: boolean; maxRuns: number; maxMinutes: number }
  /** What is said without being asked. */
  report: { automatic: boolean; checkRun: boolean }
  attribution: {
    /** Whether other pull requests of the same author are evidence about the job. */
    sameAuthorIsIndependent: boolean
    /** Which jobs the files of a path can break; none for documentation. */
    paths: { glob: string; jobs: string[] }[]
  }
}

export const DEFAULT_SETTINGS: Settings = {
  target: DEFAULT_TARGET,
  timeZone: 'UTC',
  required: 'auto',
  ignore: [],
  requireSameBase: false,
  breachIssue: { mode: 'daily', labels: ['kind/flake'], assignees: [], repository: null },
  jobIssues: { enabled: false, labels: ['kind/flake'] },
  owners: [],
  retest: { execute: false },
  hunt: { enabled: false, maxRuns: 20, maxMinutes: 120 },
  report: { automatic: false, checkRun: false },
  attribution: { sameAuthorIsIndependent: true, paths: [] },
}
