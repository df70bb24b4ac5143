/** The runs under way: how long each may take, what it holds meanwhile, and whether it ended by itself or by us. */
import { memoryOfGroups } from './memory.ts'
import type { OutputFile } from './output.ts'
import type { Ended, RunningProcess } from './process.ts'

/** How often running processes are looked at, for memory and for output that has no end. */
const LOOK_MS = 500

/** How a run ended; one that had hit its limit of time before it was stopped has timed out, and was not stopped. */
export interface Followed extends Ended {
  timed_out: boolean
  stopped: boolean
  /** The most that its processes were seen to hold; null where nobody looked in time. */
  peak_memory_bytes: number | null
}

export interface UnderWay {
  /** Resolves when the run has ended, by itself, at its limit of time, or stopped. */
  follow(process: RunningProcess, output: OutputFile): Promise<Followed>
  /** Ends all that is under way, except for what its limit of time is ending already. */
  stop(): void
  /** Looks no more. */
  close(): void
}

interface Active {
  process: RunningProcess
  output: OutputFile
  peak: number
  timedOut: boolean
  stopped: boolean
}

export function runsUnderWay(timeoutMs: number): UnderWay {
  const all = new Set<Active>()
  const looking = setInterval(() => look(all), LOOK_MS)
  return {
    async follow(process, output) {
      const active: Active = { process, output, peak: 0, timedOut: false, stopped: false }
      all.add(active)
      const timer = setTimeout(() => {
        if (active.stopped) return
        active.timedOut = true
        process.stop()
      }, timeoutMs)
      const ended = await process.ended
      clearTimeout(timer)
      all.delete(active)
      const { timedOut: timed_out, stopped, peak } = active
      return { ...ended, timed_out, stopped, peak_memory_bytes: peak || null }
    },
    stop() {
      for (const active of all) {
        if (active.timedOut) continue
        active.stopped = true
        active.process.stop()
      }
    },
    close: () => clearInterval(looking),
  }
}

function look(all: ReadonlySet<Active>): void {
  const held = memoryOfGroups(new Set([...all].map((one) => one.process.group)))
  for (const active of all) {
    active.peak = Math.max(active.peak, held.get(active.process.group) ?? 0)
    active.output.limit()
  }
}
