/** Which statuses report the same run: those of one context and target URL, until a `pending` begins another run. */
import type { Observation } from './facts.ts'
import { compareText } from './order.ts'

/** Keys of the runs that the statuses are about, and when each run was first pending (epoch ms). */
export interface StatusRuns {
  keyOf(status: Observation): string
  pendingSince(key: string): number | null
}

/**
 * Assigns statuses to runs. Some CI systems keep the URL of a run that is started again: Travis, Buildkite, workflows that post
 * statuses. A `pending` after a completed status then begins the next run; without it, a later status corrects an earlier one.
 */
export function statusRunsOf(observations: readonly Observation[]): StatusRuns {
  const keys = new Map<Observation, string>()
  const since = new Map<string, number>()
  const statuses = observations.filter(({ source }) => source === 'status')
  for (const [key, ofKey] of Map.groupBy(statuses, (status) => status.run_key)) {
    let count = 1
    let isCompleted = false
    for (const status of ofKey.sort(byReport)) {
      const isPending = status.state === 'pending'
      if (isPending && isCompleted) count++
      isCompleted = !isPending
      const runKey = count === 1 ? key : `${key}#${count}`
      keys.set(status, runKey)
      if (isPending && !since.has(runKey)) since.set(runKey, Date.parse(status.reported_at))
    }
  }
  addPendingWithoutUrl(statuses, keys, since)
  return {
    keyOf: (status) => keys.get(status) ?? status.run_key,
    pendingSince: (key) => since.get(key) ?? null,
  }
}

/** Without a URL each status has a key of its own: the first `pending` since the last result of the context is the start. */
function addPendingWithoutUrl(
  statuses: readonly Observation[],
  keys: ReadonlyMap<Observation, string>,
  since: Map<string, number>,
): void {
  const withoutUrl = statuses.filter(({ url }) => url === null)
  for (const ofContext of Map.groupBy(withoutUrl, (status) => status.name).values()) {
    let start: number | null = null
    for (const status of ofContext.sort(byReport)) {
      if (status.state === 'pending') start ??= Date.parse(status.reported_at)
      else {
        if (start !== null) since.set(keys.get(status) ?? status.run_key, start)
        start = null
      }
    }
  }
}

/** Statuses in the order of GitHub's clock; their ids order those of one second. */
export function byReport(a: Observation, b: Observation): number {
  return (
    Date.parse(a.reported_at) - Date.parse(b.reported_at) ||
    a.reported_id - b.reported_id ||
    compareText(a.state, b.state)
  )
}

/** A run of a status, with the description of its last report. */
export interface StatusRun {
  name: string
  url: string | null
  description: string | null
  outcome: string
  startedAt: number | null
  completedAt: number
}

/**
 * Dates copies like their original. A tool that renames a context copies its status with state, description and URL to the new
 * context (Prow's status-reconciler does). Nothing was executed when it did.
 */
export function dateCopies(runs: readonly StatusRun[]): void {
  const alike = Map.groupBy(runs, ({ url, outcome, description }) =>
    JSON.stringify([url, outcome, description]),
  )
  for (const group of alike.values()) {
    if (group[0]?.url === null || new Set(group.map((run) => run.name)).size < 2) continue
    const original = group.reduce((a, b) => (b.completedAt < a.completedAt ? b : a))
    for (const run of group) {
      if (run.startedAt !== null || run.name === original.name) continue
      run.completedAt = original.completedAt
      run.startedAt = original.startedAt
    }
  }
}
