/** `replay`: recorded deliveries through the same way as the webhook server's, and what they derive. No network. */

import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { openDatabase } from '../db/client.ts'
import { readNewestCompletion } from '../db/head-facts.ts'
import { migrate } from '../db/migrate.ts'
import { readAllRepositories } from '../db/repositories.ts'
import type { Db } from '../db/schema.ts'
import { markEndedWindows } from '../db/stale.ts'
import { classifyConcurrently } from '../derive/classify-concurrently.ts'
import { deriveAll } from '../derive/derive.ts'
import { DEFAULT_SETTINGS, type Settings } from '../domain/settings.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { UserError } from '../domain/user-error.ts'
import type { Prepared } from '../intake/prepare.ts'
import { createRecorder, type RecordResult } from '../intake/record.ts'
import { readSettingsFile } from '../settings/read.ts'
import { progress } from './progress.ts'
import { type PreparedLine, readPrepared } from './read-deliveries.ts'
import { replayText } from './replay-text.ts'
import { type ReplayReport, type RepositoryReport, readReport, type Tally } from './report-json.ts'

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
      'feed recorded webhook deliveries (NDJSON, .gz too, - for standard input) and print what they derive',
    )
    .argument('<file...>', 'files of deliveries')
    .option('--json', 'print the conclusions as JSON')
    .option('--config <file>', 'settings as in .github/flake-sla.yml, for every repository')
    .option('--database-url <url>', 'postgres://… or a folder; a fresh database in memory if not given')
    .option(
      '--as-of <time>',
      'now, for freezing verdicts and partial windows (default: the newest completion)',
    )
    .action(async (files: string[], options: ReplayOptions) => {
      keepMemorySmall()
      const report = await replay(files, options)
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : replayText(report))
    })
}

/**
 * A long history makes much garbage. The room for the young of it would double until it took a hundred MB; left as it is at
 * the start, the same work takes no longer, where a thread gets enough of it: the one that reads would start with 1 MB and
 * clean that all the time. What is old is cleaned when it has doubled, not when it has grown fourfold. The first two are
 * asked for when room is to grow, the last when a thread starts, so all can be set while the program runs.
 */
function keepMemorySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=100')
  setFlagsFromString('--min-semi-space-size=8')
}

/** Records every delivery of the files, derives, and reads the conclusions back. */
export async function replay(files: string[], options: ReplayOptions): Promise<ReplayReport> {
  const settings = options.config ? await readSettingsFile(options.config) : DEFAULT_SETTINGS
  const asOf = options.asOf === undefined ? null : parseTime(options.asOf)
  const database = await openDatabase(options.databaseUrl ?? 'memory')
  try {
    const { db } = database
    await migrate(db)
    // Deliveries tell their own times; what they do not date is dated by nothing, not by this machine's clock.
    const now = asOf ?? 0
    const recorder = createRecorder(db, { now: () => now, tasks: false })
    const record = () => recordAll(readPrepared(files, now), recorder.store)
    const deliveries = await (database.embedded ? record() : judgingBeside(db, record))
    const end = asOf ?? (await readNewestCompletion(db)) ?? 0
    await markEndedWindows(db, iso(end))
    const show = progress('concluding', 'heads')
    await deriveAll(db, { settingsOf: async () => settings, now: end, onProgress: show.add })
    show.end()
    return { definition_version: DEFINITION_VERSION, deliveries, repositories: await readAll(db, settings) }
  } finally {
    await database.close()
  }
}

/** The embedded database does one thing at a time; a server judges while the next deliveries come. */
async function judgingBeside(db: Db, record: () => Promise<Tally>): Promise<Tally> {
  let ended = false
  const judging = classifyConcurrently(db, () => ended)
  // Whoever waits for it hears of a failure; until then nobody does.
  judging.catch(() => {})
  try {
    return await record()
  } finally {
    ended = true
    await judging
  }
}

async function readAll(
  db: Parameters<typeof readReport>[0],
  settings: Settings,
): Promise<RepositoryReport[]> {
  const repositories = await readAllRepositories(db)
  const reports: RepositoryReport[] = []
  for (const repository of repositories) reports.push(await readReport(db, repository, settings))
  return reports
}

const MAX_IN_FLIGHT = 500

async function recordAll(
  lines: AsyncIterable<PreparedLine>,
  store: (prepared: Prepared) => Promise<RecordResult>,
): Promise<Tally> {
  const tally: Tally = { read: 0, recorded: 0, duplicates: 0, ignored: 0, rejected: [] }
  const show = progress('recording', 'deliveries')
  const results: { line: PreparedLine['at']; result: Promise<RecordResult> }[] = []
  const settle = async (most: number) => {
    const first = results.splice(0, most)
    const told = await Promise.all(first.map((one) => one.result))
    for (const [i, { line }] of first.entries()) count(tally, line, told[i] as RecordResult)
    show.add(first.length)
  }
  for await (const { at, told } of lines) {
    const result: Promise<RecordResult> =
      told.outcome === 'unread' ? Promise.resolve({ ...told, outcome: 'rejected' }) : store(told)
    // Whoever waits for all of them hears of a failure; until then nobody does.
    result.catch(() => {})
    results.push({ line: at, result })
    // The later half is on its way to the database while the next lines come.
    if (results.length >= MAX_IN_FLIGHT) await settle(MAX_IN_FLIGHT / 2)
  }
  await settle(results.length)
  show.end()
  return tally
}

function count(tally: Tally, { file, line }: PreparedLine['at'], result: RecordResult): void {
  tally.read++
  if (result.outcome === 'recorded') tally.recorded++
  else if (result.outcome === 'duplicate') tally.duplicates++
  else if (result.outcome === 'ignored') tally.ignored++
  else if (result.outcome === 'rejected') tally.rejected.push({ file, line, reason: result.reason })
}

function parseTime(value: string): number {
  const at = Date.parse(value)
  if (Number.isNaN(at))
    throw new UserError(`--as-of ${value} is no time. Write it like 2026-02-01T00:00:00Z.`)
  return at
}
