/** The list of webhook deliveries, redelivery, and the rate limit. */

import { pageUrl } from '../paging.ts'
import { type Call, notFound, Refusal, type Route } from '../route.ts'
import type { Budget, Delivery } from '../state.ts'

/** GitHub keeps deliveries for three days. */
const KEPT_MS = 3 * 86_400_000

function kept(call: Call): Delivery[] {
  const oldest = call.github.now() - KEPT_MS
  return call.github.state.deliveries.filter((delivery) => Date.parse(delivery.deliveredAt) >= oldest)
}

/** Ids of deliveries have had 19 digits since early 2026, more than a JavaScript number holds. */
const FIRST_ID = 3_804_004_623_172_239_001n

function wireId(delivery: Delivery): string {
  return String(FIRST_ID + BigInt(delivery.id))
}

/** `JSON.rawJSON`, which TypeScript's types do not declare yet: keeps all digits of an id. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => number }

function itemShape(delivery: Delivery) {
  return {
    id: rawJSON(wireId(delivery)),
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  }
}

const succeeded = (delivery: Delivery): boolean => delivery.statusCode >= 200 && delivery.statusCode < 400

/** Newest first; the cursor names the first delivery of the next page. */
function list(call: Call) {
  const status = call.query.get('status')
  const size = Math.min(100, Number(call.query.get('per_page') ?? 30))
  const found = kept(call)
    .filter((delivery) => !status || succeeded(delivery) === (status === 'success'))
    .sort((a, b) => b.id - a.id)
  const cursor = call.query.get('cursor')
  const start = cursor ? found.findIndex((delivery) => delivery.id <= Number(cursor.replace(/^v1_/, ''))) : 0
  if (cursor && !/^v1_\d+$/.test(cursor)) throw new Refusal(422, 'Invalid cursor')
  const from = start < 0 ? found.length : start
  const next = found[from + size]
  return {
    status: 200,
    body: found.slice(from, from + size).map(itemShape),
    ...(next && { headers: { link: `<${pageUrl(call, { cursor: `v1_${next.id}` })}>; rel="next"` } }),
  }
}

function deliveryOf(call: Call): Delivery {
  const id = call.params.delivery_id ?? ''
  const found = kept(call).find((delivery) => wireId(delivery) === id || String(delivery.id) === id)
  if (!found) throw notFound()
  return found
}

function budgetShape(budget: Budget) {
  return {
    limit: budget.limit,
    used: budget.used,
    remaining: Math.max(0, budget.limit - budget.used),
    reset: Math.ceil(budget.resetAt / 1000),
  }
}

function rateLimit(call: Call) {
  const { core, graphql } = call.github.state.rateLimit
  const search = { limit: 30, used: 0, remaining: 30, reset: Math.ceil(core.resetAt / 1000) }
  const resources = { core: budgetShape(core), graphql: budgetShape(graphql), search }
  return { status: 200, body: { resources, rate: budgetShape(core) } }
}

function hookConfig(call: Call) {
  const { webhookUrl } = call.github.state.app
  return {
    status: 200,
    body: {
      content_type: 'json',
      insecure_ssl: '0',
      secret: '********',
      ...(webhookUrl && { url: webhookUrl }),
    },
  }
}

const DELIVERIES = '/app/hook/deliveries'

export const deliveryRoutes: Route[] = [
  { method: 'GET', path: '/app/hook/config', who: 'app', handle: hookConfig },
  { method: 'GET', path: DELIVERIES, who: 'app', handle: list },
  {
    method: 'GET',
    path: `${DELIVERIES}/{delivery_id}`,
    who: 'app',
    handle: (call) => {
      const delivery = deliveryOf(call)
      const { request, response } = delivery
      return {
        status: 200,
        body: { ...itemShape(delivery), url: call.github.state.app.webhookUrl ?? '', request, response },
      }
    },
  },
  {
    method: 'POST',
    path: `${DELIVERIES}/{delivery_id}/attempts`,
    who: 'app',
    handle: (call) => {
      // GitHub accepts the request and redelivers later.
      call.redeliver(deliveryOf(call).id)
      return { status: 202, body: {} }
    },
  },
  { method: 'GET', path: '/rate_limit', who: 'free', handle: rateLimit },
]
