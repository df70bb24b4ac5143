/** Derives the runs of one commit from its observations, each of which GitHub may report once or many times. */
import { type ActionsRun, readActions, type TimeLimit } from './actions.ts'
import type { Observation, WorkflowJobFact, WorkflowRunFact } from './facts.ts'
import { compareText } from './order.ts'
import { baseShaOf, readOutcome, statusText } from './outcome.ts'
import type { Reading } from './reading.ts'
import { ACTIONS_APP, byCompletion, type Job, type Run } from './run.ts'
import type { Settings } from './settings.ts'
import { byReport, dateCopies, type StatusRuns, statusRunsOf } from './status-run.ts'

/** What decides how the results of a commit are read, besides the results themselves. */
export interface ReadingFacts {
  workflowJobs?: readonly WorkflowJobFact[]
  timeLimits?: readonly TimeLimit[]
  /** The setting of that name. */
  outcomes?: Settings['outcomes']
}

/**
 * The runs of one commit, oldest first, from its facts in any order.
 * Where two reports about one run disagree, the last one by GitHub's clock holds; the run is dated by the first report
 * of that outcome.
 */
export function readRuns(
  observations: readonly Observation[],
  workflowRuns: readonly WorkflowRunFact[],
  { workflowJobs = [], timeLimits = [], outcomes = [] }: ReadingFacts = {},
): Run[] {
  const jobOf = jobResolver(observations, workflowRuns)
  const statusRuns = statusRunsOf(observations)
  const reports = observations.flatMap((observation): Report[] => {
    const reading = readOutcome(observation, outcomes)
    return reading === null ? [] : [{ observation, reading }]
  })
  const drafts = [...Map.groupBy(reports, (report) => runKeyOf(report, statusRuns))].map(([key, group]) =>
    mergeReports(key, group, jobOf, statusRuns),
  )
  const [actions, others] = [drafts.filter(isActions), drafts.filter((draft) => !isActions(draft))]
  dateStatuses(others)
  return [
    ...others.map(({ run }) => run),
    ...readActions(actions.map(actionsRunOf), { workflowRuns, workflowJobs, timeLimits }),
  ].sort(byCompletion)
}

/** A run with the last report about it. */
interface Draft {
  run: Run
  last: Observation
}

function isActions({ run }: Draft): boolean {
  return run.job.app === ACTIONS_APP && run.job.source === 'check_run'
}

function actionsRunOf({ run, last }: Draft): ActionsRun {
  // The key is `check:ID:SECOND`.
  return { run, conclusion: last.state, checkRunId: Number(last.run_key.split(':')[1]) }
}

function dateStatuses(drafts: readonly Draft[]): void {
  const dated = drafts
    .filter(({ last }) => last.source === 'status')
    .map(({ run, last }) => ({
      run,
      status: {
        ...{
          name: run.job.name,
          url: run.url,
          description: statusText(last.description),
          outcome: run.outcome,
        },
        ...{ startedAt: run.startedAt, completedAt: run.completedAt },
      },
    }))
  dateCopies(dated.map(({ status }) => status))
  for (const { run, status } of dated) {
    run.startedAt = status.startedAt
    run.completedAt = status.completedAt
  }
}

/** An observation together with the outcome that it reports. */
interface Report {
  observation: Observation
  reading: Reading
}

/** A label (an override, a retired context) gets a key of its own: it must not overwrite the run it was put on. */
function runKeyOf({ observation, reading }: Report, statusRuns: StatusRuns): string {
  const key = statusRuns.keyOf(observation)
  return reading.isRun ? key : `${key}:${reading.reason}`
}

function mergeReports(
  key: string,
  reports: Report[],
  jobOf: (observation: Observation) => Job,
  statusRuns: StatusRuns,
): Draft {
  reports.sort((a, b) => byReport(a.observation, b.observation))
  const last = reports[reports.length - 1] as Report
  const { outcome, reason } = last.reading
  let firstIndex = reports.length - 1
  while (firstIndex > 0 && reports[firstIndex - 1]?.reading.outcome === outcome) firstIndex--
  const first = (reports[firstIndex] as Report).observation
  const run: Run = {
    key,
    job: jobOf(first),
    outcome,
    reason,
    startedAt: first.started_at
      ? Date.parse(first.started_at)
      : statusRuns.pendingSince(statusRuns.keyOf(first)),
    completedAt: Date.parse(first.completed_at),
    baseSha: baseShaOf(last.observation.description),
    suiteId: first.suite_id,
    attempt: null,
    url: last.observation.url,
    mentions: last.observation.mentions,
    trunk: first.trunk,
    headBranch: first.head_branch,
  }
  return { run, last: last.observation }
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
