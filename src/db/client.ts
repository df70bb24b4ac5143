/**
 * Opens the database: a PostgreSQL server, or the embedded PostgreSQL (PGlite) in a folder or in memory. This is the only file that
 * uses a database driver.
 */
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
import { createStallWatch, DEFAULT_STALL_LIMITS, type StallLimits } from './stalled-connection.ts'

export interface OpenDatabase {
  db: Db
  /** The host, the folder or `memory`, for logs and pages. It never contains a password. */
  name: string
  embedded: boolean
  close(): Promise<void>
}

// Type ids (OIDs) of PostgreSQL. All counts and ids of this schema are below 2^53, so they fit a JavaScript number.
const INT8 = 20
const DATE = 1082
const TIMESTAMPTZ = 1184
pg.types.setTypeParser(INT8, Number)
pg.types.setTypeParser(DATE, String)
// Rows contain times as RFC 3339 text in UTC, like GitHub's payloads and our JSON. Only the domain uses epoch ms.
pg.types.setTypeParser(TIMESTAMPTZ, rfc3339)

/** PostgreSQL's text of a whole second in UTC, as almost all times are. Parsing each as a Date took a tenth of the time to derive. */
const WHOLE_SECOND = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/

function rfc3339(value: string): string {
  if (WHOLE_SECOND.test(value)) return `${value.slice(0, 10)}T${value.slice(11, 19)}.000Z`
  return new Date(value).toISOString()
}

/**
 * Begins a statement that is to be prepared once per connection: one that runs often and whose text never varies. Such a statement
 * must list its columns, because a prepared `select *` fails after a migration adds a column.
 */
export const PREPARED = '/* prepared */ '

const statementNames = new Map<string, string>()

/** Gives each statement that begins with `PREPARED` a name, which makes the driver prepare it. */
class PreparingClient extends pg.Client {
  override query(text: unknown, ...rest: unknown[]): never {
    const query = super.query as (...args: unknown[]) => never
    if (typeof text !== 'string' || !text.startsWith(PREPARED)) return query.call(this, text, ...rest)
    const [values, ...others] = rest
    const name = statementNames.get(text) ?? createHash('sha256').update(text).digest('hex').slice(0, 40)
    statementNames.set(text, name)
    return query.call(this, { name, text, values }, ...others)
  }
}

export interface OpenOptions {
  poolSize?: number
  /** A dumped data folder to load into a database in memory. Creating an empty database takes seconds. */
  contents?: Blob
  /** Receives the duration of each query, in seconds. */
  onQuery?: (seconds: number) => void
  /** When a connection to a PostgreSQL server counts as stalled. */
  stallLimits?: StallLimits
}

/**
 * Opens a database without migrating it. A connection to a server is only made by the first query.
 * @param where `postgres://…`, `memory`, or a folder's path
 * @throws UserError when the folder cannot be opened, for example because another process has it open
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
    // Errors of the embedded file system have a number and no message.
    const { message, errno } = error as { message?: string; errno?: number }
    throw new UserError(
      `The data folder ${folder} cannot be opened: ${message ?? `a file could not be read or written (error ${errno})`}. Is it a flake-sla data folder, is it writable, and is there room on the disk?`,
    )
  }
}

function openPostgres(
  url: string,
  { poolSize: max = 10, onQuery, stallLimits = DEFAULT_STALL_LIMITS }: OpenOptions,
): OpenDatabase {
  const watch = createStallWatch(() => answersProbe(url, stallLimits.probeMs), stallLimits.timeoutMs)
  class WatchedClient extends PreparingClient {
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
    // For idle connections: a lost peer is noticed, and firewalls do not drop them.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // An `error` event without a listener ends the process, and a restart of the server emits one for every connection. The pool emits
  // those of idle connections. On a connection in use the query fails with the same error.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }), ...queryLog(onQuery) })
  return { db, name: new URL(url).host, embedded: false, close: () => db.destroy() }
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}

/** Whether the server answers a new connection. A refusal counts as an answer: the server is reachable, so a query is only slow. */
async function answersProbe(url: string, probeMs: number): Promise<boolean> {
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

/** Runs one query, so that a wrong address is reported clearly. @throws UserError when it fails; its message has no password */
export async function checkReachable(database: OpenDatabase): Promise<OpenDatabase> {
  try {
    await sql`select 1`.execute(database.db)
    return database
  } catch (error) {
    await database.close()
    throw new UserError(
      `Cannot use the database at ${database.name}: ${(error as Error).message}. Is the server running there, and is DATABASE_URL right?`,
    )
  }
}

/** Kysely's option to report query durations; it measures none without a listener. */
function queryLog(onQuery: OpenOptions['onQuery']) {
  return onQuery && { log: (event: LogEvent) => onQuery(event.queryDurationMillis / 1000) }
}

function openEmbedded(
  pglite: PGlite,
  name: string,
  { onQuery }: OpenOptions,
  release: () => void,
): OpenDatabase {
  exitOnPanic(pglite, name)
  // PGlite through pg's own pool, so that both databases return the same JavaScript types.
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({ ...createPgConfig(pglite), Client: PreparingClient }),
    }),
    ...queryLog(onQuery),
  })
  const close = async () => {
    await db.destroy()
    if (!pglite.closed) await pglite.close()
    release()
  }
  return { db, name, embedded: true, close }
}

interface ErrorMessage {
  severity: string
  message: string
}

/**
 * Ends the process when the embedded database panics, for example because the disk is full. A server restarts itself after a panic;
 * the embedded database never answers again, so every delivery would wait indefinitely. The next start recovers from the
 * write-ahead log, which contains all that was acknowledged.
 */
function exitOnPanic(pglite: PGlite, name: string): void {
  const run = pglite.execProtocolStream.bind(pglite)
  pglite.execProtocolStream = async (...query) => {
    const messages = await run(...query)
    const panic = messages.find(
      (message): message is typeof message & ErrorMessage =>
        'severity' in message && message.severity === 'PANIC',
    )
    if (panic) {
      process.stderr.write(
        `The embedded database in ${name} crashed: ${panic.message}. No acknowledged delivery is lost. Free disk space if that is the cause, then start flake-sla again.\n`,
      )
      process.exit(1)
    }
    return messages
  }
}

/**
 * Keeps a second process from opening the same embedded folder, because two processes would lose data without an error. It is a
 * lock of the operating system, taken through SQLite: it ends with the process, however that ends, and unlike a file with a process
 * id it cannot go stale. @returns a function that releases it
 */
function lockFolder(folder: string): () => void {
  const lock = openLock(folder)
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch {
    lock.close()
    throw new UserError(
      `The data folder ${folder} is in use by another flake-sla process. Stop that process first, or set DATABASE_URL to a PostgreSQL server, which many processes can share.`,
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
      `The data folder ${folder} cannot be created or locked: ${(error as Error).message}. Choose a folder that this process can write to.`,
    )
  }
}
