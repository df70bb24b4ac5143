/**
 * The way in for every delivery, from the webhook server, `replay` and reconciliation alike: prepare, then store.
 * Deliveries that arrive together are committed together; each waits for its own commit.
 */

import { type Recording, recordFacts } from '../db/facts.ts'
import type { Db } from '../db/schema.ts'
import { type Delivery, type Prepared, prepare } from './prepare.ts'

export type RecordResult =
  | { outcome: 'recorded' | 'duplicate' | 'ignored' }
  | { outcome: 'rejected'; reason: string }

export interface Recorder {
  /** Resolves once the delivery is durable; throws when the database could not take it. */
  record(delivery: Delivery): Promise<RecordResult>
  /** The same for one that was prepared elsewhere. */
  store(prepared: Prepared): Promise<RecordResult>
}

interface Waiting {
  recording: Recording
  resolve(result: RecordResult): void
  reject(error: unknown): void
}

const MAX_AT_ONCE = 500
/** Of the last commit's time: who was answered by it can send the next delivery meanwhile, and share the next commit. */
const GATHERED = 1 / 4
const MAX_GATHERING_MS = 10

/**
 * @param options.now epoch ms, for what payloads do not date themselves
 * @param options.tasks whether commands ask for anything to be done on GitHub; `replay` does not
 * @param options.onRecorded called after each commit with the number of its deliveries
 */
export function createRecorder(
  db: Db,
  options: { now: () => number; tasks: boolean; onRecorded?: (count: number) => void },
): Recorder {
  let waiting: Waiting[] = []
  let writing = false

  async function write(): Promise<void> {
    writing = true
    let tookMs = 0
    while (waiting.length > 0) {
      await gather(tookMs)
      const batch = waiting.slice(0, MAX_AT_ONCE)
      waiting = waiting.slice(MAX_AT_ONCE)
      const started = performance.now()
      await commit(db, batch, options.tasks)
      tookMs = performance.now() - started
      options.onRecorded?.(batch.length)
    }
    writing = false
  }

  async function store(prepared: Prepared): Promise<RecordResult> {
    if (prepared.outcome === 'ignored') return prepared
    const result = await new Promise<RecordResult>((resolve, reject) => {
      waiting.push({ recording: prepared.recording, resolve, reject })
      if (!writing) void write()
    })
    if (prepared.outcome === 'rejected' && result.outcome === 'recorded') {
      return { outcome: 'rejected', reason: prepared.reason }
    }
    return result
  }

  return { store, record: async (delivery) => store(prepare(delivery, options.now())) }
}

/** At least a turn of the event loop, so that those that arrive together are written together. */
function gather(tookMs: number): Promise<void> {
  const ms = Math.min(MAX_GATHERING_MS, Math.floor(tookMs * GATHERED))
  return new Promise((resolve) => (ms < 1 ? setImmediate(resolve) : setTimeout(resolve, ms)))
}

async function commit(db: Db, batch: readonly Waiting[], tasks: boolean): Promise<void> {
  try {
    const fresh = await recordFacts(
      db,
      batch.map((one) => one.recording),
      { tasks },
    )
    const seen = new Set<string>()
    for (const { recording, resolve } of batch) {
      const { guid } = recording.delivery
      const isFirst = fresh.has(guid) && !seen.has(guid)
      seen.add(guid)
      resolve({ outcome: isFirst ? 'recorded' : 'duplicate' })
    }
  } catch (error) {
    // The database is away, full or read-only: asking it once for each delivery would only take longer.
    if (batch.length === 1 || !isAboutData(error)) {
      for (const one of batch) one.reject(error)
      return
    }
    // One bad delivery must not take the others with it: each gets its own transaction.
    for (const one of batch) await commit(db, [one], tasks)
  }
}

/** Classes of SQLSTATE that speak of what is written, not of the database's state: data, integrity, rollback, limits. */
const ABOUT_DATA = /^(?:21|22|23|40|54)/

function isAboutData(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && code.length === 5 && ABOUT_DATA.test(code)
}
