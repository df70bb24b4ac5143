/** Judging heads while a long history is still being recorded: on a database server both go on at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../db/schema.ts'
import { classifyNext } from './classify.ts'

/** The newest marks are left: the runs of a head come together, and judging it again with each would be for nothing. */
const LEFT = 1_000
const HEADS_AT_ONCE = 250
const LOOK_AGAIN_MS = 50

/** Classifies the heads that were marked long ago, until `ended`; what is left then is found by `deriveAll`. */
export async function classifyBeside(db: Db, ended: () => boolean): Promise<void> {
  while (!ended()) {
    const crowded = await sql<{ repository_id: number }>`select repository_id from stale_head
      group by repository_id having count(*) >= ${LEFT + HEADS_AT_ONCE}`.execute(db)
    for (const { repository_id } of crowded.rows) await classifyNext(db, repository_id, HEADS_AT_ONCE)
    if (crowded.rows.length === 0) await sleep(LOOK_AGAIN_MS)
  }
}
