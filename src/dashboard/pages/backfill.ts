/** The progress of backfills, on the home page until there are figures, and on the status page. */

import { count } from '../../texts/figures.ts'
import { dayWords } from '../dates.ts'
import { type Html, html, name, repositoryPath, table } from '../html.ts'
import type { BackfillState } from '../queries/backfill.ts'

/** One row for each repository with a running backfill. */
export function backfillTable(backfills: readonly BackfillState[]): Html {
  return table(
    'Backfills from GitHub. The number of pages grows as pull requests are found.',
    ['Repository', 'Since', 'Progress', 'Pull requests found'],
    backfills.map((backfill) => [
      html`<a href="${repositoryPath(backfill.full_name)}">${name(backfill.full_name)}</a>`,
      dayWords(backfill.since.slice(0, 10)),
      backfill.pages === 0
        ? 'starting'
        : html`<progress max="${backfill.pages}" value="${backfill.done}" aria-label="Pages read">${backfill.done} of ${backfill.pages}</progress> ${backfill.done} of ${count(backfill.pages, 'page')}`,
      backfill.pull_requests,
    ]),
  )
}

/** A note that past figures may still change; empty if no backfill is running. */
export function backfillText(backfills: readonly BackfillState[]): Html | string {
  if (backfills.length === 0) return ''
  const [first] = backfills
  const subject =
    backfills.length === 1 && first
      ? html`${name(first.full_name)} since ${dayWords(first.since.slice(0, 10))}`
      : count(backfills.length, 'repository', 'repositories')
  return html`<p class="note">Backfill of ${subject} in progress: figures of past days may still change. <a href="/status#backfill">Progress</a></p>`
}
