/** `replay`: recorded deliveries through the same way as the webhook server's, and what they conclude. No network. */
import { Command } from 'commander'
import { openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { newestCompletion, setAsOf } from '../db/replay.ts'
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { UserError } from '../domain/user-error.ts'
import { concludeAll } from '../pipeline/conclude.ts'
import { createRecorder, type RecordResult } from '../pipeline/record.ts'
import { readPolicyFile } from '../policy/read.ts'
import { type Line, readDeliveries } from './deliveries.ts'
import { progress } from './progress.ts'
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
      'feed recorded webhook deliveries (NDJSON, .gz too, - for standard input) and print what they conclude',
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
      const report = await replay(files, options)
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : replayText(report))
    })
}

/** Records every delivery of the files, concludes, and reads the conclusions back. */
export async function replay(files: string[], options: ReplayOptions): Promise<ReplayReport> {
  const policy = options.config ? await readPolicyFile(options.config) : DEFAULT_POLICY
  const asOf = options.asOf === undefined ? null : parseTime(options.asOf)
  const database = await openDatabase(options.databaseUrl ?? 'memory')
  try {
    const { db } = database
    await migrate(db)
    // Deliveries tell their own times; what they do not date is dated by nothing, not by this machine's clock.
    const recorder = createRecorder(db, { now: () => asOf ?? 0, effects: false })
    const deliveries = await recordAll(files, recorder.record)
    const now = asOf ?? (await newestCompletion(db)) ?? 0
    await setAsOf(db, now)
    const show = progress('concluding', 'heads')
    await concludeAll(db, { policyOf: async () => policy, now, onProgress: show.add })
    show.end()
    return { definition_version: DEFINITION_VERSION, deliveries, repositories: await readAll(db, policy) }
  } finally {
    await database.close()
  }
}

async function readAll(db: Parameters<typeof readReport>[0], policy: Policy): Promise<RepositoryReport[]> {
  const repositories = await db.selectFrom('repository').selectAll().orderBy('full_name').execute()
  const reports: RepositoryReport[] = []
  for (const repository of repositories) reports.push(await readReport(db, repository, policy))
  return reports
}

const MOST_IN_FLIGHT = 500

async function recordAll(
  files: string[],
  record: (delivery: Delivery) => Promise<RecordResult>,
): Promise<Tally> {
  const tally: Tally = { read: 0, recorded: 0, duplicates: 0, ignored: 0, rejected: [] }
  const show = progress('recording', 'deliveries')
  // Only results are waited for: what a payload told is taken out of it at once, and the payload let go.
  const results: { line: Place; result: Promise<RecordResult> }[] = []
  const settle = async (most: number) => {
    const first = results.splice(0, most)
    const told = await Promise.all(first.map((one) => one.result))
    for (const [i, { line }] of first.entries()) count(tally, line, told[i] as RecordResult)
    show.add(first.length)
  }
  for (const file of files) {
    for await (const line of readDeliveries(file)) {
      const result = resultOf(line, record)
      // Whoever waits for all of them hears of a failure; until then nobody does.
      result.catch(() => {})
      results.push({ line: { file: line.file, line: line.line }, result })
      // The later half is on its way to the database while the next lines are read.
      if (results.length >= MOST_IN_FLIGHT) await settle(MOST_IN_FLIGHT / 2)
    }
  }
  await settle(results.length)
  show.end()
  return tally
}

type Place = Pick<Line, 'file' | 'line'>

async function resultOf(
  line: Line,
  record: (delivery: Delivery) => Promise<RecordResult>,
): Promise<RecordResult> {
  if ('reason' in line) return { outcome: 'rejected', reason: `the line ${line.reason}` }
  return record(line.delivery)
}

type Delivery = Parameters<ReturnType<typeof createRecorder>['record']>[0]

function count(tally: Tally, { file, line }: Place, result: RecordResult): void {
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
