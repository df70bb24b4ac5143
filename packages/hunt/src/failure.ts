/** What is kept of a failed run: one line that says what happened, and the output of the first of its kind. */
import { type FailedRun, failureMessage, kindOf, saysOutOfMemory } from './messages.ts'
import type { HuntRun } from './run.ts'

export type Failure = Pick<HuntRun, 'message' | 'output' | 'killed_for'>

/** Remembers which kinds of failure were seen, so that a thousand equal outputs are kept once. */
export function failureTeller(): (run: FailedRun) => Failure {
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
