/** Runs: the executions that stand behind the observations of one commit, each told once or many times. */
import type { Mention, Observation, WorkflowRunFact } from './facts.ts'
import { baseShaOf, type Outcome, type Reading, readOutcome } from './outcome.ts'

/** One named CI result, whatever reports it. Two jobs of one name are told apart by app, workflow and event. */
export interface Job {
  source: 'check_run' | 'status'
  app: string
  name: string
  /** Path of the Actions workflow and the event that triggered it, where known. */
  workflow: string | null
  event: string | null
}

/** One completed execution of one job at one commit. Times are epoch ms. */
export interface Run {
  key: string
  job: Job
  outcome: Outcome
  reason: string | null
  startedAt: number | null
  completedAt: number
  /** The base commit that was merged in, where the run names it. */
  baseSha: string | null
  suiteId: number | null
  url: string | null
  mentions: readonly Mention[]
  /** Ran on the default branch or in a merge queue, as far as GitHub said. */
  trunk: boolean
  headBranch: string | null
}

export const ACTIONS_APP = 'github-actions'
const TRUNK_EVENTS: ReadonlySet<string> = new Set(['merge_group', 'schedule'])

/** The text under which two runs are runs of one job. */
export function jobKey(job: Job): string {
  return JSON.stringify([job.source, job.app, job.name, job.workflow, job.event])
}

/**
 * The runs of one commit, oldest first, from everything told about it in any order.
 * Where two words about one run disagree, the one told last stands; it is dated by the first time that word was told.
 */
export function readRuns(
  observations: readonly Observation[],
  workflowRuns: readonly WorkflowRunFact[],
): Run[] {
  const jobOf = jobResolver(observations, workflowRuns)
  const words = new Map<string, Word[]>()
  for (const seen of observations) {
    const reading = readOutcome(seen)
    if (reading === null) continue
    const key = reading.isRun ? seen.run_key : `${seen.run_key}:${reading.reason}`
    const list = words.get(key)
    if (list) list.push({ seen, reading })
    else words.set(key, [{ seen, reading }])
  }
  const pendingSince = firstPending(observations)
  const runs: Run[] = []
  for (const [key, list] of words) runs.push(settle(key, list, jobOf, pendingSince))
  return runs.sort(byCompletion)
}

/** Oldest first; the key decides between runs of the same second, so that arrival never does. */
export function byCompletion(a: Run, b: Run): number {
  return a.completedAt - b.completedAt || (a.startedAt ?? 0) - (b.startedAt ?? 0) || compare(a.key, b.key)
}

interface Word {
  seen: Observation
  reading: Reading
}

function settle(
  key: string,
  words: Word[],
  jobOf: (seen: Observation) => Job,
  pendingSince: Map<string, number>,
): Run {
  words.sort(
    (a, b) =>
      Date.parse(a.seen.reported_at) - Date.parse(b.seen.reported_at) ||
      a.seen.reported_id - b.seen.reported_id ||
      compare(a.seen.state, b.seen.state),
  )
  const last = words[words.length - 1] as Word
  let first = words.length - 1
  while (first > 0 && words[first - 1]?.reading.outcome === last.reading.outcome) first--
  const { seen } = words[first] as Word
  return {
    key,
    job: jobOf(seen),
    outcome: last.reading.outcome,
    reason: last.reading.reason,
    startedAt: seen.started_at ? Date.parse(seen.started_at) : (pendingSince.get(seen.run_key) ?? null),
    completedAt: Date.parse(seen.completed_at),
    baseSha: baseShaOf(last.seen.description) ?? onlyBase(last.seen.mentions),
    suiteId: seen.suite_id,
    url: last.seen.url,
    mentions: last.seen.mentions,
    trunk: seen.trunk || TRUNK_EVENTS.has(jobOf(seen).event ?? ''),
    headBranch: seen.head_branch,
  }
}

/** A status tells its start by an earlier `pending` under the same identity. */
function firstPending(observations: readonly Observation[]): Map<string, number> {
  const since = new Map<string, number>()
  for (const seen of observations) {
    if (seen.source !== 'status' || seen.state !== 'pending') continue
    const at = Date.parse(seen.reported_at)
    if (at < (since.get(seen.run_key) ?? Number.POSITIVE_INFINITY)) since.set(seen.run_key, at)
  }
  return since
}

function onlyBase(mentions: readonly Mention[]): string | null {
  const bases = new Set(mentions.map((mention) => mention.base_sha))
  const [base] = bases
  return bases.size === 1 && base !== undefined ? base : null
}

/**
 * Names the job of an observation. Actions check runs carry no workflow: it comes from the workflow run of the same
 * check suite. Where that was never told and all known runs of the same name agree, their workflow is taken.
 */
function jobResolver(observations: readonly Observation[], workflowRuns: readonly WorkflowRunFact[]) {
  const suites = new Map<number, { workflow: string; event: string }>()
  for (const told of workflowRuns) {
    if (told.suite_id !== null) suites.set(told.suite_id, { workflow: told.path, event: told.event })
  }
  const known = new Map<string, Map<string, { workflow: string; event: string }>>()
  for (const seen of observations) {
    const suite = suiteOf(seen, suites)
    if (!suite) continue
    const byWorkflow = known.get(seen.name) ?? new Map()
    byWorkflow.set(`${suite.workflow}\n${suite.event}`, suite)
    known.set(seen.name, byWorkflow)
  }
  return (seen: Observation): Job => {
    const candidates = seen.app === ACTIONS_APP ? [...(known.get(seen.name)?.values() ?? [])] : []
    const suite = suiteOf(seen, suites) ?? (candidates.length === 1 ? candidates[0] : undefined)
    const { source, app, name } = seen
    return { source, app, name, workflow: suite?.workflow ?? null, event: suite?.event ?? null }
  }
}

function suiteOf(seen: Observation, suites: Map<number, { workflow: string; event: string }>) {
  return seen.app === ACTIONS_APP && seen.suite_id !== null ? suites.get(seen.suite_id) : undefined
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
