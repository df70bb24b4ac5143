/** When things run by themselves. Each tick runs once, however many processes there are; all times are UTC. */

import { sql } from 'kysely'
import cron from 'node-cron'
import type { Db } from '../db/schema.ts'

/** Records the tick. @returns whether this process is the one to run it */
export async function claimTick(db: Db, name: string, slot: string): Promise<boolean> {
  const result =
    await sql`insert into tick (name, slot) values (${name}, ${slot}) on conflict do nothing returning name`.execute(
      db,
    )
  await sql`delete from tick where slot < ${new Date(Date.parse(slot) - 7 * 86_400_000).toISOString()}`.execute(
    db,
  )
  return result.rows.length === 1
}

export interface Timer {
  name: string
  /** Five fields, UTC: a schedule in local time is skipped or doubled when clocks change. */
  schedule: string
  run(): Promise<void>
}

export interface RunningTimers {
  stop(): Promise<void>
}

/** Starts the timers. Each is also run once now: what was missed while the process was down is done at its start. */
export async function startTimers(
  db: Db,
  timers: readonly Timer[],
  onError: (name: string, error: unknown) => void,
): Promise<RunningTimers> {
  const running = new Set<Promise<void>>()
  const guarded = (timer: Timer) => {
    const run = timer.run().catch((error: unknown) => onError(timer.name, error))
    running.add(run)
    return run.finally(() => running.delete(run))
  }
  const tasks = timers.map((timer) =>
    cron.schedule(timer.schedule, () => guarded(timer), {
      name: timer.name,
      timezone: 'UTC',
      noOverlap: true,
      distributed: true,
      runCoordinator: {
        // Told here: the scheduler would write it to the console, as text between the JSON lines of the log.
        shouldRun: (key: string) =>
          claimTick(db, timer.name, key.slice(key.indexOf(':') + 1)).catch((error: unknown) => {
            onError(timer.name, error)
            return false
          }),
      },
    }),
  )
  for (const timer of timers) void guarded(timer)
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()))
      await Promise.all(running)
    },
  }
}
