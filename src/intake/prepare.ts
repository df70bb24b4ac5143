/** Turns a delivery into the rows to store. Pure, so that any thread can do it. */
import type { Recording } from '../db/facts.ts'
import type { Facts } from '../domain/facts.ts'
import { iso } from '../domain/time.ts'
import { storable } from './events/payload.ts'
import { translate } from './events/translate.ts'

export interface Delivery {
  /** `X-GitHub-Delivery`. A redelivery has the same. */
  id: string
  /** `X-GitHub-Event`. */
  name: string
  payload: unknown
  /** When GitHub first delivered it (RFC 3339), where that is known of a redelivery or of a recorded delivery. */
  deliveredAt?: string | null
}

/** The rows of a delivery. Plain data, so that it can be sent from one thread to another. */
export type Prepared =
  | { outcome: 'ignored' }
  | { outcome: 'recorded'; recording: Recording }
  | { outcome: 'rejected'; recording: Recording; reason: string }

/**
 * Limits the time of what a payload says about its repository to now. Apps choose the times of their check runs. A report from
 * the future would win over every later one, and a repository that is made private would stay public. Replayed history is
 * not limited.
 */
function notFromTheFuture(facts: Facts, now: number): Facts {
  if (!facts.repository || now === 0) return facts
  const at = iso(now)
  const clip = (time: string) => (time > at ? at : time)
  return {
    ...facts,
    repository: facts.repository.map((fact) => ({
      ...fact,
      reported_at: clip(fact.reported_at),
      changed_at: clip(fact.changed_at),
    })),
  }
}

/**
 * Translates a delivery into rows. Never throws.
 * @param now epoch ms, for events whose payload has no time; 0 for replayed history
 */
export function prepare(received: Delivery, now: number): Prepared {
  const { name, payload } = received
  const id = storable(received.id)
  const at = iso(now)
  const translation = translate(payload, { guid: id, event: name, at: received.deliveredAt ?? at })
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
