/** The SLA document's measures of success by month: flakiness, breaches, and merged fixes. */
import { percent } from '../../texts/figures.ts'
import { monthWords } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, name, repositoryPath, table } from '../html.ts'
import { readMonths } from '../months.ts'
import type { RepositoryView } from '../view.ts'

/** The body of `/{owner}/{repo}/months`. */
export async function monthsPage(deps: Pick<DashboardDeps, 'db'>, view: RepositoryView): Promise<Html> {
  const { labels } = view.settings.breachIssue
  const months = await readMonths(deps, view)
  const intro = html`<h2>Months</h2>
<p>The SLA measures its success by three figures, and all should fall over time: the flakiness, how often the SLA is breached, and how many pull requests fix flakes (those labelled ${labels.map((label, i) => html`${i > 0 ? ' or ' : ''}${name(label)}`)}).</p>`
  if (months.length === 0) return html`${intro}<p>No data in the last year.</p>`
  const api = `/api/v1/repositories${repositoryPath(view.repository.full_name)}`
  return html`${intro}${table(
    'Newest first. Flakiness: counted flakes divided by tested pull requests, each summed over the days. A week belongs to the month of its Monday.',
    [
      'Month',
      'Flakiness',
      'Days out of SLA',
      'Weeks out of SLA',
      'Fixes merged',
      'Counted flakes',
      'Share of days in SLA',
    ],
    months.map((month) => [
      html`<time datetime="${month.month}">${monthWords(month.month)}</time>`,
      html`<strong>${percent(month.rate)}</strong>`,
      `${month.days_breached} of ${month.days}`,
      `${month.weeks_breached} of ${month.weeks}`,
      month.fixes,
      month.flakes_counted,
      percent(month.days === 0 ? null : 1 - month.days_breached / month.days),
    ]),
  )}${csvLink(`${api}/months.csv`, 'Months')} ${csvLink(`${api}/windows.csv?limit=500`, 'Days')} ${csvLink(`${api}/windows.csv?kind=week&limit=500`, 'Weeks')}`
}
