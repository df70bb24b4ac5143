/** From facts to figures: classify heads, learn weeks, attribute flakes and measure windows, until nothing is stale. */
import type { Db } from '../db/schema.ts'
import { readStaleRepositories } from '../db/stale.ts'
import { attributeNext } from './attribute.ts'
import { type Backpressure, NO_BACKPRESSURE } from './backpressure.ts'
import { classifyNext, type ReadSettings } from './classify.ts'
import { learnNext } from './learn.ts'
import { measureNext } from './measure.ts'

export interface DeriveOptions {
  /** Also called inside a transaction; then it must read on that connection. */
  settingsOf: ReadSettings
  /** Epoch ms: windows that end after it are partial. */
  now: number
  onProgress?: (heads: number) => void
  /**
   * False to leave stale weeks for later: learning takes a second in a large repository, and one delivery hardly changes
   * what is learned. Default true.
   */
  learn?: boolean
  /** Slows the work down while deliveries arrive. Default: no backpressure. */
  backpressure?: Backpressure
  /** True once the process is to end: the remaining marks stay for the next start. */
  isStopped?: () => boolean
}

/** Derives every repository with stale marks. Safe to run in many processes at once. */
export async function deriveAll(db: Db, options: DeriveOptions): Promise<void> {
  for (const repositoryId of await readStaleRepositories(db, { weeks: options.learn ?? true }))
    await deriveRepository(db, repositoryId, options)
}

/** Derives one repository until nothing about it is stale. */
export async function deriveRepository(db: Db, repositoryId: number, options: DeriveOptions): Promise<void> {
  const backpressure = options.backpressure ?? NO_BACKPRESSURE
  for (;;) {
    if (options.isStopped?.()) return
    const started = performance.now()
    const heads = await classifyNext(db, repositoryId, backpressure.headsAtOnce(), options.settingsOf)
    if (heads === 0) break
    options.onProgress?.(heads)
    await backpressure.giveWay(performance.now() - started)
  }
  if (options.learn ?? true) while ((await learnNext(db, repositoryId)) > 0);
  await attributeNext(db, repositoryId, await options.settingsOf(repositoryId, db), options.now)
  await measureNext(db, repositoryId, options.settingsOf, options.now)
}
