/** Figures for Prometheus, as docs/metrics.md lists them: read when scraped, from what the timers stored. */

import { Gauge, Histogram, Registry } from 'prom-client'
import type { Row } from '../db/schema.ts'
import { readScopeChanges } from '../db/scope.ts'
import { burnRate } from '../domain/sla.ts'
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts'
import { readBudget } from './budget.ts'
import { addDays, dayAt } from './dates.ts'
import type { DashboardDeps, Timings } from './deps.ts'
import { countDeliveries, type Freshness, readFreshness, readOutboxDepth } from './queries/status.ts'
import { readNewestWindows } from './queries/windows.ts'
import { viewOf } from './view.ts'
import { slaOfRow } from './wording.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes the histograms. Whoever owns the webhook handlers and the database hands their times in. */
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

/** Everything about `repositories`, and the process, in Prometheus's text form. */
export async function scrape(
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
): Promise<string> {
  const registry = new Registry()
  const ids = repositories.map((one) => one.repository_id)
  const fresh = await readFreshness(deps.db, ids)
  await slaGauges(registry, deps, repositories, fresh)
  await workGauges(registry, deps, repositories, fresh)
  const own = await registry.metrics()
  return deps.timings ? `${own}\n${await deps.timings.registry.metrics()}` : own
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
  const ids = repositories.map((one) => one.repository_id)
  const to = addDays(today, 1)
  const days = await readNewestWindows(deps.db, ids, 'day', { from: addDays(today, -7), to })
  const weeks = await readNewestWindows(deps.db, ids, 'week', { from: addDays(today, -14), to })
  const measured = new Map(fresh.map((one) => [one.repository_id, one.last_measured_at]))
  const changes = await readScopeChanges(deps.db, ids)
  for (const { repository_id: id, full_name } of repositories)
    for (const row of [days.get(id), weeks.get(id)]) if (row) setWindow(gauges, full_name, row)
  for (let i = 0; i < repositories.length; i += AT_ONCE) {
    const some = repositories.slice(i, i + AT_ONCE)
    const budgets = await Promise.all(
      some.map((repository) => {
        const id = repository.repository_id
        return budgetOf(deps, repository, measured.get(id) ?? null, changes.get(id) ?? '')
      }),
    )
    for (const [j, { full_name: repository }] of some.entries()) {
      gauges.target.set({ repository }, budgets[j]?.target ?? 0)
      const left = budgets[j]?.left ?? null
      // Of a repository without a pull request tested nothing is known: that is no budget of zero.
      if (left !== null) gauges.left.set({ repository }, left)
    }
  }
}

function makeGauges(registry: Registry) {
  const window = ['repository', 'window']
  const own = (name: string, help: string, labels: string[] = window) => gauge(registry, name, help, labels)
  return {
    rate: own('rate', 'Flakes not caused by the pull request / pull requests tested'),
    tested: own('pull_requests_tested', 'Pull requests tested'),
    flakes: own('flakes', 'Flakes by attribution', [...window, 'attribution']),
    breached: own('breached', '1 when out of SLA'),
    odds: own('breach_probability', 'Chance that the true rate is above the target'),
    burn: own('burn_rate', 'Rate / target'),
    target: own('target', 'In SLA means a rate strictly below', ['repository']),
    left: own('budget_left_flakes', 'Flakes left of the error budget of 28 days', ['repository']),
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
  /** Null where no pull request was tested in the 28 days. */
  left: number | null
}

const AT_ONCE = 8
/** Local days begin at a multiple of it in every time zone. */
const QUARTER_HOUR_MS = 15 * MINUTE_MS
const cached = new WeakMap<DashboardDeps['db'], Map<number, CachedBudget>>()

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
  const own = cached.get(deps.db) ?? new Map<number, CachedBudget>()
  cached.set(deps.db, own)
  const key = [Math.floor(deps.now() / QUARTER_HOUR_MS), measuredAt, scopeChange].join('/')
  const hit = own.get(repository.repository_id)
  if (hit?.key === key) return hit
  const view = await viewOf(deps, repository)
  const { left, sla } = await readBudget(deps.db, view, measuredAt)
  const budget = { key, target: view.settings.target, left: sla.prs === 0 ? null : left }
  own.set(repository.repository_id, budget)
  return budget
}

async function workGauges(
  registry: Registry,
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
  fresh: readonly Freshness[],
) {
  const { db, now, status } = deps
  const delivered = gauge(registry, 'last_delivery_timestamp_seconds', 'When the newest delivery came in', [
    'repository',
  ])
  const measured = gauge(registry, 'last_measured_timestamp_seconds', 'When figures last changed', [
    'repository',
  ])
  const waiting = gauge(registry, 'heads_waiting', 'Commits waiting to be classified', ['repository'])
  const deliveries = gauge(registry, 'deliveries_last_hour', 'Deliveries of the last hour', [
    'event',
    'outcome',
  ])
  const outbox = gauge(registry, 'outbox_waiting', 'Tasks on GitHub still to be done', ['kind'])
  const oldest = gauge(registry, 'outbox_oldest_seconds', 'How long the oldest task is overdue', ['kind'])
  const ids = repositories.map((one) => one.repository_id)
  const names = new Map(repositories.map((one) => [one.repository_id, one.full_name]))
  for (const one of fresh) {
    const repository = names.get(one.repository_id) ?? ''
    if (one.last_delivery_at) delivered.set({ repository }, Date.parse(one.last_delivery_at) / 1000)
    if (one.last_measured_at) measured.set({ repository }, Date.parse(one.last_measured_at) / 1000)
    waiting.set({ repository }, one.waiting)
  }
  for (const one of await countDeliveries(db, ids, now() - HOUR_MS))
    deliveries.set({ event: one.event, outcome: one.outcome }, one.deliveries)
  for (const one of await readOutboxDepth(db, ids)) {
    outbox.set({ kind: one.kind }, one.waiting)
    oldest.set({ kind: one.kind }, Math.max(0, (now() - Date.parse(one.oldest_due_at)) / 1000))
  }
  const told = await status?.()
  if (told?.rateLimit)
    gauge(registry, 'github_rate_remaining', 'Requests left of GitHub’s rate limit').set(
      told.rateLimit.remaining,
    )
}
