/** `replay`: feeds recorded deliveries through the webhook server's handlers, and prints the derived figures. No network. */

import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { openDatabase } from '../db/client.ts'
import { readNewestCompletion } from '../db/head-facts.ts'
import { migrate } from '../db/migrate.ts'
import { readAllRepositories } from '../db/repositories.ts'
import type { Db } from '../db/schema.ts'
import { markEndedWindows } from '../db/stale.ts'
import type { ReadSettings } from '../derive/classify.ts'
import { classifyConcurrently } from '../derive/classify-concurrently.ts'
import { deriveAll } from '../derive/derive.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { UserError } from '../domain/user-error.ts'
import { knownAt } from '../intake/known-at.ts'
import type { Prepared } from '../intake/prepare.ts'
import { createRecorder, type Recorder, type RecordResult } from '../intake/record.ts'
import { time } from './arguments.ts'
import { progress } from './progress.ts'
import { type PreparedLine, readPrepared } from './read-deliveries.ts'
import { replayText } from './replay-text.ts'
import { type ReplayReport, type RepositoryReport, readReport, type Tally } from './report-json.ts'
import { keepSettings, settingsReader } from './settings.ts'

interface ReplayOptions {
  json?: boolean
  config?: string
  databaseUrl?: string
  asOf?: string
}

/** The command, for the program to add. */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'feed recorded webhook deliveries (NDJSON or .gz, - for standard input) and print the derived SLA',
    )
    .argument('<file...>', 'files of deliveries')
    .option('--json', 'print the derived windows and flakes as JSON')
    .option(
      '--config <file>',
      'settings as in .github/flake-sla.yml, for every repository and the whole history',
    )
    .option('--database-url <url>', 'postgres://… or a folder (default: a fresh database in memory)')
    .option(
      '--as-of <time>',
      'the time to derive at: later facts are left out, later windows are partial (default: the newest completion)',
    )
    .action(async (files: string[], options: ReplayOptions) => {
      keepMemorySmall()
      const report = await replay(files, options)
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : replayText(report))
    })
}

/**
 * Limits V8's heap. By default the young generation grows to about 100 MB on a long history, which makes the work no faster.
 * It stays at its initial size, which is raised for the reader thread: 1 MB would be collected all the time. The old
 * generation is collected when it has doubled instead of quadrupled. V8 reads the first two flags when a generation grows and
 * the third when a thread starts, so all can be set at run time.
 */
function keepMemorySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=100')
  setFlagsFromString('--min-semi-space-size=8')
}

/** Records every delivery of the files, derives, and reads the results. @throws UserError for unusable input */
export async function replay(files: string[], options: ReplayOptions): Promise<ReplayReport> {
  const asOf = options.asOf === undefined ? null : time('--as-of', options.asOf)
  const database = await openDatabase(options.databaseUrl ?? 'memory')
  try {
    const { db } = database
    await migrate(db)
    const settingsOf = await settingsReader(db, options.config)
    // Times come from the deliveries. Facts without a time get 0 and not this machine's clock.
    const now = asOf ?? 0
    const recorder = createRecorder(db, { now: () => now, tasks: false })
    if (asOf !== null) await refuseLaterResults(db, asOf)
    const store: Recorder['store'] = (prepared) =>
      recorder.store(asOf === null ? prepared : knownAt(prepared, asOf))
    const record = () => recordAll(readPrepared(files, now), store)
    const deliveries = await (database.embedded ? record() : recordAndClassify(db, settingsOf, record))
    const end = asOf ?? (await readNewestCompletion(db)) ?? 0
    if (options.config && options.databaseUrl) await keepSettings(db, options.config, end)
    await markEndedWindows(db, iso(end))
    const bar = progress('deriving', 'heads')
    await deriveAll(db, { settingsOf, now: end, onProgress: bar.add })
    bar.end()
    return { definition_version: DEFINITION_VERSION, deliveries, repositories: await readAll(db, settingsOf) }
  } finally {
    await database.close()
  }
}

/** @throws UserError when the database already holds results that completed after `asOf` (epoch ms) */
async function refuseLaterResults(db: Db, asOf: number): Promise<void> {
  const newest = await readNewestCompletion(db)
  if (newest === null || newest <= asOf) return
  throw new UserError(
    `The database holds results until ${iso(newest)}, which is after --as-of. Use another --database-url.`,
  )
}

/** A PostgreSQL server classifies while deliveries are recorded. The embedded database runs one query at a time. */
async function recordAndClassify(
  db: Db,
  settingsOf: ReadSettings,
  record: () => Promise<Tally>,
): Promise<Tally> {
  let ended = false
  const classifying = classifyConcurrently(db, settingsOf, () => ended)
  // The error is handled where the promise is awaited below.
  classifying.catch(() => {})
  try {
    return await record()
  } finally {
    ended = true
    await classifying
  }
}

async function readAll(db: Db, settingsOf: ReadSettings): Promise<RepositoryReport[]> {
  const repositories = await readAllRepositories(db)
  const reports: RepositoryReport[] = []
  for (const repository of repositories)
    reports.push(await readReport(db, repository, await settingsOf(repository.repository_id, db)))
  return reports
}

const MAX_IN_FLIGHT = 500

async function recordAll(
  lines: AsyncIterable<PreparedLine>,
  store: (prepared: Prepared) => Promise<RecordResult>,
): Promise<Tally> {
  const tally: Tally = { read: 0, recorded: 0, duplicates: 0, ignored: 0, rejected: [] }
  const bar = progress('recording', 'deliveries')
  const results: { line: PreparedLine['at']; result: Promise<RecordResult> }[] = []
  const settle = async (max: number) => {
    const batch = results.splice(0, max)
    for (const { line, result } of batch) count(tally, line, await result)
    bar.add(batch.length)
  }
  for await (const { at, prepared } of lines) {
    const result: Promise<RecordResult> =
      prepared.outcome === 'unread' ? Promise.resolve({ ...prepared, outcome: 'rejected' }) : store(prepared)
    // The error is handled in `settle`.
    result.catch(() => {})
    results.push({ line: at, result })
    // The second half is still being written while the next lines are read.
    if (results.length >= MAX_IN_FLIGHT) await settle(MAX_IN_FLIGHT / 2)
  }
  await settle(results.length)
  bar.end()
  return tally
}

function count(tally: Tally, { file, line }: PreparedLine['at'], result: RecordResult): void {
  tally.read++
  if (result.outcome === 'recorded') tally.recorded++
  else if (result.outcome === 'duplicate') tally.duplicates++
  else if (result.outcome === 'ignored') tally.ignored++
  else if (result.outcome === 'rejected') tally.rejected.push({ file, line, reason: result.reason })
}
