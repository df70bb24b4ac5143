/** A repository's settings, as read from `.github/flake-sla.yml`. */
import { DEFAULT_TARGET } from './sla.ts'

/** What a status `error` says about its run. */
export type ErrorOutcome = 'fail' | 'infra' | 'aborted' | 'skipped'

/** What decides which jobs and flakes count, and in which day, in one version of the settings. */
export type Rules = Pick<Settings, 'required' | 'ignore' | 'gates' | 'requireSameBase' | 'timeZone'>

/** Rules that a later version of the settings replaced at `until` (epoch ms). */
export interface EarlierRules extends Rules {
  until: number
}

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
  /** The rules of earlier versions, oldest first. Those of this version hold after the last of them. */
  earlierRules: readonly EarlierRules[]
  /** When the oldest version was pushed or read (epoch ms): for the time before, it is assumed. Null where nothing is assumed. */
  rulesKnownFrom: number | null
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
  earlierRules: [],
  rulesKnownFrom: null,
}

/** Settings that hold from this time (epoch ms) on were given for the whole history, so nothing about them is assumed. */
export const BEGINNING = 0

/** Rules with the time from which they hold (epoch ms); null for the first, which hold for all the time before too. */
export interface DatedRules extends Rules {
  from: number | null
}

/** The rules of every version of the settings, oldest first. */
export function rulesOver(settings: Settings): DatedRules[] {
  const versions: readonly Rules[] = [...settings.earlierRules, settings]
  return versions.map(({ required, ignore, gates, requireSameBase, timeZone }, i) => ({
    ...{ required, ignore, gates, requireSameBase, timeZone },
    from: settings.earlierRules[i - 1]?.until ?? null,
  }))
}
