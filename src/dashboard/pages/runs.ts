/** The columns of runs in tables. */
import type { Row } from '../../db/schema.ts'
import { durationWords } from '../dates.ts'
import { externalLink, type Html, html, instant } from '../html.ts'
import { outcomeWords } from '../wording.ts'

/** The headings of `runCells`. */
export const RUN_HEAD = ['Completed', 'Outcome', 'Duration', 'Base']

/** One run: when it completed, its outcome, its duration and its base commit. */
export function runCells(run: Row<'run'>): Html[] {
  const durationMs =
    run.started_at === null ? null : Date.parse(run.completed_at) - Date.parse(run.started_at)
  return [
    instant(run.completed_at),
    html`<span class="o-${run.outcome}">${externalLink(run.url, outcomeWords(run.outcome, run.reason))}</span>`,
    html`${durationMs === null || durationMs < 0 ? '–' : durationWords(durationMs)}`,
    run.base_sha === null ? html`–` : html`<code>${run.base_sha.slice(0, 10)}</code>`,
  ]
}
