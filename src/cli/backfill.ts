/** `backfill`: reads history over the API into the server's database, as the server does after an installation. */

import { Command } from 'commander'
import { pino } from 'pino'
import { readConfig } from '../config.ts'
import { type OpenDatabase, openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { readRepositories } from '../db/repositories.ts'
import { deriveRepository } from '../derive/derive.ts'
import { DAY_MS } from '../domain/time.ts'
import { UserError } from '../domain/user-error.ts'
import { readHistory, readRepository } from '../features/backfill/read.ts'
import { readRequiredJobs } from '../features/required-jobs/refresh.ts'
import { createProbot, gitHubOf } from '../github/app.ts'
import type { Octokit } from '../github/client.ts'
import { createThrottledClient } from '../github/throttled-client.ts'
import { tokenOctokit } from '../github/token-client.ts'
import { readStoredSettings } from '../settings/stored.ts'
import { day } from './arguments.ts'
import { backfillProgress } from './backfill-progress.ts'
import { explained } from './scan.ts'
import { printUnread } from './unread.ts'

const DEFAULT_DAYS = 90
/** As long as runs are kept by default. How long GitHub keeps them depends on the repository. */
const MAX_DAYS = 400

interface BackfillOptions {
  repository?: string
  since?: number
  databaseUrl?: string
}

/** The command, for the program to add. */
export function backfillCommand(): Command {
  return new Command('backfill')
    .description('read history over the API into the server’s database')
    .option('--repository <owner/name>', 'one repository (default: all where the app is installed)')
    .option(
      '--since <YYYY-MM-DD>',
      `how far back (default: ${DEFAULT_DAYS} days, at most ${MAX_DAYS})`,
      parseSince,
    )
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .action(backfill)
}

function parseSince(value: string): number {
  const at = Date.parse(day('--since', value))
  if (at > Date.now()) throw new UserError(`--since ${value} is in the future.`)
  return Math.max(at, Date.now() - MAX_DAYS * DAY_MS)
}

async function backfill(options: BackfillOptions): Promise<void> {
  const config = readConfig(process.env)
  const octokitOf = access(config)
  const database = await openDatabase(options.databaseUrl || config.database)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  try {
    await migrate(database.db)
    for (const repository of await chosen(database, options.repository)) {
      if (stop.signal.aborted) break
      const octokit = await octokitOf(repository.installation_id)
      await read(database, octokit, repository.full_name, options, stop.signal).catch((error: unknown) => {
        throw explained(error, repository.full_name, stop.signal)
      })
    }
  } finally {
    await database.close()
  }
}

/** Access as the app where it is installed, else with GITHUB_TOKEN. */
function access(config: ReturnType<typeof readConfig>): (installationId: number | null) => Promise<Octokit> {
  const token = process.env.GITHUB_TOKEN ?? process.env.GH_TOKEN
  const log = pino({ level: 'silent' })
  const app =
    config.app &&
    gitHubOf(createProbot(config.app, { baseUrl: config.apiUrl, log, throttle: false }), true, log)
  return async (installationId) => {
    if (app && installationId !== null) return app.octokitOf(installationId)
    if (token) return tokenOctokit(token, config.apiUrl)
    throw new UserError(
      'Set APP_ID and PRIVATE_KEY to read as the app, or GITHUB_TOKEN to read with a personal token.',
    )
  }
}

async function chosen({ db }: OpenDatabase, name: string | undefined) {
  const all = await readRepositories(db)
  if (name === undefined) {
    if (all.length > 0) return all
    throw new UserError('The database has no repositories yet. Name one with --repository owner/name.')
  }
  const found = all.find(({ full_name }) => full_name.toLowerCase() === name.toLowerCase())
  return [found ?? { full_name: name, installation_id: null }]
}

async function read(
  database: OpenDatabase,
  octokit: Octokit,
  name: string,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<void> {
  const { db } = database
  const client = createThrottledClient(octokit, { reserve: 0, signal })
  const now = Date.now()
  const repository = await readRepository(client, name)
  const { id: repository_id, full_name } = repository
  const progress = backfillProgress(full_name, client)
  const since = options.since ?? now - DEFAULT_DAYS * DAY_MS
  const reads = { since, now: Date.now, alone: database.embedded, signal, onProgress: progress.show }
  await readHistory(db, client, repository, reads).finally(progress.end)
  signal.throwIfAborted()
  await readRequiredJobs(db, octokit, { repository_id, full_name }, now)
  await deriveRepository(db, repository_id, { settingsOf: (id, trx) => readStoredSettings(trx, id), now })
  await printUnread(db, repository_id)
  process.stdout.write(`${full_name}: read since ${new Date(since).toISOString().slice(0, 10)}.\n`)
}
