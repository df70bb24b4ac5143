/** How far to trust attributions: how certain they were, how many changed, and how many were corrected. */
import { count, percent } from '../../texts/figures.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, repositoryPath, table } from '../html.ts'
import {
  type AttributionRecord,
  type ProbabilityBand,
  readAttributionRecords,
  readProbabilityBands,
} from '../queries/accuracy.ts'
import { lastDays, type RepositoryView } from '../view.ts'

const DAYS = 180

/** The body of `/{owner}/{repo}/accuracy`. */
export async function accuracyPage({ db }: Pick<DashboardDeps, 'db'>, view: RepositoryView): Promise<Html> {
  const { repository, scope } = view
  const bands = await readProbabilityBands(db, scope, lastDays(view, DAYS))
  const sum = (of: (band: ProbabilityBand) => number) => bands.reduce((total, band) => total + of(band), 0)
  const all = sum((band) => band.flakes)
  if (all === 0) return html`<h2>Accuracy</h2><p>No flake was evaluated in the last ${DAYS} days.</p>`
  const certain = bands
    .filter(({ band }) => band === 0 || band === 9)
    .reduce((total, band) => total + band.flakes, 0)
  return html`<h2>Accuracy</h2>
<p class="lead">Of ${count(all, 'flake')} in ${DAYS} days, ${percent(certain / all)} have an attribution with more than 90% certainty. The attribution of ${percent(sum((band) => band.revised) / all)} changed as evidence arrived.</p>
<p>An attribution is a probability, not a fact. If every probability is right, ${sum((band) => band.expected).toFixed(1)} of these flakes were caused by their pull request. Late results can change an attribution for seven days; each change is listed on the flake’s page.</p>
${correctionsAndAftermath(await readAttributionRecords(db, scope, lastDays(view, DAYS)))}
<h3>By probability</h3>
${table(
  'Flakes by the probability that the pull request caused them',
  ['Probability', 'Flakes', 'Counted towards the SLA', 'Attribution changed'],
  bands.map((band) => [
    `${band.band * 10}% to ${band.band * 10 + 10}%`,
    band.flakes,
    band.counted,
    band.revised,
  ]),
)}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/accuracy.csv`, 'By probability')} ${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/attributions.csv`, 'By attribution')}`
}

const ATTRIBUTIONS: Record<AttributionRecord['attribution'], string> = {
  caused_by_pr: 'Caused by the pull request',
  not_caused_by_pr: 'Not caused by the pull request',
  undetermined: 'Undecided',
}

/** How attributions held up: what people corrected, and what happened in the week after. */
function correctionsAndAftermath(records: readonly AttributionRecord[]): Html {
  const wrong = records.reduce((sum, record) => sum + contradicted(record), 0)
  const definite = records.filter((record) => record.attribution !== 'undetermined')
  const all = definite.reduce((sum, record) => sum + record.flakes, 0)
  return html`<h3>By attribution</h3>
<p>${all === 0 ? html`No attribution was definite.` : html`Of ${count(all, 'definite attribution')}, ${wrong} (${percent(wrong / all)}) ${wrong === 1 ? 'was' : 'were'} corrected by a person.`} The others cannot be checked for certain, but the following week is a hint: if the job is flaky, it keeps flaking on other pull requests; if the pull request is the cause, only its own later commits flake.</p>
${table(
  'Attributions by the model, and what happened after',
  [
    'Attribution',
    'Flakes',
    'Corrected: pull request’s fault',
    'Corrected: not its fault',
    'Then flaked only here',
    'Then flaked only elsewhere',
    'Changed',
    'Reversed',
  ],
  records.map((record) => [
    ATTRIBUTIONS[record.attribution],
    record.flakes,
    record.corrected_mine,
    record.corrected_not_mine,
    record.later_only_own,
    record.later_only_others,
    record.changed,
    record.reversed,
  ]),
)}`
}

function contradicted({ attribution, corrected_mine, corrected_not_mine }: AttributionRecord): number {
  if (attribution === 'undetermined') return 0
  return attribution === 'caused_by_pr' ? corrected_not_mine : corrected_mine
}
