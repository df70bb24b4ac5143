/** The SLA document's own measures of success, month by month: breaches, and merged pull requests that fix flakes. */
import { readFixes } from '../../db/dashboard-history.ts'
import type { Row } from '../../db/schema.ts'
import { readWindows } from '../../db/sla.ts'
import { windowOf } from '../../domain/window.ts'
import { percent } from '../../texts/figures.ts'
import { addDays, monthWords } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { type Html, html, name, repositoryPath, table } from '../html.ts'
import type { RepositoryScope } from '../scope.ts'

const DAYS = 365

/** The body of `/{owner}/{repo}/months`. */
export async function monthsPage({ db }: Pick<DashboardDeps, 'db'>, scope: RepositoryScope): Promise<Html> {
  const { repository, policy, today, now } = scope
  const id = repository.repository_id
  const first = `${addDays(today, -DAYS).slice(0, 7)}-01`
  const span = { from: windowOf('day', first, policy.timeZone).from, to: now + 1 }
  const { labels } = policy.breachIssue
  const [days, weeks, fixes] = await Promise.all([
    readWindows(db, id, 'day', { from: first, to: today }),
    readWindows(db, id, 'week', { from: first, to: today }),
    readFixes(db, id, span, { labels, timeZone: policy.timeZone }),
  ])
  const months = [...new Set([...days, ...weeks].map((row) => row.start.slice(0, 7)))].sort().reverse()
  const intro = html`<h2>By month</h2>
<p>What the SLA was agreed for: fewer breaches, and more pull requests that fix flakes (those labelled ${labels.map((label, i) => html`${i > 0 ? ' or ' : ''}${name(label)}`)}).</p>`
  if (months.length === 0) return html`${intro}<p>Nothing was measured in the last year.</p>`
  const rows = months.map((month) => {
    const own = days.filter((row) => row.start.startsWith(month) && row.prs > 0)
    const ownWeeks = weeks.filter((row) => row.start.startsWith(month) && row.prs > 0)
    return [
      html`<time datetime="${month}">${monthWords(month)}</time>`,
      breaches(own),
      breaches(ownWeeks),
      fixes.find((one) => one.month === month)?.fixes ?? 0,
      own.reduce((sum, row) => sum + row.flakes_counted, 0),
      percent(share(own)),
    ]
  })
  return html`${intro}${table(
    'Newest first. Weeks belong to the month of their Monday.',
    [
      'Month',
      'Days out of SLA',
      'Weeks out of SLA',
      'Fixes merged',
      'Flakes counted',
      'Share of days in SLA',
    ],
    rows,
  )}<p class="muted"><a href="/api/v1/repositories${repositoryPath(repository.full_name)}/windows.csv?limit=500">Days as CSV</a></p>`
}

function breaches(rows: readonly Row<'sla_window'>[]): string {
  return `${rows.filter((row) => row.breached).length} of ${rows.length}`
}

function share(rows: readonly Row<'sla_window'>[]): number | null {
  return rows.length === 0 ? null : rows.filter((row) => !row.breached).length / rows.length
}
