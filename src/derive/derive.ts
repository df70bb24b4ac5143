/** The whole way from facts to figures: classify, learn, attribute, measure, until nothing is stale. */
import { sql } from 'kysely'
import type { Db } from '../db/schema.ts'
import type { Settings } from '../domain/settings.ts'
import { attributeNext } from './attribute.ts'
import { type Backpressure, NO_BACKPRESSURE } from './backpressure.ts'
import { classifyNext } from './classify.ts'
import { learnNext } from './learn.ts'
import { measureNext } from './measure.ts'

export interface DeriveOptions {
  settingsOf(repositoryId: number): Promise<Settings>
  /** Epoch ms: windows that end after it are partial. */
  now: number
  onProgress?: (heads: number) => void
  /**
   * False to leave what weeks teach for later: it takes a second in a large repository, and hardly changes from one
   * delivery to the next.
   */
  learn?: boolean
  /** What the work gives way to; nothing if not given. */
  backpressure?: Backpressure
  /** True once the process is to end: what is left stays marked. */
  isStopped?: () => boolean
}

/** Concludes about every repository with stale marks. Safe to run in many processes at once. */
export async function deriveAll(db: Db, options: DeriveOptions): Promise<void> {
  for (const repositoryId of await staleRepositories(db, options.learn ?? true))
    await deriveRepository(db, repositoryId, options)
}

/** Concludes about one repository until nothing about it is stale. */
export async function deriveRepository(db: Db, repositoryId: number, options: DeriveOptions): Promise<void> {
  const backpressure = options.backpressure ?? NO_BACKPRESSURE
  for (;;) {
    if (options.isStopped?.()) return
    const started = performance.now()
    const heads = await classifyNext(db, repositoryId, backpressure.headsAtOnce())
    if (heads === 0) break
    options.onProgress?.(heads)
    await backpressure.giveWay(performance.now() - started)
  }
  if (options.learn ?? true) while ((await learnNext(db, repositoryId)) > 0);
  await attributeNext(db, repositoryId, await options.settingsOf(repositoryId), options.now)
  await measureNext(db, repositoryId, await options.settingsOf(repositoryId), options.now)
}

async function staleRepositories(db: Db, learn: boolean): Promise<number[]> {
  const rows = await sql<{ repository_id: number }>`select repository_id from stale_head
    union select repository_id from stale_verdict union select repository_id from stale_window ${learn ? sql`union select repository_id from stale_week` : sql``}`.execute(
    db,
  )
  return rows.rows.map((row) => row.repository_id).sort((a, b) => a - b)
}
