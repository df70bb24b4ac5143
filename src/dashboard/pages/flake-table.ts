/** The table of flakes on the overview and on a job's page. */
import type { ListedFlake } from '../../db/flakes.ts'
import { flakeLink, type Html, html, instant, jobLink, name, pullRequestLink, table } from '../html.ts'
import { causedWords, countedWords } from '../wording.ts'

/** @param flakes newest first */
export function flakeTable(fullName: string, flakes: readonly ListedFlake[], withJob = true): Html {
  if (flakes.length === 0) return html`<p>No flakes yet.</p>`
  const jobOf = (flake: ListedFlake) => (withJob ? [jobLink(fullName, flake.job_id, flake.name)] : [])
  return table(
    'Newest first. A flake is a required job that both failed and passed at the same commit.',
    [
      ...(withJob ? ['Job'] : []),
      'Flaked',
      'Pull request',
      'Commit',
      'Caused by this pull request?',
      'Counts towards the SLA',
    ],
    flakes.map((flake) => [
      ...jobOf(flake),
      instant(flake.flaked_at),
      html`${pullRequestLink(fullName, flake.number)}${flake.title ? html` ${name(flake.title)}` : ''}`,
      html`<code>${flake.head_sha.slice(0, 10)}</code>`,
      flakeLink(fullName, flake.head_sha, flake.job_id, causedWords(flake.attribution, flake.probability)),
      flake.incident === null ? countedWords(flake.counted) : `${countedWords(flake.counted)} (incident)`,
    ]),
  )
}
