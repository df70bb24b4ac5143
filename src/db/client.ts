/** Opens the database: a `postgres://` URL, a folder for the embedded one, or memory. The only file that knows a driver. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Kysely, type LogEvent, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { UserError } from '../domain/user-error.ts'
import type { Database, Db } from './schema.ts'
import { SILENCE_LIMITS, type SilenceLimits, watchSilence } from './stalled-connection.ts'

export interface OpenDatabase {
  db: Db
  /** What was opened, for logs and pages; never holds a password. */
  name: string
  embedded: boolean
  close(): Promise<void>
}

// Counts and ids are whole numbers below 2^53 everywhere here; both drivers then give the same JavaScript types.
const INT8 = 20
const DATE = 1082
const TIMESTAMPTZ = 1184
pg.types.setTypeParser(INT8, Number)
pg.types.setTypeParser(DATE, String)
// Rows carry times as RFC 3339 text in UTC, as the payloads and our JSON do; only the domain counts in ms.
pg.types.setTypeParser(TIMESTAMPTZ, rfc3339)

/** As PostgreSQL writes whole seconds in UTC, which almost all times here are: a Date for each took a tenth of concluding. */
const WHOLE_SECOND = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/

function rfc3339(value: string): string {
  if (WHOLE_SECOND.test(value)) return `${value.slice(0, 10)}T${value.slice(11, 19)}.000Z`
  return new Date(value).toISOString()
}

/**
 * A statement that begins with this is prepared once a connection: its text is always the same, and it runs all the time.
 * It names what it gives: after a migration a prepared `select *` would only fail.
 */
export const KEPT = '/* kept */ '

const names = new Map<string, string>()

/** Gives the statements that are to be kept their names. */
class KeepingClient extends pg.Client {
  override query(text: unknown, ...rest: unknown[]): never {
    const query = super.query as (...args: unknown[]) => never
    if (typeof text !== 'string' || !text.startsWith(KEPT)) return query.call(this, text, ...rest)
    const [values, ...others] = rest
    const name = names.get(text) ?? createHash('sha256').update(text).digest('hex').slice(0, 40)
    names.set(text, name)
    return query.call(this, { name, text, values }, ...others)
  }
}

export interface OpenOptions {
  poolSize?: number
  /** A dumped data folder, for a database in memory to begin with: making one from nothing takes seconds. */
  contents?: Blob
  /** Told of each query's time, in seconds. */
  onQuery?: (seconds: number) => void
  /** How long a PostgreSQL server may say nothing. */
  silence?: SilenceLimits
}

/**
 * @param where `postgres://…`, `memory`, or a folder's path
 * @throws UserError when the folder is open in another process
 */
export async function openDatabase(where: string, options: OpenOptions = {}): Promise<OpenDatabase> {
  if (/^postgres(ql)?:\/\//.test(where)) return openPostgres(where, options)
  if (where === 'memory') {
    const pglite = await PGlite.create(options.contents ? { loadDataDir: options.contents } : {})
    return openEmbedded(pglite, 'memory', options, () => {})
  }
  const folder = resolve(where)
  const release = lockFolder(folder)
  try {
    return openEmbedded(await PGlite.create(folder), folder, options, release)
  } catch (error) {
    release()
    // The errors of the embedded file system have a number alone.
    const { message, errno } = error as { message?: string; errno?: number }
    throw new UserError(
      `The data folder ${folder} cannot be opened: ${message ?? `a file could not be read or written (error ${errno})`}. Is it one of flake-sla's, writable, and is there room?`,
    )
  }
}

function openPostgres(
  url: string,
  { poolSize: max = 10, onQuery, silence = SILENCE_LIMITS }: OpenOptions,
): OpenDatabase {
  const watch = watchSilence(() => isThere(url, silence.probeMs), silence.silenceMs)
  class WatchedClient extends KeepingClient {
    override query(text: unknown, ...rest: unknown[]): never {
      const answer: unknown = super.query(text, ...rest)
      if (answer instanceof Promise) watch(answer, (reason) => socketOf(this).destroy(reason))
      return answer as never
    }
  }
  const pool = new pg.Pool({
    Client: WatchedClient,
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    // For those that are not asked anything: a peer that is gone is noticed, and a firewall does not deleteExpired them.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // Without listeners the end of a connection (a restart of the server) would end this process: the pool hears of idle
  // connections, nobody of those in use, whose query fails with the same error.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), ...watching(onQuery) })
  return { db, name: new URL(url).host, embedded: false, close: () => db.destroy() }
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}

/** Whether the server answers a new connection, if only to refuse it: then it is there, and busy with what it was asked. */
async function isThere(url: string, probeMs: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: probeMs,
    query_timeout: probeMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch (error) {
    return error instanceof pg.DatabaseError
  } finally {
    socketOf(client).destroy()
  }
}

/** Asks once, so that an address that is wrong is told of in a sentence. @throws UserError without the password in it */
export async function reached(database: OpenDatabase): Promise<OpenDatabase> {
  try {
    await sql`select 1`.execute(database.db)
    return database
  } catch (error) {
    await database.close()
    throw new UserError(
      `The database at ${database.name} cannot be used: ${(error as Error).message}. Does the server run there, and is DATABASE_URL right?`,
    )
  }
}

/** Kysely takes the time of a query only for somebody who listens. */
function watching(onQuery: OpenOptions['onQuery']) {
  return onQuery && { log: (event: LogEvent) => onQuery(event.queryDurationMillis / 1000) }
}

function openEmbedded(
  pglite: PGlite,
  name: string,
  { onQuery }: OpenOptions,
  release: () => void,
): OpenDatabase {
  endOnPanic(pglite, name)
  // Through pg's own pool, so that the embedded database gives the very same JavaScript types.
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ ...createPgConfig(pglite), Client: KeepingClient }) }),
    ...watching(onQuery),
  })
  const close = async () => {
    await db.destroy()
    if (!pglite.closed) await pglite.close()
    release()
  }
  return { db, name, embedded: true, close }
}

interface Failure {
  severity: string
  message: string
}

/**
 * A server that panics, as without room for its log, is started again by its own process; the embedded one has none, and
 * never answers again: every delivery would wait for ever. What was acknowledged is in the log that a new process reads.
 */
function endOnPanic(pglite: PGlite, name: string): void {
  const run = pglite.execProtocolStream.bind(pglite)
  pglite.execProtocolStream = async (...query) => {
    const messages = await run(...query)
    const panic = messages.find(
      (one): one is typeof one & Failure => 'severity' in one && one.severity === 'PANIC',
    )
    if (panic) {
      process.stderr.write(
        `The embedded database in ${name} ended: ${panic.message}. What was acknowledged is in it. Make room where that is the cause, and start this program again.\n`,
      )
      process.exit(1)
    }
    return messages
  }
}

/**
 * Two processes on one embedded folder lose data silently, so the second must not open it. The lock is the kernel's,
 * held through SQLite's file locking: it ends with the process however that dies, and no process id can go stale.
 */
function lockFolder(folder: string): () => void {
  const lock = openLock(folder)
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch {
    lock.close()
    throw new UserError(
      `The data folder ${folder} is in use by another flake-sla process. Stop that one first, or set DATABASE_URL to a PostgreSQL server, which many processes can share.`,
    )
  }
  return () => lock.close()
}

function openLock(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true })
    return new DatabaseSync(`${folder}.lock`, { timeout: 0 })
  } catch (error) {
    throw new UserError(
      `The data folder ${folder} cannot be made or locked: ${(error as Error).message}. Name a folder that this process may write to.`,
    )
  }
}
