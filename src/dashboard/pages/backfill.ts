/** How far the reading of the past is: on the first page while there is nothing else, and on the status page. */
import type { ReadingState } from '../queries/backfill.ts'
import { count } from '../../texts/figures.ts'
import { dayWords } from '../dates.ts'
import { type Html, html, name, repositoryPath, table } from '../html.ts'

/** A row for each repository whose history is being read. */
export function readingTable(readings: readonly ReadingState[]): Html {
  return table(
    'History that is being read from GitHub. The number of answers needed grows as pull requests are found.',
    ['Repository', 'Back to', 'Progress', 'Pull requests found'],
    readings.map((one) => [
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
export function readingWords(readings: readonly ReadingState[]): Html | string {
  if (readings.length === 0) return ''
  const [one] = readings
  const whose =
    readings.length === 1 && one
      ? html`of ${name(one.full_name)} back to ${dayWords(one.since.slice(0, 10))}`
      : html`of ${count(readings.length, 'repository', 'repositories')}`
  return html`<p class="note">History ${whose} is being read from GitHub: figures of past days still change. <a href="/status#reading">How far it is</a></p>`
}
