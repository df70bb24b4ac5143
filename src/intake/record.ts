/**
 * Stores deliveries, from the webhook server, `replay` and redelivery alike. Deliveries that arrive together are committed
 * together, and each waits for its own commit.
 */

import { type Recording, recordFacts } from '../db/facts.ts'
import { readFirstDelivery } from '../db/gaps.ts'
import type { Db } from '../db/schema.ts'
import { isDatedByArrival } from './events/translate.ts'
import { type Delivery, type Prepared, prepare } from './prepare.ts'

export type RecordResult =
  | { outcome: 'recorded' | 'duplicate' | 'ignored' }
  | { outcome: 'rejected'; reason: string }

export interface Recorder {
  /** Resolves once the delivery is durable. Throws when the database could not store it. */
  record(delivery: Delivery): Promise<RecordResult>
  /** The same for a delivery that was prepared elsewhere, such as in another thread. */
  store(prepared: Prepared): Promise<RecordResult>
}

interface Waiting {
  recording: Recording
  resolve(result: RecordResult): void
  reject(error: unknown): void
}

const MAX_BATCH = 500
/** Share of the last commit's time: senders that were just answered can send their next delivery and share the next commit. */
const GATHER_SHARE = 1 / 4
const MAX_GATHER_MS = 10

/**
 * @param options.now returns epoch ms, for events whose payload has no time
 * @param options.tasks whether commands lead to tasks on GitHub; false for `replay`
 * @param options.onRecorded called after each commit with the number of its deliveries
 */
export function createRecorder(
  db: Db,
  options: { now: () => number; tasks: boolean; onRecorded?: (count: number) => void },
): Recorder {
  let waiting: Waiting[] = []
  let isWriting = false

  async function write(): Promise<void> {
    isWriting = true
    let tookMs = 0
    while (waiting.length > 0) {
      await gather(tookMs)
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      const started = performance.now()
      await commit(db, batch, options.tasks)
      tookMs = performance.now() - started
      options.onRecorded?.(batch.length)
    }
    isWriting = false
  }

  async function store(prepared: Prepared): Promise<RecordResult> {
    if (prepared.outcome === 'ignored') return prepared
    const result = await new Promise<RecordResult>((resolve, reject) => {
      waiting.push({ recording: prepared.recording, resolve, reject })
      if (!isWriting) void write()
    })
    if (prepared.outcome === 'rejected' && result.outcome === 'recorded') {
      return { outcome: 'rejected', reason: prepared.reason }
    }
    return result
  }

  async function record(delivery: Delivery): Promise<RecordResult> {
    const deliveredAt = isDatedByArrival(delivery.name) ? await readFirstDelivery(db, delivery.id) : null
    return store(prepare({ deliveredAt, ...delivery }, options.now()))
  }

  return { store, record }
}

/** Waits at least one turn of the event loop, so that deliveries that arrive together are written together. */
function gather(tookMs: number): Promise<void> {
  const ms = Math.min(MAX_GATHER_MS, Math.floor(tookMs * GATHER_SHARE))
  return new Promise((resolve) => (ms < 1 ? setImmediate(resolve) : setTimeout(resolve, ms)))
}

async function commit(db: Db, batch: readonly Waiting[], tasks: boolean): Promise<void> {
  try {
    const recordings = batch.map(({ recording }) => recording)
    const newGuids = await recordFacts(db, recordings, { tasks })
    for (const { recording, resolve } of batch) {
      // The second of two equal deliveries in a batch is a duplicate.
      const isNew = newGuids.delete(recording.delivery.guid)
      resolve({ outcome: isNew ? 'recorded' : 'duplicate' })
    }
  } catch (error) {
    // When the database is unavailable, full or read-only, one attempt for each delivery would only take longer.
    if (batch.length === 1 || !isAboutData(error)) {
      for (const { reject } of batch) reject(error)
      return
    }
    // One bad delivery must not fail the others, so each gets its own transaction.
    for (const delivery of batch) await commit(db, [delivery], tasks)
  }
}

/**
 * Classes of SQLSTATE that are about what is written and not about the state of the database: cardinality, data, integrity,
 * rollback, limits.
 */
const ABOUT_DATA = /^(?:21|22|23|40|54)/

function isAboutData(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && code.length === 5 && ABOUT_DATA.test(code)
}
