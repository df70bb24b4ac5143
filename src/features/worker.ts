/** The work behind intake: derives and does what is due on GitHub, soon after facts come in. */
import type { Deps } from '../deps.ts'
import { type Backpressure, NO_BACKPRESSURE } from '../derive/backpressure.ts'
import { deriveAll } from '../derive/derive.ts'
import { processOutbox } from './outbox.ts'
import { requestAutomaticReports } from './report/automatic.ts'

export interface Worker {
  /** Works soon, once for many calls, and gives way to deliveries. */
  soon(): void
  /** Works now and at full speed, until nothing is due. */
  settle(): Promise<void>
  stop(): Promise<void>
}

const SOON_MS = 200
/** What weeks teach changes slowly: deliveries in between are judged by what was learned before. */
const LEARN_EVERY_MS = 60_000

/** One pass at a time; a call during a pass brings another after it. */
export function createWorker(deps: Deps, backpressure: Backpressure): Worker {
  let timer: NodeJS.Timeout | null = null
  let asked: 'no' | 'once' | 'again' = 'no'
  let pass: Promise<void> = Promise.resolve()
  let stopped = false
  let learnedAt = Number.NEGATIVE_INFINITY
  const work = (at: Backpressure) => {
    pass = pass.then(async () => {
      try {
        const learn = at === NO_BACKPRESSURE || performance.now() - learnedAt >= LEARN_EVERY_MS
        const { db, settingsOf } = deps
        await deriveAll(db, {
          settingsOf,
          now: deps.now(),
          learn,
          backpressure: at,
          isStopped: () => stopped,
        })
        if (learn) learnedAt = performance.now()
        if (stopped) return
        await requestAutomaticReports(deps)
        if (deps.github) await processOutbox(deps)
      } catch (error) {
        deps.log.error({ error: String(error) }, 'work failed; it is tried again')
      }
    })
    return pass
  }
  const soon = () => {
    if (stopped) return
    if (asked !== 'no') asked = 'again'
    else {
      asked = 'once'
      timer = setTimeout(async () => {
        asked = 'once'
        await work(backpressure)
        const more = (asked as string) === 'again'
        asked = 'no'
        if (more) soon()
      }, SOON_MS)
    }
  }
  return {
    soon,
    settle: () => work(NO_BACKPRESSURE),
    async stop() {
      stopped = true
      if (timer) clearTimeout(timer)
      await pass
    },
  }
}
