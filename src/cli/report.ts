/** `report`: the SLA of a day and its week, and the most expensive jobs; or the answer to `/flake-report`. */
import { Command, Option } from 'commander'
import { type ErrorBudget, readErrorBudget } from '../db/budget.ts'
import { readJobCosts } from '../db/jobs.ts'
import { windowJson } from '../db/json.ts'
import { readRequiredState } from '../db/missing.ts'
import type { Db, Row } from '../db/schema.ts'
import { readScope } from '../db/scope.ts'
import { readWindows } from '../db/sla.ts'
import { readCompleteSince, readUnread } from '../db/unread.ts'
import { UserError } from '../domain/user-error.ts'
import { type WindowKind, windowOf } from '../domain/window.ts'
import { writeReport } from '../features/report/report.ts'
import { readStoredSettings } from '../settings/stored.ts'
import { slaTable } from '../texts/sla-table.ts'
import { day, wholeNumber } from './arguments.ts'
import { withDatabase } from './database.ts'
import { readLeftOut } from './report-json.ts'
import { findRepositories } from './repositories.ts'

/** The greatest number of a pull request that the database stores. */
const MAX_NUMBER = 2 ** 31 - 1

interface ReportOptions {
  repository?: string
  pullRequest?: number
  date?: string
  week?: string
  format: 'table' | 'markdown' | 'json'
  databaseUrl?: string
}

/** The command, for the program to add. */
export function reportCommand(): Command {
  return new Command('report')
    .description('print the SLA of the latest (or given) day and week; exits with 1 when out of SLA')
    .option('--repository <owner/name>', 'one repository (default: all)')
    .option('--pull-request <number>', 'print the answer to /flake-report on this pull request', (value) =>
      wholeNumber('--pull-request', value, 1, MAX_NUMBER),
    )
    .addOption(
      new Option('--date <YYYY-MM-DD>', 'this day, and the week that contains it')
        .argParser((value) => day('--date', value))
        .conflicts('week'),
    )
    .option('--week <YYYY-MM-DD>', 'the week that contains this day', (value) => day('--week', value))
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'markdown', 'json']).default('table'),
    )
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .action((options: ReportOptions) => withDatabase(options.databaseUrl, (db) => report(db, options)))
}

async function report(db: Db, options: ReportOptions): Promise<void> {
  const repositories = await findRepositories(db, options.repository)
  if (options.pullRequest !== undefined)
    return reportPullRequest(db, repositories, options.pullRequest, options.format)
  await printReport(db, repositories, options)
}

/** Prints the SLA of repositories, and sets the exit code to 1 if one is out of SLA. */
export async function printReport(
  db: Db,
  repositories: readonly Row<'repository'>[],
  options: ReportOptions,
): Promise<void> {
  const reports = []
  for (const repository of repositories) reports.push(await readSla(db, repository, options))
  if (reports.some((report) => report.windows.some((window) => window.breached))) process.exitCode = 1
  const text =
    options.format === 'json'
      ? JSON.stringify({ repositories: reports }, null, 2)
      : reports.map((report) => slaTable(report, options.format === 'markdown')).join('\n\n')
  process.stdout.write(`${text}\n`)
}

async function reportPullRequest(
  db: Db,
  repositories: Row<'repository'>[],
  number: number,
  format: string,
): Promise<void> {
  const [repository, another] = repositories
  if (!repository || another) throw new UserError('--pull-request needs --repository owner/name.')
  const body = await writeReport(
    { db, now: Date.now, settingsOf: (id, trx = db) => readStoredSettings(trx, id) },
    repository,
    number,
    null,
  )
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify({ repository: repository.full_name, pull_request: number, body }, null, 2)}\n`
      : `${body}\n`,
  )
}

async function readSla(db: Db, repository: Row<'repository'>, { date, week }: ReportOptions) {
  const { repository_id, full_name } = repository
  const settings = await readStoredSettings(db, repository_id)
  const rows = []
  if (!week) rows.push(...(await latest(db, repository_id, 'day', date)))
  rows.push(...(await latest(db, repository_id, 'week', week ?? date)))
  const newest = rows[0]
  const loaded = await readScope(db, repository_id, settings)
  const { scope, names } = loaded
  const widest = rows[rows.length - 1]
  const jobs = widest
    ? await readJobCosts(db, scope, { from: Date.parse(widest.starts_at), to: Date.parse(widest.ends_at) })
    : []
  const budget = newest ? budgetJson(await readErrorBudget(db, scope, settings, endOf(newest))) : null
  return {
    repository: full_name,
    since: budget?.first ?? '',
    required: { ...(await readRequiredState(db, loaded)), jobs: names },
    left_out: await readLeftOut(db, repository_id, loaded),
    as_of: newest?.measured_at ?? null,
    windows: rows.map((row) => ({ kind: row.kind, ...windowJson(row) })),
    budget,
    unread: await readUnread(db, repository_id),
    jobs: jobs
      .filter((job) => job.flakes_counted > 0)
      .map(({ job_id, name, flakes, flakes_counted, counted_on }) => {
        return { job_id, name, flakes, flakes_counted, pull_requests: counted_on }
      }),
  }
}

/** The end of a window (epoch ms), or now while it is open: the budget's last day is the one that closed before. */
function endOf(row: Row<'sla_window'>): number {
  return Math.min(Date.now(), Date.parse(row.ends_at))
}

function budgetJson({ first, last, sla, allowed, spent, left }: ErrorBudget) {
  return { first, last, prs: sla.prs, allowed, spent, left }
}

/** The stored window that contains the day, or the newest one. */
async function latest(
  db: Db,
  repositoryId: number,
  kind: WindowKind,
  day: string | undefined,
): Promise<Row<'sla_window'>[]> {
  if (day === undefined) {
    const completeSince = (await readCompleteSince(db, repositoryId)) ?? Number.NEGATIVE_INFINITY
    const rows = await readWindows(db, repositoryId, kind)
    return rows.filter((row) => row.prs > 0 && Date.parse(row.starts_at) >= completeSince).slice(-1)
  }
  // The start of a week does not depend on the time zone.
  const { start } = windowOf(kind, day, 'UTC')
  return readWindows(db, repositoryId, kind, { from: start, to: start })
}
