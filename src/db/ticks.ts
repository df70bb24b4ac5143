/** Ticks of timers: each is claimed by one process. */
import { iso, WEEK_MS } from '../domain/time.ts'
import type { Db } from './schema.ts'

/**
 * Claims the tick of a timer, and deletes ticks that are older than a week.
 * @param slot when the tick was due, RFC 3339
 * @returns whether this process is the one to run it
 */
export async function claimTick(db: Db, name: string, slot: string): Promise<boolean> {
  const claimed = await db
    .insertInto('tick')
    .values({ name, slot })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst()
  await db
    .deleteFrom('tick')
    .where('slot', '<', iso(Date.parse(slot) - WEEK_MS))
    .execute()
  return claimed !== undefined
}
