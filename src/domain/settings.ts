/** A repository's settings, as read from `.github/flake-sla.yml`. */
import { DEFAULT_TARGET } from './sla.ts'

/** What a status `error` says about its run. */
export type ErrorOutcome = 'fail' | 'infra' | 'aborted' | 'skipped'

export interface Settings {
  /** The rate must be strictly below it. */
  target: number
  /** IANA name of the time zone that days and weeks begin in. */
  timeZone: string
  /** `auto` takes the jobs that branch protection and rulesets require; otherwise names and globs of jobs. */
  required: 'auto' | string[]
  /** Names and globs of jobs that never count. */
  ignore: string[]
  /** Count strong flakes only: those whose failing and passing runs definitely tested the same base. */
  requireSameBase: boolean
  breachIssue: {
    mode: 'daily' | 'rolling' | 'off'
    labels: string[]
    assignees: string[]
    repository: string | null
  }
  /** Issues about single jobs. */
  jobIssues: { enabled: boolean; labels: string[] }
  /** Logins and teams that own the jobs matching a name or glob; the first match applies. */
  owners: { job: string; owners: string[] }[]
  /** Jobs that state something about the pull request and test nothing, beside the known and learned ones, by name or glob. */
  gates: {
    include: string[]
    /** Jobs that are tests although they look like gates. */
    exclude: string[]
  }
  /** What a status `error` of the jobs matching a name or glob means; the first match applies. */
  outcomes: { job: string; error: ErrorOutcome }[]
  /** Logins of robots that are GitHub users and whose login does not show it. */
  bots: string[]
  retest: {
    /** Whether this app re-runs jobs on `/retest` and similar commands. */
    execute: boolean
    /** Comments that ask other CI systems for a re-run, such as `retest this please`. */
    words: string[]
  }
  /** How long runs and their facts are kept; verdicts, flakes and windows are kept for good. */
  retention: { runDays: number }
  /** Whether this app repeats a job on `/hunt`, and the limits for all hunts of a day together. */
  hunt: { enabled: boolean; maxRuns: number; maxMinutes: number }
  /** What is reported automatically. */
  report: { automatic: boolean; checkRun: boolean }
  attribution: {
    /** Whether other pull requests of the same author count as independent evidence about a job. */
    sameAuthorIsIndependent: boolean
    /** Which jobs the files matching a glob can break; none for documentation. */
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
  gates: { include: [], exclude: [] },
  outcomes: [],
  bots: [],
  retest: { execute: false, words: [] },
  retention: { runDays: 400 },
  hunt: { enabled: false, maxRuns: 20, maxMinutes: 120 },
  report: { automatic: false, checkRun: false },
  attribution: { sameAuthorIsIndependent: true, paths: [] },
}
