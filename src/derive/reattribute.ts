/**
 * Derives a repository's whole history again under the definitions of this program: first every head whose facts are still
 * stored, then what weeks teach, then every flake, then every window. It works in short transactions, so a server can use the same database meanwhile, and it can be
 * interrupted and started again. Figures of older definitions are kept beside the new ones.
 */
import { readFlakeSpans } from '../db/attributions.ts'
import { lockRepository } from '../db/locks.ts'
import type { Db } from '../db/schema.ts'
import { markAllHeads, markMeasuredWindows, markWeeksOfFlakes } from '../db/stale.ts'
import type { Settings } from '../domain/settings.ts'
import { DAY_MS } from '../domain/time.ts'
import { attributeRange } from './attribute.ts'
import { classifyNext, type ReadSettings } from './classify.ts'
import { learnNext } from './learn.ts'
import { measureNext } from './measure.ts'

/** Flakes of one job are attributed in one transaction for this long (ms): they share most of their evidence. */
const SPAN_MS = 56 * DAY_MS

const HEADS_AT_ONCE = 400

/** Called with how much more of one kind is done. */
export type OnProgress = (what: 'heads' | 'weeks' | 'flakes' | 'windows', count: number) => void

/** @param now epoch ms: dates the revisions; windows that end after it are partial. @returns how many flakes were attributed */
export async function reattribute(
  db: Db,
  repositoryId: number,
  settingsOf: ReadSettings,
  { now, onProgress }: { now: number; onProgress: OnProgress },
): Promise<number> {
  await markAllHeads(db, repositoryId)
  await repeat(
    (count) => onProgress('heads', count),
    () => classifyNext(db, repositoryId, HEADS_AT_ONCE, settingsOf),
  )
  await markWeeksOfFlakes(db, repositoryId)
  await repeat(
    (count) => onProgress('weeks', count),
    () => learnNext(db, repositoryId),
  )
  const settings = await settingsOf(repositoryId, db)
  const flakes = await attributeAll(db, repositoryId, { settings, now, onProgress })
  await markMeasuredWindows(db, repositoryId, 'definitions')
  onProgress('windows', await measureNext(db, repositoryId, settingsOf, now))
  return flakes
}

/** Repeats a step until it finds nothing left to do. */
async function repeat(onDone: (count: number) => void, step: () => Promise<number>): Promise<void> {
  for (let count = await step(); count > 0; count = await step()) onDone(count)
}

async function attributeAll(
  db: Db,
  repositoryId: number,
  { settings, now, onProgress }: { settings: Settings; now: number; onProgress: OnProgress },
): Promise<number> {
  let flakes = 0
  for (const { job_id, first, last } of await readFlakeSpans(db, repositoryId)) {
    const end = Date.parse(last)
    for (let from = Date.parse(first); from <= end; from += SPAN_MS) {
      const count = await db.transaction().execute(async (trx) => {
        await lockRepository(trx, repositoryId)
        const range = [from, Math.min(end, from + SPAN_MS - 1)] as const
        return attributeRange(trx, repositoryId, job_id, range, { settings, now })
      })
      flakes += count
      onProgress('flakes', count)
    }
  }
  return flakes
}
