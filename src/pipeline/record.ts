/**
 * The way in for every delivery, from the webhook server, `replay` and reconciliation alike: translate, then store.
 * Deliveries that arrive together are committed together; each waits for its own commit.
 */
import type { Db } from '../db/client.ts'
import { type Recording, recordFacts } from '../db/facts.ts'
import type { Facts } from '../domain/facts.ts'
import { storable } from '../webhooks/payload.ts'
import { translate } from '../webhooks/translate.ts'

export interface Delivery {
  /** `X-GitHub-Delivery`: a redelivery repeats it. */
  id: string
  /** `X-GitHub-Event`. */
  name: string
  payload: unknown
}

export type RecordResult =
  | { outcome: 'recorded' | 'duplicate' | 'ignored' }
  | { outcome: 'rejected'; reason: string }

export interface Recorder {
  /** Resolves once the delivery is durable; throws when the database could not take it. */
  record(delivery: Delivery): Promise<RecordResult>
}

interface Waiting {
  recording: Recording
  resolve(result: RecordResult): void
  reject(error: unknown): void
}

const MOST_AT_ONCE = 500

/**
 * @param options.now epoch ms, for what payloads do not date themselves
 * @param options.effects whether commands ask for anything to be done on GitHub; `replay` does not
 * @param options.onRecorded called after each commit that held new facts
 */
export function createRecorder(
  db: Db,
  options: { now: () => number; effects: boolean; writers?: number; onRecorded?: () => void },
): Recorder {
  let waiting: Waiting[] = []
  let writing = 0
  const writers = options.writers ?? 1

  async function write(): Promise<void> {
    writing++
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE)
      waiting = waiting.slice(MOST_AT_ONCE)
      await commit(db, batch, options.effects)
      options.onRecorded?.()
    }
    writing--
  }

  return {
    async record(delivery) {
      const prepared = prepare(delivery, options.now())
      if (prepared.outcome === 'ignored') return prepared
      const result = await new Promise<RecordResult>((resolve, reject) => {
        waiting.push({ recording: prepared.recording, resolve, reject })
        // The turn of the event loop lets those that arrived together be written together.
        if (writing < writers) queueMicrotask(() => void (writing < writers && write()))
      })
      if (prepared.outcome === 'rejected' && result.outcome === 'recorded') {
        return { outcome: 'rejected', reason: prepared.reason }
      }
      return result
    },
  }
}

async function commit(db: Db, batch: readonly Waiting[], effects: boolean): Promise<void> {
  try {
    const fresh = await recordFacts(
      db,
      batch.map((one) => one.recording),
      { effects },
    )
    const seen = new Set<string>()
    for (const { recording, resolve } of batch) {
      const { guid } = recording.delivery
      const isFirst = fresh.has(guid) && !seen.has(guid)
      seen.add(guid)
      resolve({ outcome: isFirst ? 'recorded' : 'duplicate' })
    }
  } catch (error) {
    const [only] = batch
    if (batch.length === 1 && only) return only.reject(error)
    // One bad delivery must not take the others with it: each gets its own transaction.
    for (const one of batch) await commit(db, [one], effects)
  }
}

/**
 * Whoever reports a check run chooses its times. A word about the repository that came from the future would outlive every
 * later one: made private, the repository would still be taken for public. Replayed history has no clock to compare with.
 */
function notFromTheFuture(facts: Facts, now: number): Facts {
  if (!facts.repository || now === 0) return facts
  const at = new Date(now).toISOString()
  return {
    ...facts,
    repository: facts.repository.map((one) => (one.told_at > at ? { ...one, told_at: at } : one)),
  }
}

type Prepared =
  | { outcome: 'ignored' }
  | { outcome: 'recorded'; recording: Recording }
  | { outcome: 'rejected'; recording: Recording; reason: string }

function prepare(told: Delivery, now: number): Prepared {
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
