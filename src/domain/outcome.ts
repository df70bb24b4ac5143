/**
 * What one observation says: whether the run passed, failed or has no verdict, and whether it is about a run at all.
 * The rules are in docs/how-figures-are-computed.md. Prow's descriptions are those of kubernetes-sigs/prow (plank, deck,
 * override, skip, tide, status-reconciler).
 */
import type { Observation } from './facts.ts'

export type Outcome = 'pass' | 'fail' | 'aborted' | 'infra' | 'skipped'

export interface Reading {
  outcome: Outcome
  /** Why there is no verdict, in a few words for people; null for pass and fail. */
  reason: string | null
  /** False for a label that was put on the job (an override, a retired context): nothing was executed. */
  isRun: boolean
}

const BY_CONCLUSION: ReadonlyMap<string, Reading> = new Map(
  Object.entries({
    success: run('pass', null),
    failure: run('fail', null),
    timed_out: run('fail', null),
    cancelled: run('aborted', 'cancelled'),
    startup_failure: run('infra', 'startup failure'),
    skipped: run('skipped', 'skipped'),
    neutral: run('skipped', 'neutral'),
    stale: run('skipped', 'stale'),
    action_required: run('skipped', 'waiting for approval'),
  }),
)

/** Reads an observation. Returns null for a pending status: its run is not completed. */
export function readOutcome(observation: Observation): Reading | null {
  return observation.source === 'check_run' ? readCheckRun(observation) : readStatus(observation)
}

function readCheckRun({ description, state }: Observation): Reading {
  if (description?.startsWith('Prow override')) return label('overridden')
  return BY_CONCLUSION.get(state) ?? run('skipped', 'unknown conclusion')
}

function readStatus({ name, state, description, url }: Observation): Reading | null {
  if (state === 'pending') return null
  if (name === 'tide') return label('merge queue state')
  const text = statusText(description)
  if (state === 'error') return run('infra', 'infrastructure error')
  if (state === 'failure') return readFailure(text)
  if (state === 'success') return readSuccess(text, url)
  return run('skipped', 'unknown state')
}

function readFailure(text: string): Reading {
  if (text.startsWith('Aborted by ') || text.includes(' successfully aborted '))
    return run('aborted', 'aborted')
  if (text.startsWith('Override cancelled by ')) return label('override cancelled')
  return run('fail', null)
}

function readSuccess(text: string, url: string | null): Reading {
  if (text.startsWith('Overridden by ')) return label('overridden')
  if (text.startsWith('Skipped')) return label('skipped')
  if (text.startsWith('Context retired')) return label('context retired')
  if (url?.includes('/pull/batch/')) return run('skipped', 'batch of several pull requests')
  return run('pass', null)
}

const BASE_DELIMITER = / (?:BaseSHA|Basesha):/
const HEX_40 = /^[0-9a-f]{40}$/i

/** A status's description without Prow's padding and base SHA. */
export function statusText(description: string | null): string {
  return (description ?? '').split(BASE_DELIMITER)[0]?.replace(/[\u2001 ]+$/u, '') ?? ''
}

/** The base SHA at the end of a Prow description, in lower case. Null unless it ends in exactly one SHA of 40 digits. */
export function baseShaOf(description: string | null): string | null {
  const parts = (description ?? '').split(BASE_DELIMITER)
  const sha = parts[1]
  return parts.length === 2 && sha !== undefined && HEX_40.test(sha) ? sha.toLowerCase() : null
}

function run(outcome: Outcome, reason: string | null): Reading {
  return { outcome, reason, isRun: true }
}

function label(reason: string): Reading {
  return { outcome: 'skipped', reason, isRun: false }
}
