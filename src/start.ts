/** Puts the parts together and starts them: database, recorder, Probot, timers, HTTP server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { pino } from 'pino'
import type { Config } from './config.ts'
import { createTimings } from './dashboard/app.ts'
import { type OpenDatabase, openDatabase, reached } from './db/client.ts'
import { isMigrated, migrate } from './db/migrate.ts'
import type { Deps } from './deps.ts'
import { createBackpressure } from './derive/backpressure.ts'
import { assignOrphanHeads } from './features/backfill/orphan-results.ts'
import { readAllHistory } from './features/backfill/timer.ts'
import { closeAll } from './features/breach-issue/close-windows.ts'
import { reconcile } from './features/redelivery/redelivery.ts'
import { refreshAllRequired } from './features/required-jobs/daily.ts'
import { deleteExpired } from './features/retention/retention.ts'
import { startTimers } from './features/schedule.ts'
import { requestStaleSettings } from './features/settings/refresh.ts'
import { createWorker, type Worker } from './features/worker.ts'
import { createProbot, gitHubOf } from './github/app.ts'
import { watchRateLimit } from './github/rate-limit.ts'
import { GITHUB_TIMEOUT_MS } from './github/timeout.ts'
import { createBodyReader } from './intake/body.ts'
import { takeDelivery } from './intake/receive.ts'
import { createRecorder } from './intake/record.ts'
import { createRefusals } from './intake/refusals.ts'
import { pagesOf, timed } from './pages.ts'
import { listen, type RunningServer } from './server/http.ts'
import { alreadySetUp, createSetUp } from './server/setup.ts'
import { readStoredSettings } from './settings/stored.ts'

export interface RunningApp {
  url: string
  /** Where the app is set up by whoever started the process; null once it is. Not for logs that others read. */
  setUpUrl: string | null
  deps: Deps
  /** Concludes and does what is due, until nothing is; tests and the demo wait for it. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface StartOptions {
  /** Epoch ms; the demo brings a clock of its own. */
  now?: () => number
  /** False where somebody else says when time passes. */
  timers?: boolean
  /** False where no GitHub needs to be spared: the client then does not space its writes by seconds. */
  throttle?: boolean
  /** How long an answer of GitHub may take, in ms. */
  timeoutMs?: number
  database?: OpenDatabase
}

/** Whoever asks whether the app is ready does not wait longer. */
const READY_MS = 3000

/** Left to calls of GitHub when the app stops; who sends the signal, a container's keeper say, waits for ten seconds. */
const LAST_WORDS_MS = 3000

/** Starts the whole app. @throws UserError for what the operator can mend */
export async function startApp(config: Config, options: StartOptions = {}): Promise<RunningApp> {
  const now = options.now ?? Date.now
  const log = pino(
    { level: config.logLevel, redact: ['privateKey', 'secret', 'token'] },
    pino.destination({ dest: 2, sync: false }),
  )
  const timings = createTimings()
  const rateLimit = watchRateLimit()
  const database =
    options.database ?? (await reached(await openDatabase(config.database, { onQuery: timings.query })))
  const { db } = database
  await migrate(db)
  const givingUp = new AbortController()
  const probot =
    config.app &&
    createProbot(config.app, {
      ...{ baseUrl: config.apiUrl, log, throttle: options.throttle ?? true, rateLimit },
      ...{ timeoutMs: options.timeoutMs ?? GITHUB_TIMEOUT_MS, stop: givingUp.signal },
    })
  const deps: Deps = {
    db,
    now,
    github: probot && gitHubOf(probot, config.dryRun, log),
    settingsOf: (repositoryId) => readStoredSettings(db, repositoryId),
    log,
    publicUrl: config.publicUrl,
    dryRun: config.dryRun,
  }

  const backpressure = createBackpressure(() => performance.now())
  const work = createWorker(deps, backpressure)
  const recording = {
    now,
    effects: true,
    onRecorded: (count: number) => {
      backpressure.recorded(count)
      if (options.timers !== false) work.soon()
    },
  }
  const recorder = timed(createRecorder(db, recording), timings)
  await probot?.ready()
  const setUp = probot ? alreadySetUp : createSetUp(config.publicUrl)
  const bodies = createBodyReader()
  const onRefused = createRefusals(Date.now, (sentence, count) =>
    log.warn({ count, sentence }, 'webhooks refused: is WEBHOOK_SECRET the one in the app’s settings?'),
  )
  const server = await listen(
    {
      webhook: async (request, response) => {
        if (!probot || !config.app) return void response.writeHead(503).end('This app is not set up yet.\n')
        await takeDelivery(request, response, {
          secret: config.app.webhookSecret,
          bodies,
          onRefused,
          // Not through Probot's own handlers: it would make a GitHub client for each delivery, and none asks anything.
          receive: async (delivery) => {
            const result = await recorder.record(delivery)
            if (result.outcome !== 'rejected') return
            const { id, name } = delivery
            log.warn({ delivery: id, event: name, reason: result.reason }, 'delivery rejected')
          },
          onFailure: (error, { id, name }) =>
            log.error({ delivery: id, event: name, error: String(error) }, 'delivery not recorded'),
        })
      },
      isReady: () => isReady(deps),
      setUp: setUp.answer,
      pages: pagesOf(config, deps, { timings, rateLimit }),
    },
    config.host,
    config.port,
  )
  const stopping = new AbortController()
  const timers =
    options.timers === false
      ? null
      : await startTimers(
          db,
          [
            {
              name: 'close-windows',
              schedule: '*/5 * * * *',
              run: () => closeAll(deps).then(() => work.soon()),
            },
            { name: 'deleteExpired', schedule: '30 3 * * *', run: () => deleteExpired(deps) },
            {
              name: 'read-settings',
              schedule: '*/5 * * * *',
              run: () => requestStaleSettings(deps).then(() => work.soon()),
            },
            {
              name: 'required-jobs',
              schedule: '17 3 * * *',
              run: () => refreshAllRequired(deps).then(() => work.soon()),
            },
            {
              name: 'reconcile',
              schedule: '*/5 * * * *',
              run: () => reconcile(deps),
            },
            {
              name: 'history',
              schedule: '2-59/5 * * * *',
              run: () =>
                readAllHistory(deps, { alone: database.embedded, signal: stopping.signal }).then(() =>
                  work.soon(),
                ),
            },
            {
              name: 'place-waiting',
              schedule: '4-59/5 * * * *',
              run: () => assignOrphanHeads(deps, stopping.signal).then(() => work.soon()),
            },
            { name: 'derive', schedule: '* * * * *', run: async () => work.soon() },
          ],
          (name, error) => log.error({ timer: name, error: String(error) }, 'timer failed'),
        )
  for (const sentence of config.pages.off) log.warn({}, sentence)
  log.info({ url: server.url, database: database.name, app: config.app?.id ?? null }, 'started')
  return {
    url: server.url,
    setUpUrl:
      setUp.path && process.env.NODE_ENV !== 'production'
        ? `${config.publicUrl ?? server.url}${setUp.path}`
        : null,
    deps,
    settle: work.settle,
    close: () => {
      stopping.abort()
      // What GitHub is being told may be finished; what it does not answer is found again at the next start.
      setTimeout(() => givingUp.abort(), LAST_WORDS_MS).unref()
      return stop(server, timers, work, setUp, database, log)
    },
  }
}

async function stop(
  server: RunningServer,
  timers: { stop(): Promise<void> } | null,
  work: Worker,
  setUp: { close(): Promise<void> },
  database: OpenDatabase,
  log: { info(fields: object, message: string): void },
): Promise<void> {
  await server.close()
  await timers?.stop()
  await work.stop()
  await setUp.close()
  await database.close()
  log.info({}, 'stopped')
}

async function isReady({ db }: Deps): Promise<boolean> {
  const look = async () => {
    await sql`select 1`.execute(db)
    return isMigrated(db)
  }
  try {
    return await Promise.race([look(), sleep(READY_MS, false, { ref: false })])
  } catch {
    return false
  }
}
