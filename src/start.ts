/** Starts the parts of the program and stops them again: database, GitHub, worker, HTTP server and timers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'
import { createTimings, type Timings } from './dashboard/app.ts'
import { checkReachable, type OpenDatabase, openDatabase } from './db/client.ts'
import { isMigrated, migrate } from './db/migrate.ts'
import type { Deps } from './deps.ts'
import { createBackpressure } from './derive/backpressure.ts'
import { SECOND_MS } from './domain/time.ts'
import { AFTER_DERIVING, COMMANDS, TASKS, TIMERS } from './features/all.ts'
import { type RunningTimers, startTimers, type Timer } from './features/schedule.ts'
import { createWorker, type Worker } from './features/worker.ts'
import { createProbot, gitHubOf } from './github/app.ts'
import { type RateLimitWatch, watchRateLimit } from './github/rate-limit-watch.ts'
import { GITHUB_TIMEOUT_MS } from './github/timeout.ts'
import { createBodyReader } from './intake/body-reader.ts'
import { receiveDelivery } from './intake/receive.ts'
import { createRecorder, type Recorder } from './intake/record.ts'
import { createRefusalLog } from './intake/refusal-log.ts'
import { pagesOf, timed } from './pages.ts'
import { listen, type Routes, type RunningServer } from './server/http.ts'
import { alreadySetUp, createSetUp, type SetUp } from './server/setup.ts'
import { readStoredSettings } from './settings/stored.ts'

export interface RunningApp {
  url: string
  /** The address that sets the app up; null once it is set up. It must not be logged: the person who opens it owns the app. */
  setUpUrl: string | null
  deps: Deps
  /** Derives, and runs due tasks, until nothing is left. Tests and the demo wait for it. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface StartOptions {
  /** Epoch ms; the demo and tests pass a clock of their own. */
  now?: () => number
  /** False where the caller decides when time passes. */
  timers?: boolean
  /** False for a GitHub without rate limits: the client then does not space its writes by seconds. */
  throttle?: boolean
  /** How long GitHub may take to answer, in ms. */
  timeoutMs?: number
  database?: OpenDatabase
}

/** How long `/readyz` waits for the database. */
const READY_MS = 3 * SECOND_MS
/** How long calls to GitHub may continue after a stop. Container runtimes kill a process ten seconds after the signal. */
const LAST_CALLS_MS = 3 * SECOND_MS

/** Starts the whole program. @throws UserError for what the operator can fix */
export async function startApp(config: Config, options: StartOptions = {}): Promise<RunningApp> {
  const log = createLog(config)
  const timings = createTimings()
  const rateLimit = watchRateLimit()
  const database = await openMigrated(config, options, timings)
  const abortCalls = new AbortController()
  const probot = connectGitHub(config, options, { log, rateLimit, stop: abortCalls.signal })
  const deps = depsOf(config, options, { log, database, probot })
  const backpressure = createBackpressure(() => performance.now())
  const worker = createWorker(deps, { backpressure, tasks: TASKS, afterDeriving: AFTER_DERIVING })
  const recorder = createRecorder(deps.db, {
    now: deps.now,
    tasks: true,
    onRecorded: (count) => {
      backpressure.recorded(count)
      if (options.timers !== false) worker.soon()
    },
  })
  await probot?.ready()
  const setUp = probot ? alreadySetUp : createSetUp(config.publicUrl)
  const server = await listen(
    {
      webhook: webhookRoute(config, timed(recorder, timings), log),
      isReady: () => isReady(deps),
      setUp: setUp.answer,
      pages: pagesOf(config, deps, { timings, rateLimit }),
    },
    config.host,
    config.port,
  )
  const stopTimers = new AbortController()
  const timers = options.timers === false ? null : await runTimers(deps, database, worker, stopTimers.signal)
  for (const sentence of config.pages.off) log.warn({}, sentence)
  log.info({ url: server.url, database: database.name, app: config.app?.id ?? null }, 'started')
  return {
    url: server.url,
    setUpUrl: setUpUrlOf(setUp, config.publicUrl ?? server.url),
    deps,
    settle: worker.settle,
    close: () => {
      stopTimers.abort()
      // A call that is aborted is repeated by its task after the next start.
      setTimeout(() => abortCalls.abort(), LAST_CALLS_MS).unref()
      return stop({ server, timers, worker, setUp, database, log })
    },
  }
}

function createLog({ logLevel }: Config): Logger {
  return pino(
    { level: logLevel, redact: ['privateKey', 'secret', 'token'] },
    pino.destination({ dest: 2, sync: false }),
  )
}

async function openMigrated(config: Config, options: StartOptions, timings: Timings): Promise<OpenDatabase> {
  const database =
    options.database ??
    (await checkReachable(await openDatabase(config.database, { onQuery: timings.query })))
  await migrate(database.db)
  return database
}

/** The app at GitHub; null until the app is set up. */
function connectGitHub(
  { app, apiUrl }: Config,
  { throttle = true, timeoutMs = GITHUB_TIMEOUT_MS }: StartOptions,
  parts: { log: Logger; rateLimit: RateLimitWatch; stop: AbortSignal },
) {
  return app && createProbot(app, { ...parts, baseUrl: apiUrl, throttle, timeoutMs })
}

function depsOf(
  config: Config,
  options: StartOptions,
  parts: { log: Logger; database: OpenDatabase; probot: ReturnType<typeof connectGitHub> },
): Deps {
  const { log, probot } = parts
  const { db } = parts.database
  return {
    db,
    now: options.now ?? Date.now,
    github: probot && gitHubOf(probot, config.dryRun, log),
    settingsOf: (repositoryId, trx = db) => readStoredSettings(trx, repositoryId),
    log,
    publicUrl: config.publicUrl,
    dryRun: config.dryRun,
    commands: COMMANDS,
  }
}

/** Records deliveries. Probot's own handlers are not used: they would create a GitHub client for each delivery. */
function webhookRoute({ app }: Config, recorder: Pick<Recorder, 'record'>, log: Logger): Routes['webhook'] {
  const bodies = createBodyReader()
  const onRefused = createRefusalLog(Date.now, (sentence, count) =>
    log.warn({ count, sentence }, 'webhooks refused: is WEBHOOK_SECRET the one in the app’s settings?'),
  )
  return async (request, response) => {
    if (!app) return void response.writeHead(503).end('This app is not set up yet.\n')
    await receiveDelivery(request, response, {
      secret: app.webhookSecret,
      bodies,
      onRefused,
      receive: async (delivery) => {
        const result = await recorder.record(delivery)
        if (result.outcome !== 'rejected') return
        const { id, name } = delivery
        log.warn({ delivery: id, event: name, reason: result.reason }, 'delivery rejected')
      },
      onFailure: (err, { id, name }) =>
        log.error({ delivery: id, event: name, err }, 'delivery not recorded'),
    })
  }
}

/** Starts the timers of the features. The worker follows each, because it may have left something to derive or to do. */
function runTimers(
  deps: Deps,
  { embedded: alone }: OpenDatabase,
  worker: Worker,
  signal: AbortSignal,
): Promise<RunningTimers> {
  const timers = TIMERS.map(
    ({ run, ...timer }): Timer => ({
      ...timer,
      run: () => run(deps, { alone, signal }).then(() => worker.soon()),
    }),
  )
  const derive: Timer = { name: 'derive', schedule: '* * * * *', run: async () => worker.soon() }
  return startTimers(deps.db, [...timers, derive], (name, err) =>
    deps.log.error({ timer: name, err }, 'timer failed'),
  )
}

async function isReady({ db }: Deps): Promise<boolean> {
  try {
    return await Promise.race([isMigrated(db), sleep(READY_MS, false, { ref: false })])
  } catch {
    return false
  }
}

function setUpUrlOf({ path }: SetUp, base: string): string | null {
  return path && process.env.NODE_ENV !== 'production' ? `${base}${path}` : null
}

interface Parts {
  server: RunningServer
  timers: RunningTimers | null
  worker: Worker
  setUp: SetUp
  database: OpenDatabase
  log: Logger
}

async function stop({ server, timers, worker, setUp, database, log }: Parts): Promise<void> {
  await server.close()
  await timers?.stop()
  await worker.stop()
  await setUp.close()
  await database.close()
  log.info({}, 'stopped')
}
