/** What is stored of a failed run: a one-line message, and the output of the first failure of each kind. */
import { type FailedRun, failureMessage, kindOf, saysOutOfMemory } from './messages.ts'
import type { HuntRun } from './run.ts'

export type Failure = Pick<HuntRun, 'message' | 'output' | 'killed_for'>

/** Describes failed runs one after another, and stores the output of each kind of failure once. */
export function failureDescriber(): (run: FailedRun) => Failure {
  const kinds = new Set<string>()
  return (run) => {
    const killed_for = run.killed_for ?? (saysOutOfMemory(run.output) && !run.timed_out ? 'memory' : null)
    const message = failureMessage({ ...run, killed_for })
    const kind = kindOf(message)
    const isFirst = !kinds.has(kind)
    kinds.add(kind)
    return { message, killed_for, output: isFirst && run.output !== '' ? run.output : null }
  }
}
