/** Derives the runs of one commit from its observations, each of which GitHub may report once or many times. */
import type { Mention, Observation, WorkflowRunFact } from './facts.ts'
import { compareText } from './order.ts'
import { baseShaOf, type Outcome, type Reading, readOutcome } from './outcome.ts'

/** One named CI result, whatever reports it. Jobs of one name are distinguished by app, workflow and event. */
export interface Job {
  source: 'check_run' | 'status'
  app: string
  name: string
  /** Path of the Actions workflow and the event that triggered it; null where unknown. */
  workflow: string | null
  event: string | null
}

/** One completed execution of one job at one commit. Times are epoch ms. */
export interface Run {
  key: string
  job: Job
  outcome: Outcome
  /** Why the run has no verdict, for people; null for pass and fail. */
  reason: string | null
  startedAt: number | null
  completedAt: number
  /** The base commit that was merged in, where the run names it. */
  baseSha: string | null
  suiteId: number | null
  url: string | null
  mentions: readonly Mention[]
  /** Ran on the default branch or in a merge queue, according to its branch or event. */
  trunk: boolean
  headBranch: string | null
}

export const ACTIONS_APP = 'github-actions'
const TRUNK_EVENTS: ReadonlySet<string> = new Set(['merge_group', 'schedule'])

/** Whether a branch is one that a merge queue made for the commit it tests. */
export function isQueueBranch(branch: string): boolean {
  return branch.startsWith('gh-readonly-queue/')
}

/** The identity of a job as text: runs with equal keys are runs of one job. */
export function jobKey(job: Job): string {
  return JSON.stringify([job.source, job.app, job.name, job.workflow, job.event])
}

/**
 * The runs of one commit, oldest first, from its facts in any order.
 * Where two reports about one run disagree, the last one by GitHub's clock holds; the run is dated by the first report
 * of that outcome.
 */
export function readRuns(
  observations: readonly Observation[],
  workflowRuns: readonly WorkflowRunFact[],
): Run[] {
  const jobOf = jobResolver(observations, workflowRuns)
  const pendingSince = firstPending(observations)
  const reports = observations.flatMap((observation): Report[] => {
    const reading = readOutcome(observation)
    return reading === null ? [] : [{ observation, reading }]
  })
  const runs: Run[] = []
  for (const [key, group] of Map.groupBy(reports, runKeyOf)) {
    runs.push(mergeReports(key, group, jobOf, pendingSince))
  }
  return runs.sort(byCompletion)
}

/** Oldest first. The key orders runs of the same second, so that the order of arrival never decides. */
export function byCompletion(a: Run, b: Run): number {
  return a.completedAt - b.completedAt || (a.startedAt ?? 0) - (b.startedAt ?? 0) || compareText(a.key, b.key)
}

/** An observation together with the outcome that it reports. */
interface Report {
  observation: Observation
  reading: Reading
}

/** A label (an override, a retired context) gets a key of its own: it must not overwrite the run it was put on. */
function runKeyOf({ observation, reading }: Report): string {
  return reading.isRun ? observation.run_key : `${observation.run_key}:${reading.reason}`
}

function byReportTime(a: Report, b: Report): number {
  return (
    Date.parse(a.observation.reported_at) - Date.parse(b.observation.reported_at) ||
    a.observation.reported_id - b.observation.reported_id ||
    compareText(a.observation.state, b.observation.state)
  )
}

function mergeReports(
  key: string,
  reports: Report[],
  jobOf: (observation: Observation) => Job,
  pendingSince: ReadonlyMap<string, number>,
): Run {
  reports.sort(byReportTime)
  const last = reports[reports.length - 1] as Report
  const { outcome, reason } = last.reading
  let firstIndex = reports.length - 1
  while (firstIndex > 0 && reports[firstIndex - 1]?.reading.outcome === outcome) firstIndex--
  const first = (reports[firstIndex] as Report).observation
  const job = jobOf(first)
  return {
    key,
    job,
    outcome,
    reason,
    startedAt: first.started_at ? Date.parse(first.started_at) : (pendingSince.get(first.run_key) ?? null),
    completedAt: Date.parse(first.completed_at),
    baseSha: baseShaOf(last.observation.description) ?? onlyBase(last.observation.mentions),
    suiteId: first.suite_id,
    url: last.observation.url,
    mentions: last.observation.mentions,
    trunk: first.trunk || TRUNK_EVENTS.has(job.event ?? ''),
    headBranch: first.head_branch,
  }
}

/** When each status run was first pending (epoch ms): a status reports its start by a `pending` of the same key. */
function firstPending(observations: readonly Observation[]): Map<string, number> {
  const since = new Map<string, number>()
  for (const { source, state, run_key, reported_at } of observations) {
    if (source !== 'status' || state !== 'pending') continue
    const at = Date.parse(reported_at)
    if (at < (since.get(run_key) ?? Number.POSITIVE_INFINITY)) since.set(run_key, at)
  }
  return since
}

/** The base commit that all mentioned pull requests share; null where they differ or none is mentioned. */
function onlyBase(mentions: readonly Mention[]): string | null {
  const bases = new Set(mentions.map((mention) => mention.base_sha))
  const [base] = bases
  return bases.size === 1 && base !== undefined ? base : null
}

/** The workflow of a check suite: its path and the event that triggered it. */
interface SuiteWorkflow {
  workflow: string
  event: string
}

/**
 * Names the job of an observation. Actions check runs carry no workflow: it comes from the workflow run of the same
 * check suite. Where that workflow run is unknown and all known runs of the same name share one workflow, that one is
 * assumed.
 */
function jobResolver(
  observations: readonly Observation[],
  workflowRuns: readonly WorkflowRunFact[],
): (observation: Observation) => Job {
  const suites = workflowsBySuite(workflowRuns)
  const suiteOf = ({ app, suite_id }: Observation) =>
    app === ACTIONS_APP && suite_id !== null ? suites.get(suite_id) : undefined
  const workflowsByName = new Map<string, Map<string, SuiteWorkflow>>()
  for (const observation of observations) {
    const suite = suiteOf(observation)
    if (!suite) continue
    const workflows = workflowsByName.get(observation.name) ?? new Map<string, SuiteWorkflow>()
    workflows.set(`${suite.workflow}\n${suite.event}`, suite)
    workflowsByName.set(observation.name, workflows)
  }
  const assumed = ({ app, name }: Observation) => {
    const workflows = workflowsByName.get(name)
    return app === ACTIONS_APP && workflows?.size === 1 ? [...workflows.values()][0] : undefined
  }
  return (observation) => {
    const { source, app, name } = observation
    const suite = suiteOf(observation) ?? assumed(observation)
    return { source, app, name, workflow: suite?.workflow ?? null, event: suite?.event ?? null }
  }
}

/**
 * One workflow per check suite. Some events report an empty path for a workflow whose path others know: the greatest
 * (path, event) holds, so a known path wins and the order of arrival does not matter.
 */
function workflowsBySuite(workflowRuns: readonly WorkflowRunFact[]): Map<number, SuiteWorkflow> {
  const suites = new Map<number, SuiteWorkflow>()
  for (const { suite_id, path, event } of workflowRuns) {
    if (suite_id === null) continue
    const suite = suites.get(suite_id)
    const order = suite ? compareText(path, suite.workflow) || compareText(event, suite.event) : 1
    if (order > 0) suites.set(suite_id, { workflow: path, event })
  }
  return suites
}
