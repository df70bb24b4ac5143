/** The runs in progress: their time limit, their memory, and whether they ended by themselves or were stopped. */
import { memoryOfGroups } from './memory.ts'
import type { OutputFile } from './output.ts'
import type { Ended, RunningProcess } from './process.ts'

/** How often the memory and output of running processes are sampled. */
const SAMPLE_MS = 500

/** How a run ended. A run that hit its time limit before it was stopped has timed out and was not stopped. */
export interface CompletedRun extends Ended {
  timed_out: boolean
  stopped: boolean
  /** Peak memory of its processes in bytes; null if no sample was taken in time. */
  peak_memory_bytes: number | null
}

export interface ActiveRuns {
  /** Resolves when the run has ended: by itself, at its time limit, or stopped. */
  follow(process: RunningProcess, output: OutputFile): Promise<CompletedRun>
  /** Stops all runs in progress, except those that are already ending at their time limit. */
  stop(): void
  /** Stops sampling. */
  close(): void
}

interface Active {
  process: RunningProcess
  output: OutputFile
  peak: number
  timedOut: boolean
  stopped: boolean
}

/** @param timeoutMs the time limit of each run */
export function activeRuns(timeoutMs: number): ActiveRuns {
  const all = new Set<Active>()
  const sampling = setInterval(() => sample(all), SAMPLE_MS)
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
    close: () => clearInterval(sampling),
  }
}

function sample(all: ReadonlySet<Active>): void {
  const held = memoryOfGroups(new Set([...all].map(({ process }) => process.group)))
  for (const active of all) {
    active.peak = Math.max(active.peak, held.get(active.process.group) ?? 0)
    active.output.limit()
  }
}
