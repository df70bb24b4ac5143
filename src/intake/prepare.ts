/** From a delivery to what is stored of it. Pure, so that it can be done wherever there is time for it. */
import type { Recording } from '../db/facts.ts'
import type { Facts } from '../domain/facts.ts'
import { storable } from './events/payload.ts'
import { translate } from './events/translate.ts'

export interface Delivery {
  /** `X-GitHub-Delivery`: a redelivery repeats it. */
  id: string
  /** `X-GitHub-Event`. */
  name: string
  payload: unknown
}

/** What a delivery tells, ready to be stored. Plain data: it can be sent from one thread to another. */
export type Prepared =
  | { outcome: 'ignored' }
  | { outcome: 'recorded'; recording: Recording }
  | { outcome: 'rejected'; recording: Recording; reason: string }

/**
 * Whoever reports a check run chooses its times. A word about the repository that came from the future would outlive every
 * later one: made private, the repository would still be taken for public. Replayed history has no clock to compare with.
 */
function notFromTheFuture(facts: Facts, now: number): Facts {
  if (!facts.repository || now === 0) return facts
  const at = new Date(now).toISOString()
  return {
    ...facts,
    repository: facts.repository.map((one) => (one.reported_at > at ? { ...one, reported_at: at } : one)),
  }
}

/**
 * Takes out of a delivery what it tells. Never throws. @param now epoch ms, for what payloads do not date themselves; 0 for
 * replayed history, which is not held to any clock
 */
export function prepare(told: Delivery, now: number): Prepared {
  const { name, payload } = told
  const id = storable(told.id)
  const at = new Date(now).toISOString()
  const translation = translate(payload, { guid: id, event: name, at })
  if (translation.outcome === 'ignored') return translation
  const { repositoryId: repository_id, action } = translation
  const delivery = { repository_id, guid: id, event: name, action, received_at: at }
  if (translation.outcome === 'facts') {
    return {
      outcome: 'recorded',
      recording: {
        delivery: { ...delivery, outcome: 'recorded', reason: null },
        facts: notFromTheFuture(translation.facts, now),
      },
    }
  }
  const { reason } = translation
  return {
    outcome: 'rejected',
    reason,
    recording: { delivery: { ...delivery, outcome: 'rejected', reason }, facts: {} },
  }
}
