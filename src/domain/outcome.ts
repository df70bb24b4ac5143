/**
 * What one observation says: did the run pass, fail, or give no verdict, and is it about a run at all?
 * DEFINITIONS section 2; Prow's descriptions as in kubernetes-sigs/prow (plank, deck, override, skip, tide, status-reconciler).
 */
import type { Observation } from './facts.ts'

export type Outcome = 'pass' | 'fail' | 'aborted' | 'infra' | 'skipped'

export interface Reading {
  outcome: Outcome
  /** Why there is no verdict, in a word for people; null for pass and fail. */
  reason: string | null
  /** False for a label that somebody put on the job (an override, a retired context): no run stands behind it. */
  isRun: boolean
}

const CONCLUSIONS: ReadonlyMap<string, Reading> = new Map(
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

/** Reads an observation; null while the run is not finished (a pending status) or says nothing we know. */
export function readOutcome(seen: Observation): Reading | null {
  if (seen.source === 'check_run') return readCheckRun(seen)
  return readStatus(seen)
}

function readCheckRun(seen: Observation): Reading {
  if (seen.description?.startsWith('Prow override')) return label('overridden')
  return CONCLUSIONS.get(seen.state) ?? run('skipped', 'unknown conclusion')
}

function readStatus(seen: Observation): Reading | null {
  const text = statusText(seen.description)
  if (seen.name === 'tide') return seen.state === 'pending' ? null : label('merge queue state')
  if (seen.state === 'pending') return null
  if (seen.state === 'error') return run('infra', 'infrastructure error')
  if (seen.state === 'failure') return readFailure(text)
  if (seen.state === 'success') return readSuccess(text, seen.url)
  return run('skipped', 'unknown state')
}

function readFailure(text: string): Reading {
  if (text.startsWith('Aborted by ') || / successfully aborted /.test(text)) return run('aborted', 'aborted')
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

/** The base SHA at the end of a Prow description, or null: exactly two parts and 40 hex digits. */
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
