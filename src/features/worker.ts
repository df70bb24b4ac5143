/** Works behind intake: derives what is stale and does the tasks that are due, soon after facts were recorded. */
import type { Deps } from '../deps.ts'
import { type Backpressure, NO_BACKPRESSURE } from '../derive/backpressure.ts'
import { deriveAll } from '../derive/derive.ts'
import { MINUTE_MS } from '../domain/time.ts'
import type { TaskHandlers } from './feature.ts'
import { processOutbox } from './outbox.ts'

export interface Worker {
  /** Works within 200 ms, once for many calls, and yields to deliveries. */
  soon(): void
  /** Works now and at full speed, until nothing is due. */
  settle(): Promise<void>
  stop(): Promise<void>
}

export interface WorkerOptions {
  backpressure: Backpressure
  tasks: TaskHandlers
  /** Requests tasks because of what was derived. */
  afterDeriving(deps: Deps): Promise<void>
}

const SOON_MS = 200
/** The repository model changes slowly, so it is not learned again for every delivery. */
const LEARN_EVERY_MS = MINUTE_MS

/** Creates a worker that makes one pass at a time; a call during a pass causes another one after it. */
export function createWorker(deps: Deps, options: WorkerOptions): Worker {
  const pass = createPass(deps, options)
  let timer: NodeJS.Timeout | null = null
  /** `again`: called since the pass that is scheduled or running began. */
  let state: 'idle' | 'scheduled' | 'again' = 'idle'
  const soon = () => {
    if (pass.isStopped()) return
    if (state !== 'idle') {
      state = 'again'
      return
    }
    state = 'scheduled'
    timer = setTimeout(async () => {
      state = 'scheduled'
      await pass.run(options.backpressure)
      const isCalledAgain = (state as string) === 'again'
      state = 'idle'
      if (isCalledAgain) soon()
    }, SOON_MS)
  }
  return {
    soon,
    settle: () => pass.run(NO_BACKPRESSURE),
    async stop() {
      if (timer) clearTimeout(timer)
      await pass.stop()
    },
  }
}

/** Passes that run one after the other, each over everything that is stale or due. */
function createPass(deps: Deps, { tasks, afterDeriving }: WorkerOptions) {
  const { db, settingsOf, log } = deps
  let last: Promise<void> = Promise.resolve()
  let stopped = false
  let learnedAt = Number.NEGATIVE_INFINITY
  const isStopped = () => stopped
  const work = async (backpressure: Backpressure) => {
    const learn = backpressure === NO_BACKPRESSURE || performance.now() - learnedAt >= LEARN_EVERY_MS
    await deriveAll(db, { settingsOf, now: deps.now(), learn, backpressure, isStopped })
    if (learn) learnedAt = performance.now()
    if (stopped) return
    await afterDeriving(deps)
    if (deps.github) await processOutbox(deps, tasks)
  }
  return {
    isStopped,
    run(backpressure: Backpressure): Promise<void> {
      last = last
        .then(() => work(backpressure))
        .catch((err: unknown) => log.error({ err }, 'work failed; it is tried again'))
      return last
    },
    stop(): Promise<void> {
      stopped = true
      return last
    },
  }
}
