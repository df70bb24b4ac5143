/** Builders of the data behind the texts: a plain case, and what differs from it. */
import { type Sla, slaOf } from '../../src/domain/sla.ts'
import type { Breach, CostlyJob } from '../../src/texts/breach-facts.ts'
import type { JobIssue } from '../../src/texts/job-issue.ts'
import type { Report, ReportJob, ReportRun } from '../../src/texts/report-facts.ts'

export const HEAD = 'aaaaaaa000000000000000000000000000000000'

/** A window of 200 pull requests and 4 counted flakes; `differs` changes the counts. */
export function aSla(differs: Partial<Parameters<typeof slaOf>[0]> = {}): Sla {
  const flakes = { flakes: 4, flakes_counted: 4, flakes_low: 4, flakes_high: 4 }
  const none = { flakes_caused_by_pr: 0, flakes_undetermined: 0, strong: 0, weak: 4, prs_with_flakes: 4 }
  return slaOf({ prs: 200, ...flakes, ...none, target: 0.01, ...differs })
}

/** Runs from a word such as `fail fail pass`. */
export function runs(outcomes: string): ReportRun[] {
  return outcomes.split(' ').map((outcome) => ({ outcome, reason: null, url: null }))
}

/** A job that failed once and of which nothing else is known. */
export function aJob(differs: Partial<ReportJob> = {}): ReportJob {
  return { name: 'unit', runs: runs('fail'), flake: null, baseRate: null, ...differs }
}

/** A flake with this attribution. */
export function aFlake(
  attribution: string | null,
  probability: number | null,
  incident: string | null = null,
) {
  return { attribution, probability, evidence: null, incident }
}

/** A base rate: the job flaked on the pull requests `seenOn`, of `pullRequests` that ran it. */
export function elsewhere(seenOn: number[], pullRequests: number) {
  return { flaky: seenOn.length, verdicts: pullRequests, seen_on: seenOn, pull_requests: pullRequests }
}

export function aReport(differs: Partial<Report> = {}): Report {
  return {
    number: 7,
    headSha: HEAD,
    jobs: [aJob()],
    earlier: [],
    required: { source: 'config', problem: null, missing: [], assumed_before: null },
    day: null,
    week: null,
    budget: null,
    target: 0.01,
    onlyJob: null,
    unknownJob: null,
    otherJobs: [],
    settingsProblems: [],
    gates: [],
    baseRateDays: 14,
    ...differs,
  }
}

export function aCostlyJob(differs: Partial<CostlyJob> = {}): CostlyJob {
  return {
    name: 'e2e',
    flakes: 3,
    pull_requests: [1, 2, 3],
    rerun_s: 0,
    waited_s: 0,
    owners: [],
    first_seen: '2026-01-01',
    change: null,
    example: null,
    ...differs,
  }
}

export function aBreach(differs: Partial<Breach> = {}): Breach {
  return {
    day: '2026-02-02',
    sla: aSla(),
    definitionVersion: 2,
    required: { source: 'protection', problem: null, missing: [], assumed_before: null },
    jobs: [aCostlyJob()],
    incidents: [],
    trend: [],
    weeks: [],
    budget: { first: '2026-01-05', allowed: 3.2, spent: 4 },
    quarter: { start: '2026-01-01', days: 3, weeks: 1, fixes: 1, labels: ['kind/flake'] },
    previous: [],
    measuredRepository: null,
    dashboardUrl: null,
    pictureUrl: null,
    ...differs,
  }
}

export function aJobIssue(differs: Partial<JobIssue> = {}): JobIssue {
  const flake = { number: 4, head_sha: HEAD, flaked_at: '2026-02-02T10:44:00Z', probability: 0.05, url: null }
  return {
    name: 'unit',
    flakes: [flake, { ...flake, number: 3 }],
    allowed: 2,
    target: 0.01,
    rate: { flakes: 3, verdicts: 100 },
    cleanStreak: { clean: 4, needed: 150 },
    owners: [],
    historyUrl: null,
    ...differs,
  }
}
