/** Runs timers by the clock, in UTC. Each tick runs in only one process. */
import cron from 'node-cron'
import type { Db } from '../db/schema.ts'
import { claimTick } from '../db/ticks.ts'

export interface Timer {
  name: string
  /** Cron with five fields, UTC: a schedule in local time is skipped or doubled when clocks change. */
  schedule: string
  /** Whether it also runs now. Default true. */
  atStart?: boolean
  run(): Promise<void>
}

export interface RunningTimers {
  /** Starts no further run and waits for those in progress. */
  stop(): Promise<void>
}

/** Starts the timers. Unless it says otherwise, each also runs once now, to catch up on what was missed while no process ran. */
export async function startTimers(
  db: Db,
  timers: readonly Timer[],
  onError: (name: string, error: unknown) => void,
): Promise<RunningTimers> {
  const running = new Set<Promise<void>>()
  const runGuarded = (timer: Timer) => {
    const run = timer.run().catch((error: unknown) => onError(timer.name, error))
    running.add(run)
    return run.finally(() => running.delete(run))
  }
  const tasks = timers.map((timer) =>
    cron.schedule(timer.schedule, () => runGuarded(timer), {
      name: timer.name,
      timezone: 'UTC',
      noOverlap: true,
      distributed: true,
      runCoordinator: {
        // A rejection is caught here: the scheduler would print it as plain text between the JSON lines of the log.
        shouldRun: (key: string) =>
          claimTick(db, timer.name, key.slice(key.indexOf(':') + 1)).catch((error: unknown) => {
            onError(timer.name, error)
            return false
          }),
      },
    }),
  )
  for (const timer of timers) if (timer.atStart ?? true) void runGuarded(timer)
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.destroy()))
      await Promise.all(running)
    },
  }
}
