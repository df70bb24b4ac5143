/** The gates of a repository: which jobs are left out, and which count although they look like gates. */
import { readGatesLeftOut, readLikelyGates } from '../../db/gates.ts'
import { count } from '../../texts/figures.ts'
import type { DashboardDeps } from '../deps.ts'
import { type Html, html } from '../html.ts'
import type { RepositoryView } from '../view.ts'

/** The section about gates; empty when no job is one or looks like one. */
export async function gateSection(
  { db }: Pick<DashboardDeps, 'db'>,
  view: RepositoryView,
): Promise<Html | string> {
  const { repository_id } = view.repository
  const gates = await readGatesLeftOut(db, repository_id, view)
  const likely = await readLikelyGates(db, repository_id, view)
  if (gates.length + likely.length === 0) return ''
  const leftOut = gates.map(
    ({ job, why, runs }) =>
      html`<li>Left out: gate <code>${job}</code> (${why}); ${count(runs, 'result')} on pull requests</li>`,
  )
  const counted = likely.map(
    ({ job, why }) =>
      html`<li>Counted, but may be a gate: <code>${job}</code> (${why}). If it is one, add it to <code>gates.include</code> in the settings file.</li>`,
  )
  return html`<details><summary>Gates: ${gates.length} left out${likely.length > 0 ? `, ${likely.length} possible` : ''}</summary><p>A gate is a job that states something about the pull request, such as a signed CLA or a label, and tests nothing.</p><ul>${leftOut}${counted}</ul></details>`
}
