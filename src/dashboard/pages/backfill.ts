/** How far the backfill of the past is: on the first page while there is nothing else, and on the status page. */

import { count } from '../../texts/figures.ts'
import { dayWords } from '../dates.ts'
import { type Html, html, name, repositoryPath, table } from '../html.ts'
import type { BackfillState } from '../queries/backfill.ts'

/** A row for each repository whose history is being read. */
export function backfillTable(backfills: readonly BackfillState[]): Html {
  return table(
    'History that is being read from GitHub. The number of answers needed grows as pull requests are found.',
    ['Repository', 'Back to', 'Progress', 'Pull requests found'],
    backfills.map((one) => [
      html`<a href="${repositoryPath(one.full_name)}">${name(one.full_name)}</a>`,
      dayWords(one.since.slice(0, 10)),
      one.pages === 0
        ? 'about to begin'
        : html`<progress max="${one.pages}" value="${one.done}" aria-label="Answers of GitHub stored">${one.done} of ${one.pages}</progress> ${one.done} of ${count(one.pages, 'answer')}`,
      one.pull_requests,
    ]),
  )
}

/** One sentence for pages whose figures may still change because the past is being read; nothing otherwise. */
export function backfillText(backfills: readonly BackfillState[]): Html | string {
  if (backfills.length === 0) return ''
  const [one] = backfills
  const whose =
    backfills.length === 1 && one
      ? html`of ${name(one.full_name)} back to ${dayWords(one.since.slice(0, 10))}`
      : html`of ${count(backfills.length, 'repository', 'repositories')}`
  return html`<p class="note">History ${whose} is being read from GitHub: figures of past days still change. <a href="/status#backfill">How far it is</a></p>`
}
