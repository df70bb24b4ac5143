/** Runs as a table: the same on the pages of a job, a pull request and a flake. */
import type { Row } from '../../db/schema.ts'
import { durationWords } from '../dates.ts'
import { type Html, html, instant, outward } from '../html.ts'
import { outcomeWords } from '../wording.ts'

/** The head cells that go with `runCells`. */
export const RUN_HEAD = ['Completed', 'Outcome', 'Took', 'Base']

/** When, how, how long, against which base. */
export function runCells(run: Row<'run'>): Html[] {
  const took = run.started_at === null ? null : Date.parse(run.completed_at) - Date.parse(run.started_at)
  return [
    instant(run.completed_at),
    html`<span class="o-${run.outcome}">${outward(run.url, outcomeWords(run.outcome, run.reason))}</span>`,
    html`${took === null || took < 0 ? '–' : durationWords(took)}`,
    run.base_sha === null ? html`–` : html`<code>${run.base_sha.slice(0, 10)}</code>`,
  ]
}
