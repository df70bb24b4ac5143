/** Runs the demo: sends the webhooks day by day, ends each day, asks for a report, and collects what users would see. */

import { generateKeyPairSync } from 'node:crypto'
import { type FakeGitHub, startFakeGitHub } from '../fake-github/fake-github.ts'
import { type Line, readDeliveries } from '../src/cli/deliveries.ts'
import { type RepositoryReport, readReport } from '../src/cli/report-json.ts'
import type { Config } from '../src/config.ts'
import { DAY_MS } from '../src/domain/time.ts'
import { UserError } from '../src/domain/user-error.ts'
import { AFTER_CLOSING } from '../src/features/all.ts'
import { closeAllWindows } from '../src/features/windows/close-windows.ts'
import type { Delivery } from '../src/intake/prepare.ts'
import { WEBHOOK_PATH } from '../src/server/http.ts'
import { type RunningApp, startApp } from '../src/start.ts'
import { count } from '../src/texts/figures.ts'
import { type GitHubSide, gitHubSide } from './github-side.ts'
import { INSTALLATION_ID, makeHistory } from './history.ts'
import { sendAll } from './send.ts'

export interface DemoOptions {
  /** A file of recorded deliveries to send instead of the made-up history. */
  file: string | null
  port: number
  say(line: string): void
}

export interface DemoResult {
  url: string
  deliveries: number
  seconds: number
  repository: string
  /** A report on every repository; the one with the `/flake-report` comes first. */
  reports: RepositoryReport[]
  asOf: string
  pullRequest: number | null
  comment: string | null
  issues: { repository: string; number: number; title: string; state: string; body: string }[]
  close(): Promise<void>
}

const SECRET = 'the demo’s webhook secret'

/** Starts everything, sends all deliveries, and leaves the server running until `close` is called. */
export async function runDemo({ file, port, say }: DemoOptions): Promise<DemoResult> {
  const started = Date.now()
  say('Starting the server on the embedded database, and a fake GitHub on this machine …')
  const moments = file === null ? makeHistory() : await readMoments(file)
  if (moments.length === 0) throw new UserError(`${file} contains no delivery with a time.`)
  const clock = { now: moments[0]?.at ?? 0 }
  const fakeGitHub = await startFakeGitHub({
    now: () => clock.now,
    app: { id: 1001, slug: 'flake-sla', webhookSecret: SECRET },
  })
  const app = await startApp(configFor(fakeGitHub, port), {
    now: () => clock.now,
    timers: false,
    throttle: false,
  })
  const github = gitHubSide(fakeGitHub)
  await playDays(app, github, moments, clock, say)
  const report = await askForReport(app, github, clock, say)
  const close = async () => {
    await app.close()
    await fakeGitHub.close()
  }
  return {
    url: app.url,
    deliveries: moments.length,
    seconds: (Date.now() - started) / 1000,
    ...report,
    issues: github.appIssues(),
    close,
  }
}

interface Moment {
  at: number
  delivery: Delivery
}

function configFor(fakeGitHub: FakeGitHub, port: number): Config {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  return {
    app: { id: '1001', privateKey, webhookSecret: SECRET },
    apiUrl: fakeGitHub.url,
    githubUrl: 'https://github.com',
    database: 'memory',
    host: '127.0.0.1',
    port,
    publicUrl: null,
    pages: { signIn: null, isPublic: true, metricsToken: null, off: [] },
    dryRun: false,
    logLevel: 'error',
  }
}

/** Sends each day's webhooks, then moves the clock past midnight: the daily timer closes the day and opens breach issues. */
async function playDays(
  app: RunningApp,
  github: GitHubSide,
  moments: readonly Moment[],
  clock: { now: number },
  say: (line: string) => void,
): Promise<void> {
  const days = new Map<number, Delivery[]>()
  for (const { at, delivery } of moments) {
    const day = Math.floor(at / DAY_MS)
    const list = days.get(day)
    if (list) list.push(delivery)
    else days.set(day, [delivery])
  }
  const order = [...days.keys()].sort((a, b) => a - b)
  let sent = 0
  let printedAt = Date.now()
  for (const [i, day] of order.entries()) {
    const deliveries = days.get(day) ?? []
    clock.now = (day + 1) * DAY_MS - 1
    github.addFrom(deliveries)
    await sendAll(`${app.url}${WEBHOOK_PATH}`, SECRET, deliveries)
    sent += deliveries.length
    const isToday = i === order.length - 1
    if (!isToday) clock.now = (day + 1) * DAY_MS + 5 * 60_000
    await app.settle()
    if (!isToday) await closeAllWindows(app.deps, AFTER_CLOSING)
    await app.settle()
    if (Date.now() - printedAt > 500 || isToday) {
      printedAt = Date.now()
      say(
        `  ${new Date(day * DAY_MS).toISOString().slice(0, 10)}  ${sent.toLocaleString('en')} of ${moments.length.toLocaleString('en')} webhooks sent, ${count(github.appIssues().length, 'breach issue')} opened`,
      )
    }
  }
}

/** Comments `/flake-report` on the pull request with the newest flake, and reads the report on every repository. */
async function askForReport(
  app: RunningApp,
  github: GitHubSide,
  clock: { now: number },
  say: (line: string) => void,
) {
  const { db } = app.deps
  const flake = await db
    .selectFrom('flake')
    .innerJoin('repository', 'repository.repository_id', 'flake.repository_id')
    .selectAll()
    .orderBy('flaked_at', 'desc')
    .orderBy('head_sha')
    .limit(1)
    .executeTakeFirst()
  const chosen =
    flake ??
    (await db.selectFrom('repository').selectAll().orderBy('repository_id').limit(1).executeTakeFirst())
  if (!chosen) throw new UserError('No delivery names a repository.')
  const { repository_id, full_name } = chosen
  let comment: string | null = null
  if (flake) {
    say(`Commenting /flake-report on ${full_name}#${flake.number} …`)
    const delivery = github.comment(full_name, repository_id, flake.number, '/flake-report', clock.now)
    await sendAll(`${app.url}${WEBHOOK_PATH}`, SECRET, [delivery])
    await app.settle()
    comment = github.lastAppComment(full_name, flake.number)
  }
  const reports = await readReports(app, repository_id)
  const asOf = new Date(clock.now).toISOString()
  return { repository: full_name, reports, asOf, pullRequest: flake?.number ?? null, comment }
}

async function readReports({ deps }: RunningApp, first: number): Promise<RepositoryReport[]> {
  const all = await deps.db.selectFrom('repository').selectAll().orderBy('full_name').execute()
  const ordered = [
    ...all.filter((repository) => repository.repository_id === first),
    ...all.filter((repository) => repository.repository_id !== first),
  ]
  const reports = []
  for (const repository of ordered)
    reports.push(await readReport(deps.db, repository, await deps.settingsOf(repository.repository_id)))
  return reports
}

/** Recorded deliveries with the time in each payload, moved to the installation that the fake GitHub has. */
async function readMoments(file: string): Promise<Moment[]> {
  const moments: Moment[] = []
  let last = 0
  for await (const line of readDeliveries(file)) {
    if (!isDelivery(line)) continue
    const payload = { ...(line.delivery.payload as Timed), installation: { id: INSTALLATION_ID } }
    last = timeOf(payload) ?? last
    moments.push({ at: last, delivery: { ...line.delivery, payload } })
  }
  return moments.filter((moment) => moment.at > 0)
}

function isDelivery(line: Line): line is Line & { delivery: Delivery } {
  return 'delivery' in line
}

interface Timed {
  check_run?: { completed_at?: string }
  workflow_run?: { updated_at?: string }
  pull_request?: { updated_at?: string }
  comment?: { created_at?: string }
  updated_at?: string
}

function timeOf(payload: Timed): number | null {
  const { check_run, workflow_run, pull_request, comment, updated_at } = payload
  const time =
    check_run?.completed_at ??
    comment?.created_at ??
    workflow_run?.updated_at ??
    pull_request?.updated_at ??
    updated_at
  const at = time ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? null : at
}
