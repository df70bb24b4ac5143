/** What the breach issue is written from. */
import type { Sla } from '../domain/sla.ts'

export interface CostlyJob {
  name: string
  flakes: number
  pull_requests: number[]
  /** Seconds of machines on runs after the first, and of people from the failure to the pass. */
  rerun_s: number
  waited_s: number
  /** Logins and teams, without `@`. */
  owners: string[]
  /** `YYYY-MM-DD` of its first flake ever recorded. */
  first_seen: string | null
  /** The day on which its rate changed for good, and the rates before and after; null where none is sure. */
  change: { day: string; before: number; after: number } | null
  /** A failing run, to look at. */
  example: string | null
}

export interface BreachIncident {
  from_at: string
  jobs: string[]
  flakes: number
  pull_requests: number[]
}

export interface Breach {
  /** `YYYY-MM-DD`, the day by the repository's clock. */
  day: string
  sla: Sla
  definitionVersion: number
  requiredSource: string
  /** What could not be read of branch protection, and what to grant. */
  requiredProblem: string | null
  jobs: CostlyJob[]
  incidents: BreachIncident[]
  /** The last 28 days, oldest first; null where nothing was tested. */
  trend: { day: string; rate: number | null; breached: boolean }[]
  /** The last four weeks, the newest first. */
  weeks: { start: string; sla: Sla }[]
  budget: { allowed: number; spent: number }
  /** The success measures of the SLA document, of this quarter. */
  quarter: { start: string; days: number; weeks: number; fixes: number; labels: string[] }
  /** Issues about earlier days, the newest first. */
  previous: { day: string; url: string }[]
  /** `owner/name` where the issue stands in another repository: numbers need it to be links. */
  elsewhere: string | null
  /** Address of this repository's pages, or null where there are none. */
  dashboardUrl: string | null
  /** A picture that anybody can fetch; null unless the repository is public and has pages. */
  pictureUrl: string | null
}
