/**
 * What one observation says: whether the run passed, failed or has no verdict, and whether it is about a run at all.
 * The rules are in docs/how-figures-are-computed.md; what CI systems write in descriptions is in status-texts.ts.
 */
import type { Observation } from './facts.ts'
import { matchesGlob } from './glob.ts'
import { label, type Reading, run } from './reading.ts'
import type { Settings } from './settings.ts'
import { readStatusText } from './status-texts.ts'

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

/**
 * Reads an observation. Returns null for a pending status: its run is not completed.
 * @param outcomes the setting `outcomes`: what a status `error` of some jobs means
 */
export function readOutcome(observation: Observation, outcomes: Settings['outcomes'] = []): Reading | null {
  return observation.source === 'check_run' ? readCheckRun(observation) : readStatus(observation, outcomes)
}

function readCheckRun({ description, state }: Observation): Reading {
  if (description?.startsWith('Prow override')) return label('overridden')
  if (state === 'failure' && description !== null) {
    const reading = readStatusText(state, description)
    if (reading) return reading
  }
  return BY_CONCLUSION.get(state) ?? run('skipped', 'unknown conclusion')
}

function readStatus(observation: Observation, outcomes: Settings['outcomes']): Reading | null {
  const { name, state, description, url } = observation
  if (state === 'pending') return null
  if (name === 'tide') return label('merge queue state')
  const text = statusText(description)
  const reading = readStatusText(state, text)
  if (reading?.outcome === 'aborted' || reading?.isRun === false) return reading
  if (state === 'error') return readError(name, outcomes) ?? reading ?? run('infra', 'infrastructure error')
  if (reading) return reading
  if (state === 'failure')
    return text === '' && isProw(observation) ? run('aborted', 'aborted') : run('fail', null)
  if (state !== 'success') return run('skipped', 'unknown state')
  return url?.includes('/pull/batch/') ? run('skipped', 'batch of several pull requests') : run('pass', null)
}

const ERROR_REASONS = { infra: 'infrastructure error', aborted: 'aborted', skipped: 'skipped' } as const

function readError(name: string, outcomes: Settings['outcomes']): Reading | null {
  const error = outcomes.find(({ job }) => matchesGlob(name, job))?.error
  if (error === undefined) return null
  return run(error, error === 'fail' ? null : ERROR_REASONS[error])
}

/** Prow describes every run that ended, so a failure without a description was aborted before it ran. */
function isProw({ description, url }: Observation): boolean {
  return BASE_DELIMITER.test(description ?? '') || /\/(?:view\/(?:gs|gcs|s3)|pr-logs)\//.test(url ?? '')
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
