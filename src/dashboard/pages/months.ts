/** The SLA document's own measures of success, month by month: breaches, and merged pull requests that fix flakes. */
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
<p>The SLA document measures its success by three figures, and expects all of them to fall over time: the flakiness itself, how often the SLA is breached, and how many pull requests are needed to fix flakes (those labelled ${labels.map((label, i) => html`${i > 0 ? ' or ' : ''}${name(label)}`)}).</p>`
  if (months.length === 0) return html`${intro}<p>Nothing was measured in the last year.</p>`
  const api = `/api/v1/repositories${repositoryPath(view.repository.full_name)}`
  return html`${intro}${table(
    'Newest first. Flakiness: flakes counted over pull requests tested, summed over the days. Weeks belong to the month of their Monday.',
    [
      'Month',
      'Flakiness',
      'Days out of SLA',
      'Weeks out of SLA',
      'Fixes merged',
      'Flakes counted',
      'Share of days in SLA',
    ],
    months.map((one) => [
      html`<time datetime="${one.month}">${monthWords(one.month)}</time>`,
      html`<strong>${percent(one.rate)}</strong>`,
      `${one.days_breached} of ${one.days}`,
      `${one.weeks_breached} of ${one.weeks}`,
      one.fixes,
      one.flakes_counted,
      percent(one.days === 0 ? null : 1 - one.days_breached / one.days),
    ]),
  )}${csvLink(`${api}/months.csv`, 'Months')} ${csvLink(`${api}/windows.csv?limit=500`, 'Days')} ${csvLink(`${api}/windows.csv?kind=week&limit=500`, 'Weeks')}`
}
