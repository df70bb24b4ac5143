/** Figures for Prometheus, as docs/metrics.md lists them: read when scraped, from what the timers stored. */
import { Gauge, Histogram, Registry } from 'prom-client'
import { readWindowsOf } from '../db/dashboard.ts'
import { countDeliveries, readFreshness, readOutboxDepth } from '../db/dashboard-status.ts'
import type { Row } from '../db/schema.ts'
import { burnRate } from '../domain/sla.ts'
import { readBudget } from './budget.ts'
import { addDays, dayAt } from './dates.ts'
import type { DashboardDeps, Timings } from './deps.ts'
import { scopeOf } from './scope.ts'
import { slaOfRow } from './words.ts'

const HOUR = 3_600_000
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
  await slaGauges(registry, deps, repositories)
  await workGauges(registry, deps, repositories)
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
) {
  const window = ['repository', 'window']
  const rate = gauge(registry, 'rate', 'Flakes not caused by the pull request / pull requests tested', window)
  const tested = gauge(registry, 'pull_requests_tested', 'Pull requests tested', window)
  const flakes = gauge(registry, 'flakes', 'Flakes by verdict', [...window, 'verdict'])
  const breached = gauge(registry, 'breached', '1 when out of SLA', window)
  const odds = gauge(registry, 'breach_probability', 'Chance that the true rate is above the target', window)
  const burn = gauge(registry, 'burn_rate', 'Rate / target', window)
  const target = gauge(registry, 'target', 'In SLA means a rate strictly below', ['repository'])
  const left = gauge(registry, 'budget_left_flakes', 'Flakes left of the error budget of 28 days', [
    'repository',
  ])
  const today = dayAt(deps.now(), 'UTC')
  const ids = repositories.map((one) => one.repository_id)
  const days = await readWindowsOf(deps.db, ids, 'day', { from: addDays(today, -7), to: addDays(today, 1) })
  const weeks = await readWindowsOf(deps.db, ids, 'week', {
    from: addDays(today, -14),
    to: addDays(today, 1),
  })
  for (const one of repositories) {
    const repository = one.full_name
    const scope = await scopeOf(deps, one)
    const own = [days, weeks].map((rows) => rows.filter((row) => row.repository_id === one.repository_id))
    for (const row of own.flatMap((rows) => rows.findLast((each) => each.prs > 0) ?? [])) {
      const sla = slaOfRow(row)
      const labels = { repository, window: row.kind }
      rate.set(labels, sla.rate ?? 0)
      tested.set(labels, sla.prs)
      breached.set(labels, sla.breached ? 1 : 0)
      odds.set(labels, sla.breach_probability ?? 0)
      burn.set(labels, burnRate(sla.flakes_counted, sla.prs, sla.target) ?? 0)
      flakes.set({ ...labels, verdict: 'not_caused_by_pr' }, row.flakes_low)
      flakes.set({ ...labels, verdict: 'caused_by_pr' }, sla.flakes_caused_by_pr)
      flakes.set({ ...labels, verdict: 'undetermined' }, sla.flakes_undetermined)
    }
    target.set({ repository }, scope.policy.target)
    const measuredAt =
      own
        .flat()
        .map((row) => row.measured_at)
        .sort()
        .at(-1) ?? null
    left.set({ repository }, (await readBudget(deps.db, scope, measuredAt)).left)
  }
}

async function workGauges(
  registry: Registry,
  deps: DashboardDeps,
  repositories: readonly Row<'repository'>[],
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
  const outbox = gauge(registry, 'outbox_waiting', 'Effects on GitHub still to be done', ['kind'])
  const oldest = gauge(registry, 'outbox_oldest_seconds', 'How long the oldest effect is overdue', ['kind'])
  const ids = repositories.map((one) => one.repository_id)
  const names = new Map(repositories.map((one) => [one.repository_id, one.full_name]))
  for (const one of await readFreshness(db, ids)) {
    const repository = names.get(one.repository_id) ?? ''
    if (one.last_delivery_at) delivered.set({ repository }, Date.parse(one.last_delivery_at) / 1000)
    if (one.last_measured_at) measured.set({ repository }, Date.parse(one.last_measured_at) / 1000)
    waiting.set({ repository }, one.waiting)
  }
  for (const one of await countDeliveries(db, ids, now() - HOUR))
    deliveries.set({ event: one.event, outcome: one.outcome }, one.deliveries)
  for (const one of await readOutboxDepth(db)) {
    outbox.set({ kind: one.kind }, one.waiting)
    oldest.set({ kind: one.kind }, Math.max(0, (now() - Date.parse(one.oldest_due_at)) / 1000))
  }
  const told = await status?.()
  if (told?.rateLimit)
    gauge(registry, 'github_rate_remaining', 'Requests left of GitHub’s rate limit').set(
      told.rateLimit.remaining,
    )
}
