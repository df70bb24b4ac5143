/** What the parts that act are given: the database, the clock, GitHub, the log and the configuration. */
import type { Db } from './db/schema.ts'
import type { CommandHelp } from './domain/command-help.ts'
import type { Settings } from './domain/settings.ts'
import type { GitHub } from './github/client.ts'

/** Structured logging, as pino does it. An error is passed as `{ err }`, which keeps its stack. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Deps {
  db: Db
  /** Epoch ms. */
  now(): number
  /** Null until the app is set up; nothing can be written before. */
  github: GitHub | null
  /** @param trx the transaction to read in */
  settingsOf(repositoryId: number, trx?: Db): Promise<Settings>
  log: Log
  /** The address of the dashboard; null if it is not configured. */
  publicUrl: string | null
  /** Log what would be written, and write nothing. */
  dryRun: boolean
  /** The commands that the help describes. */
  commands: readonly CommandHelp[]
}
