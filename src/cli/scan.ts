/** `scan`: the SLA of any repository that a token can read, without an app or a server. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { type OpenDatabase, openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { readRepositoryById } from '../db/repositories.ts'
import { UserError } from '../domain/user-error.ts'
import type { Octokit } from '../github/client.ts'
import { tokenOctokit } from '../github/token-client.ts'
import { readStoredSettings } from '../settings/stored.ts'
import { wholeNumber } from './arguments.ts'
import { backfillProgress } from './backfill-progress.ts'
import { printReport } from './report.ts'
import { readReport } from './report-json.ts'
import { scanRepository } from './scan-repository.ts'
import { printUnread } from './unread.ts'

/** As long as runs are kept by default. How long GitHub keeps them depends on the repository. */
const MAX_DAYS = 400
const INTERRUPTED = 130

interface ScanOptions {
  days: number
  json?: boolean
  databaseUrl?: string
}

/** The command, for the program to add. */
export function scanCommand(): Command {
  return new Command('scan')
    .description('read the recent history of a repository over the API (GITHUB_TOKEN) and print its SLA')
    .argument('<owner/name>', 'any repository that the token can read')
    .option('--days <n>', 'how far back', parseDays, 14)
    .option('--json', 'print the whole report as JSON, like replay')
    .option('--database-url <url>', 'postgres://… or a folder (default: a cache of its own)')
    .action(scan)
}

/** A whole number of days. @throws UserError */
export function parseDays(value: string): number {
  return wholeNumber('--days', value, 1, MAX_DAYS)
}

/** What was read is kept apart from a server's data and by host, so that a later scan resumes where an earlier one ended. */
function cacheFolder(apiUrl: string): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'flake-sla', 'scan', new URL(apiUrl).hostname)
}

async function scan(name: string, options: ScanOptions): Promise<void> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name))
    throw new UserError(`${name} is not owner/name. Write it like octocat/hello.`)
  const token = process.env.GITHUB_TOKEN ?? process.env.GH_TOKEN
  if (!token)
    throw new UserError(
      'GITHUB_TOKEN is not set. Create a token at github.com/settings/tokens; public repositories need no scope.',
    )
  const config = readConfig(process.env)
  const database = await openDatabase(options.databaseUrl || cacheFolder(config.apiUrl))
  try {
    await migrate(database.db)
    await read(database, () => tokenOctokit(token, config.apiUrl), name, options)
  } finally {
    await database.close()
  }
}

async function read(
  database: OpenDatabase,
  octokitOf: () => Octokit,
  name: string,
  options: ScanOptions,
): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  try {
    const { repository, problem } = await scanRepository(database, octokitOf, name, {
      days: options.days,
      now: Date.now,
      signal: stop.signal,
      progressOf: backfillProgress,
    })
    await printUnread(database.db, repository.id)
    if (problem) process.stderr.write(`The required jobs could not be read (${problem}); every job counts.\n`)
    await print(database, repository.id, options)
  } catch (error) {
    throw explained(error, name, stop.signal)
  }
}

async function print({ db }: OpenDatabase, repositoryId: number, { json }: ScanOptions): Promise<void> {
  const repository = await readRepositoryById(db, repositoryId)
  if (repository === null) throw new Error(`repository ${repositoryId} is not stored`)
  if (!json) return printReport(db, [repository], { format: 'table' })
  process.stdout.write(
    `${JSON.stringify(await readReport(db, repository, await readStoredSettings(db, repositoryId)), null, 2)}\n`,
  )
}

/** An error of GitHub as one sentence that says what to do. @returns other errors unchanged */
export function explained(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) {
    process.exitCode = INTERRUPTED
    return new UserError('Stopped. Run the same command again to resume.')
  }
  const { status, message } = error as { status?: number; message: string }
  if (status === 401)
    return new UserError('GitHub rejected the token in GITHUB_TOKEN: it is wrong or has expired.')
  if (status === 404)
    return new UserError(
      `${name} does not exist, or the token has no access to it. A private repository needs a token with read permission.`,
    )
  if (status === undefined || status < 500) return error
  return new UserError(`GitHub is unavailable (${status}: ${message}). Run the same command again to resume.`)
}
