/** What the parts that do something are given: the world, as values. A type, no code. */
import type { Db } from './db/schema.ts'
import type { Settings } from './domain/settings.ts'
import type { GitHub } from './github/client.ts'

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
  /** Null until the app is set up: nothing can be written then. */
  github: GitHub | null
  settingsOf(repositoryId: number): Promise<Settings>
  log: Log
  /** Where people reach the dashboard; null where nobody said. */
  publicUrl: string | null
  /** Log what would be written and write nothing. */
  dryRun: boolean
}
