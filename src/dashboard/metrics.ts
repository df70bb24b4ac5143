/** Prometheus metrics, as listed in docs/metrics.md. They are read from the stored figures at each scrape. */

import { Gauge, Histogram, Registry } from 'prom-client'
import type { Row } from '../db/schema.ts'
import { readScopeChanges } from '../db/scope.ts'
import { burnRate } from '../domain/sla.ts'
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts'
import { readBudget } from './budget.ts'
import { addDays, dayAt, weekOf } from './dates.ts'
import type { DashboardDeps, Timings } from './deps.ts'
import { countDeliveries, type Freshness, readFreshness, readOutboxDepth } from './queries/status.ts'
import { readWindowsOf } from './queries/windows.ts'
import { viewOf } from './view.ts'
import { slaOfRow } from './wording.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Creates the histograms of durations (in seconds). The server observes handlers and queries through them. */
export function createTimings(): Timings {
  const registry = new Registry()
  const registers = [registry]
  const buckets = SECONDS
  const request = new Histogram({
    name: 'flake_sla_http_request_seconds',
    help: 'Time to answer a page or API request',
    labelNames: ['route', 'status'],
    buckets,
    registers,
  })
  const handler = new Histogram({
    name: 'flake_sla_handler_seconds',
    help: 'Time to record a delivery',
    labelNames: ['event', 'outcome'],
    buckets,
    registers,
  })
  const query = new Histogram({
    name: 'flake_sla_query_seconds',
    help: 'Time of a database query',
    buckets,
    registers,
  })
  return {
    registry,
    request: (route, status, seconds) => request.observe({ route, status: String(status) }, seconds),
    handler: (event, outcome, seconds) => handler.observe({ event, outcome }, seconds),
    query: (seconds) => query.observe(seconds),
  }
}

/** All metrics of these repositories and of the process, in Prometheus's text format. */
export async function scrape(
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
): Promise<string> {
  const registry = new Registry()
  const ids = repositories.map((repository) => repository.repository_id)
  const fresh = await readFreshness(deps.db, ids)
  await slaGauges(registry, deps, repositories, fresh)
  await workGauges(registry, deps, repositories, fresh)
  const figures = await registry.metrics()
  return deps.timings ? `${figures}\n${await deps.timings.registry.metrics()}` : figures
}

function gauge(registry: Registry, name: string, help: string, labelNames: string[] = []): Gauge {
  return new Gauge({ name: `flake_sla_${name}`, help, labelNames, registers: [registry] })
}

async function slaGauges(
  registry: Registry,
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
  fresh: readonly Freshness[],
) {
  const gauges = makeGauges(registry)
  const today = dayAt(deps.now(), 'UTC')
  const ids = repositories.map((repository) => repository.repository_id)
  const to = addDays(today, 1)
  // The last closed local day began at most three days before today in UTC.
  const days = await readWindowsOf(deps.db, ids, 'day', { from: addDays(today, -3), to })
  const weeks = await readWindowsOf(deps.db, ids, 'week', { from: addDays(today, -10), to })
  const windows = new Map(
    [...days, ...weeks].map((row) => [keyOf(row.repository_id, row.kind, row.start), row]),
  )
  const measured = new Map(fresh.map((row) => [row.repository_id, row.last_measured_at]))
  const changes = await readScopeChanges(deps.db, ids)
  for (let i = 0; i < repositories.length; i += MAX_CONCURRENT) {
    const some = repositories.slice(i, i + MAX_CONCURRENT)
    const budgets = await Promise.all(
      some.map((repository) => {
        const id = repository.repository_id
        return budgetOf(deps, repository, measured.get(id) ?? null, changes.get(id) ?? '')
      }),
    )
    for (const [j, { full_name: repository, repository_id: id }] of some.entries()) {
      const budget = budgets[j]
      if (!budget) continue
      const { target, left, lastDay } = budget
      gauges.target.set({ repository }, target)
      // Without a tested pull request the budget is unknown, not zero.
      if (left !== null) gauges.left.set({ repository }, left)
      for (const key of [keyOf(id, 'day', lastDay), keyOf(id, 'week', weekOf(lastDay))]) {
        const row = windows.get(key)
        if (row && row.prs > 0) setWindow(gauges, repository, row)
      }
    }
  }
}

function keyOf(repositoryId: number, kind: string, start: string): string {
  return `${repositoryId}/${kind}/${start}`
}

function makeGauges(registry: Registry) {
  const window = ['repository', 'window']
  const add = (name: string, help: string, labels: string[] = window) => gauge(registry, name, help, labels)
  return {
    rate: add('rate', 'Flakes not caused by their pull request / tested pull requests'),
    tested: add('pull_requests_tested', 'Tested pull requests'),
    flakes: add('flakes', 'Flakes by attribution', [...window, 'attribution']),
    breached: add('breached', '1 if out of SLA, else 0'),
    odds: add('breach_probability', 'Probability that the true rate is above the target'),
    burn: add('burn_rate', 'Rate / target'),
    target: add('target', 'Target: in SLA means a rate strictly below it', ['repository']),
    left: add('budget_left_flakes', 'Flakes left in the error budget over 28 days; negative if exceeded', [
      'repository',
    ]),
  }
}

function setWindow(gauges: ReturnType<typeof makeGauges>, repository: string, row: Row<'sla_window'>): void {
  const sla = slaOfRow(row)
  const labels = { repository, window: row.kind }
  gauges.rate.set(labels, sla.rate ?? 0)
  gauges.tested.set(labels, sla.prs)
  gauges.breached.set(labels, sla.breached ? 1 : 0)
  gauges.odds.set(labels, sla.breach_probability ?? 0)
  gauges.burn.set(labels, burnRate(sla.flakes_counted, sla.prs, sla.target) ?? 0)
  gauges.flakes.set({ ...labels, attribution: 'not_caused_by_pr' }, row.flakes_low)
  gauges.flakes.set({ ...labels, attribution: 'caused_by_pr' }, sla.flakes_caused_by_pr)
  gauges.flakes.set({ ...labels, attribution: 'undetermined' }, sla.flakes_undetermined)
}

interface CachedBudget {
  key: string
  target: number
  /** Null if no pull request was tested in the 28 days. */
  left: number | null
  /** The last local day that has ended, `YYYY-MM-DD`. */
  lastDay: string
}

const MAX_CONCURRENT = 8
/** In every time zone, local days start at a multiple of a quarter of an hour (UTC). */
const QUARTER_HOUR_MS = 15 * MINUTE_MS
const caches = new WeakMap<DashboardDeps['db'], Map<number, CachedBudget>>()

/**
 * Target and budget. Cached, because hundreds of repositories are scraped every few seconds; read again when figures, settings or
 * required jobs changed, and when a local day may have closed.
 */
async function budgetOf(
  deps: DashboardDeps,
  repository: Row<'repository'>,
  measuredAt: string | null,
  scopeChange: string,
): Promise<CachedBudget> {
  const cache = caches.get(deps.db) ?? new Map<number, CachedBudget>()
  caches.set(deps.db, cache)
  const key = [Math.floor(deps.now() / QUARTER_HOUR_MS), measuredAt, scopeChange].join('/')
  const hit = cache.get(repository.repository_id)
  if (hit?.key === key) return hit
  const view = await viewOf(deps, repository)
  const { left, sla } = await readBudget(deps.db, view, measuredAt)
  const budget = {
    key,
    target: view.settings.target,
    left: sla.prs === 0 ? null : left,
    lastDay: addDays(view.today, -1),
  }
  cache.set(repository.repository_id, budget)
  return budget
}

async function workGauges(
  registry: Registry,
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
  fresh: readonly Freshness[],
) {
  const { db, now, status } = deps
  const delivered = gauge(
    registry,
    'last_delivery_timestamp_seconds',
    'When the latest delivery was received',
    ['repository'],
  )
  const measured = gauge(registry, 'last_measured_timestamp_seconds', 'When the figures last changed', [
    'repository',
  ])
  const waiting = gauge(registry, 'heads_waiting', 'Commits waiting to be classified', ['repository'])
  const deliveries = gauge(registry, 'deliveries_last_hour', 'Deliveries in the last hour', [
    'event',
    'outcome',
  ])
  const outbox = gauge(registry, 'outbox_waiting', 'Pending GitHub actions', ['kind'])
  const oldest = gauge(
    registry,
    'outbox_oldest_seconds',
    'How long the oldest pending GitHub action is overdue, in seconds',
    ['kind'],
  )
  const ids = repositories.map((repository) => repository.repository_id)
  const names = new Map(repositories.map((row) => [row.repository_id, row.full_name]))
  for (const row of fresh) {
    const repository = names.get(row.repository_id) ?? ''
    if (row.last_delivery_at) delivered.set({ repository }, Date.parse(row.last_delivery_at) / 1000)
    if (row.last_measured_at) measured.set({ repository }, Date.parse(row.last_measured_at) / 1000)
    waiting.set({ repository }, row.waiting)
  }
  for (const row of await countDeliveries(db, ids, now() - HOUR_MS))
    deliveries.set({ event: row.event, outcome: row.outcome }, row.deliveries)
  for (const row of await readOutboxDepth(db, ids)) {
    outbox.set({ kind: row.kind }, row.waiting)
    oldest.set({ kind: row.kind }, Math.max(0, (now() - Date.parse(row.oldest_due_at)) / 1000))
  }
  const program = await status?.()
  if (program?.rateLimit)
    gauge(registry, 'github_rate_remaining', 'Requests left in the GitHub rate limit').set(
      program.rateLimit.remaining,
    )
}
