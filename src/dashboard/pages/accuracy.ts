/** How far to trust the verdicts: how sure they were, how many changed, and what that does to the rate. */
import { percent } from '../../texts/figures.ts'
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
  if (all === 0) return html`<h2>Accuracy</h2><p>No flake was judged in the last ${DAYS} days.</p>`
  const sure = bands
    .filter(({ band }) => band === 0 || band === 9)
    .reduce((total, band) => total + band.flakes, 0)
  return html`<h2>Accuracy</h2>
<p class="lead">Of ${all} flakes judged in ${DAYS} days, ${percent(sure / all)} were told with more than 90% certainty, and ${percent(sum((band) => band.revised) / all)} got another verdict when more was known.</p>
<p>A verdict is a probability, not a fact. Were each probability right, ${sum((band) => band.expected).toFixed(1)} of these flakes would have been caused by their pull request. Late results and verdicts of others change a verdict for seven days; each change is kept, and shown on the flake’s page.</p>
${heldUp(await readAttributionRecords(db, scope, lastDays(view, DAYS)))}
<h3>How sure they were</h3>
${table(
  'By how likely the pull request caused the flake',
  ['Chance that it did', 'Flakes', 'Counted towards the SLA', 'Verdict changed since'],
  bands.map((band) => [
    `${band.band * 10}% to ${band.band * 10 + 10}%`,
    band.flakes,
    band.counted,
    band.revised,
  ]),
)}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/accuracy.csv`, 'How sure they were')} ${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/attributions.csv`, 'How they held up')}`
}

const SAID: Record<AttributionRecord['attribution'], string> = {
  caused_by_pr: 'Caused by the pull request',
  not_caused_by_pr: 'Not caused by it',
  undetermined: 'Undetermined',
}

/** Our own errors, as far as anybody can know them: what people said, and what happened next. */
function heldUp(records: readonly AttributionRecord[]): Html {
  const wrong = records.reduce((sum, one) => sum + contradicted(one), 0)
  const sure = records.filter((one) => one.attribution !== 'undetermined')
  const all = sure.reduce((sum, one) => sum + one.flakes, 0)
  return html`<h3>How the verdicts held up</h3>
<p>${all === 0 ? html`No verdict was definite yet.` : html`Of ${all} definite verdicts, ${wrong} (${percent(wrong / all)}) were contradicted by a person’s correction.`} Nobody can check the others for sure; the week after is a hint. When a flake was the job’s, others go on flaking; when it was the pull request’s, its own next heads do and nobody else’s.</p>
${table(
  'What the model said, and what came after',
  [
    'Verdict',
    'Flakes',
    'People: its fault',
    'People: not its fault',
    'Then only itself flaked',
    'Then only others flaked',
    'Changed before',
    'Turned round',
  ],
  records.map((one) => [
    SAID[one.attribution],
    one.flakes,
    one.corrected_mine,
    one.corrected_not_mine,
    one.later_only_own,
    one.later_only_others,
    one.changed,
    one.reversed,
  ]),
)}`
}

function contradicted({ attribution, corrected_mine, corrected_not_mine }: AttributionRecord): number {
  if (attribution === 'undetermined') return 0
  return attribution === 'caused_by_pr' ? corrected_not_mine : corrected_mine
}
