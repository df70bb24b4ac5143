/** Can the figures be trusted right now? How fresh they are, what came in, what is still to be done. */
import { countDeliveries, readFreshness, readOutboxDepth } from '../../db/dashboard-status.ts'
import type { Row } from '../../db/schema.ts'
import { durationWords } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { type Html, html, instant, name, repositoryPath, table } from '../html.ts'

const DAY = 86_400_000

/** The body of `/status`, about the repositories that the reader may see. */
export async function statusPage(
  { db, now, status }: Pick<DashboardDeps, 'db' | 'now' | 'status'>,
  repositories: readonly Row<'repository'>[],
): Promise<Html> {
  const ids = repositories.map((one) => one.repository_id)
  const freshness = new Map((await readFreshness(db, ids)).map((one) => [one.repository_id, one]))
  const deliveries = await countDeliveries(db, ids, now() - DAY)
  const outbox = await readOutboxDepth(db)
  const told = await status?.()
  const ago = (at: string | null | undefined) =>
    at ? html`${instant(at)} <small>${durationWords(Math.max(0, now() - Date.parse(at)))} ago</small>` : '–'
  return html`<h1>Status</h1>
<h2>Freshness</h2>
${table(
  'By repository',
  [
    'Repository',
    'Newest delivery',
    'Newest run completed',
    'Figures last changed',
    'Commits waiting to be classified',
  ],
  repositories.map((one) => {
    const fresh = freshness.get(one.repository_id)
    return [
      html`<a href="${repositoryPath(one.full_name)}">${name(one.full_name)}</a>`,
      ago(fresh?.last_delivery_at),
      ago(fresh?.last_completed_at),
      ago(fresh?.last_measured_at),
      fresh?.waiting ?? 0,
    ]
  }),
)}
<h2>Deliveries of the last 24 hours</h2>
${
  deliveries.length === 0
    ? html`<p>None came in.</p>`
    : table(
        'By event and outcome',
        ['Event', 'Outcome', 'Deliveries'],
        deliveries.map((one) => [name(one.event), one.outcome, one.deliveries]),
      )
}
<h2>To be done on GitHub</h2>
${
  outbox.length === 0
    ? html`<p>Nothing waits.</p>`
    : table(
        'By kind',
        ['Kind', 'Waiting', 'Oldest due', 'Most attempts'],
        outbox.map((one) => [one.kind, one.waiting, ago(one.oldest_due_at), one.most_attempts]),
      )
}
${told?.rateLimit ? html`<h2>GitHub’s rate limit</h2><p>${told.rateLimit.remaining} of ${told.rateLimit.limit} requests left until ${instant(told.rateLimit.resetAt)}.</p>` : ''}
${told?.gaps && told.gaps.length > 0 ? html`<h2>Gaps</h2><ul>${told.gaps.map((gap) => html`<li>${gap}</li>`)}</ul>` : ''}`
}
