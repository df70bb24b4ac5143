/** Flakes as a table: the same on the overview and on a job's page. */
import type { ListedFlake } from '../../db/flakes.ts'
import { flakeLink, type Html, html, instant, jobLink, name, pullRequestLink, table } from '../html.ts'
import { countedWords, faultWords } from '../wording.ts'

/** Flakes, newest first as they come. */
export function flakeTable(fullName: string, flakes: readonly ListedFlake[], withJob = true): Html {
  if (flakes.length === 0) return html`<p>It has not flaked yet.</p>`
  const jobOf = (flake: ListedFlake) => (withJob ? [jobLink(fullName, flake.job_id, flake.name)] : [])
  return table(
    'Newest first. A flake is one job that both failed and passed at one unchanged commit.',
    [...(withJob ? ['Job'] : []), 'Flaked', 'Pull request', 'Commit', 'The pull request’s fault?', 'Budget'],
    flakes.map((flake) => [
      ...jobOf(flake),
      instant(flake.flaked_at),
      html`${pullRequestLink(fullName, flake.number)}${flake.title ? html` ${name(flake.title)}` : ''}`,
      html`<code>${flake.head_sha.slice(0, 10)}</code>`,
      flakeLink(fullName, flake.head_sha, flake.job_id, faultWords(flake.attribution, flake.probability)),
      flake.incident === null ? countedWords(flake.counted) : `${countedWords(flake.counted)}, incident`,
    ]),
  )
}
