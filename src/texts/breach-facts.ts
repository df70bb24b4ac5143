/** The data behind a breach issue. */
import type { RequiredState } from '../domain/required.ts'
import type { Sla } from '../domain/sla.ts'

export interface CostlyJob {
  name: string
  flakes: number
  pull_requests: number[]
  /** Seconds: machine time of the re-runs, and people's time from the failure to the pass. */
  rerun_s: number
  waited_s: number
  /** Logins and teams, without `@`. */
  owners: string[]
  /** `YYYY-MM-DD` of its first recorded flake; null when there is none. */
  first_seen: string | null
  /** The day its flake rate last changed for good, with the rates before and after; null when no change is certain. */
  change: { day: string; before: number; after: number } | null
  /** URL of one failing run. */
  example: string | null
}

export interface BreachIncident {
  from_at: string
  jobs: string[]
  flakes: number
  pull_requests: number[]
}

export interface Breach {
  /** The breached day in the repository's time zone, `YYYY-MM-DD`. */
  day: string
  sla: Sla
  definitionVersion: number
  required: RequiredState
  jobs: CostlyJob[]
  incidents: BreachIncident[]
  /** The last 28 days, oldest first. `rate` is null for a day on which no pull request was tested. */
  trend: { day: string; rate: number | null; breached: boolean }[]
  /** The last four weeks, newest first. */
  weeks: { start: string; sla: Sla }[]
  /** The budget of the 28 days that begin with `first` (`YYYY-MM-DD`). */
  budget: { first: string; allowed: number; spent: number }
  /** The SLA document's own success measures for this quarter: breached days and weeks, and merged fixes. */
  quarter: { start: string; days: number; weeks: number; fixes: number; labels: string[] }
  /** Issues about earlier days, newest first. */
  previous: { day: string; url: string }[]
  /** `owner/name` of the measured repository when the issue is filed in another one: `#1` alone would link to the wrong place. */
  measuredRepository: string | null
  /** URL of this repository's dashboard page; null when there is no dashboard. */
  dashboardUrl: string | null
  /** URL of a chart that anyone can fetch; null unless the repository is public and has a dashboard. */
  pictureUrl: string | null
}
