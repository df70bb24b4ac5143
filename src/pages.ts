/** Connects the dashboard to the running program: its config, its status and its timings. */
import type { Hono } from 'hono'
import type { Config } from './config.ts'
import { dashboard, type Timings } from './dashboard/app.ts'
import type { Deps } from './deps.ts'
import type { RateLimitWatch } from './github/rate-limit-watch.ts'
import type { Recorder } from './intake/record.ts'

/** The dashboard of the running program. */
export function pagesOf(
  config: Config,
  { db, now, settingsOf, log, commands }: Pick<Deps, 'db' | 'now' | 'settingsOf' | 'log' | 'commands'>,
  { timings, rateLimit }: { timings: Timings; rateLimit: RateLimitWatch },
): Hono {
  const { publicUrl, githubUrl, apiUrl, pages } = config
  return dashboard({
    db,
    now,
    settingsOf,
    commands,
    publicUrl,
    githubUrl,
    timings,
    onError: (error, { route, isTransient }) => log.error({ route, err: error, isTransient }, 'page failed'),
    auth: pages.signIn && { ...pages.signIn, apiUrl },
    isPublic: pages.isPublic,
    metricsToken: pages.metricsToken,
    isSetUp: config.app !== null,
    status: async () => {
      const left = rateLimit.latest(now())
      return { off: [...pages.off], ...(left && { rateLimit: left }) }
    },
  })
}

/** Wraps a recorder so that the duration of each delivery is observed, by event and outcome. */
export function timed(recorder: Recorder, timings: Timings): Pick<Recorder, 'record'> {
  return {
    async record(delivery) {
      const started = performance.now()
      let outcome = 'failed'
      try {
        const result = await recorder.record(delivery)
        outcome = result.outcome
        return result
      } finally {
        timings.handler(delivery.name, outcome, (performance.now() - started) / 1000)
      }
    },
  }
}
