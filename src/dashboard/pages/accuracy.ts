/** How far to trust the verdicts: how sure they were, how many changed, and what that does to the rate. */
import { readVerdictBands, type VerdictBand } from '../../db/dashboard-history.ts'
import { percent } from '../../texts/figures.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, repositoryPath, table } from '../html.ts'
import type { RepositoryScope } from '../scope.ts'

const DAYS = 180
const DAY = 86_400_000

/** The body of `/{owner}/{repo}/accuracy`. */
export async function accuracyPage(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, flakes, now }: RepositoryScope,
): Promise<Html> {
  const bands = await readVerdictBands(db, flakes, { from: now - DAYS * DAY, to: now + 1 })
  const sum = (of: (band: VerdictBand) => number) => bands.reduce((total, band) => total + of(band), 0)
  const all = sum((band) => band.flakes)
  if (all === 0) return html`<h2>Accuracy</h2><p>No flake was judged in the last ${DAYS} days.</p>`
  const sure = bands
    .filter(({ band }) => band === 0 || band === 9)
    .reduce((total, band) => total + band.flakes, 0)
  return html`<h2>Accuracy</h2>
<p class="lead">Of ${all} flakes judged in ${DAYS} days, ${percent(sure / all)} were told with more than 90% certainty, and ${percent(sum((band) => band.revised) / all)} got another verdict when more was known.</p>
<p>A verdict is a probability, not a fact. Were each probability right, ${sum((band) => band.expected).toFixed(1)} of these flakes would have been caused by their pull request. Late results and verdicts of others change a verdict for seven days; each change is kept, and shown on the flake’s page.</p>
${table(
  'By how likely the pull request caused the flake',
  ['Chance that it did', 'Flakes', 'Counted towards the SLA', 'Verdict changed since'],
  bands.map((band) => [
    `${band.band * 10}% to ${band.band * 10 + 10}%`,
    band.flakes,
    band.counted,
    band.revised,
  ]),
)}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/accuracy.csv`, 'The table')}`
}
