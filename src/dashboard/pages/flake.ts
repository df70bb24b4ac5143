/** One flake: its runs, its attribution with the evidence, and how the attribution changed. */

import type { ListedFlake } from '../../db/flakes.ts'
import type { Row } from '../../db/schema.ts'
import { countedIn, isFlakeInScope, type Scope } from '../../db/scope.ts'
import { count } from '../../texts/figures.ts'
import type { DashboardDeps } from '../deps.ts'
import {
  csvLink,
  type Html,
  html,
  instant,
  jobLink,
  name,
  pullRequestLink,
  repositoryPath,
  table,
} from '../html.ts'
import { readFlake, readRevisions, readRunsAt } from '../queries/flake.ts'
import type { RepositoryView } from '../view.ts'
import { causedWords } from '../wording.ts'
import { arithmetic, type StoredEvidence } from './arithmetic.ts'
import { RUN_HEAD, runCells } from './runs.ts'

/** The body of `/{owner}/{repo}/flakes/{sha}/{jobId}`; null if there is no such flake. */
export async function flakePage(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, scope }: RepositoryView,
  headSha: string,
  jobId: number,
): Promise<Html | null> {
  const key = { repositoryId: repository.repository_id, headSha, jobId }
  const flake = await readFlake(db, key)
  if (!flake) return null
  const runs = await readRunsAt(db, key)
  const revisions = await readRevisions(db, key)
  const { full_name } = repository
  const api = `/api/v1/repositories${repositoryPath(full_name)}/flakes/${headSha}/${jobId}`
  return html`<h2>${jobLink(full_name, jobId, flake.name)} flaked on ${pullRequestLink(full_name, flake.number)}</h2>
${summary(flake, scope)}
<h3>Runs at <code>${headSha.slice(0, 10)}</code></h3>
${table('Runs of the job at this commit, oldest first', RUN_HEAD, runs.map(runCells))}${csvLink(`${api}/runs.csv`, 'Runs')}
<h3>Evidence</h3>
${arithmetic(full_name, flake.evidence as StoredEvidence | null, flake.probability)}
${revisions.length > 0 ? html`${history(revisions)}${csvLink(`${api}/history.csv`, 'Attribution history')}` : ''}`
}

function summary(flake: ListedFlake, scope: Scope): Html {
  const order =
    flake.pass_order === 'pass_after_fail'
      ? 'It failed first and passed later'
      : 'It passed first and failed later'
  const grade =
    flake.grade === 'strong'
      ? 'A failing and a passing run definitely tested the same code (strong flake).'
      : 'The base moved between the runs, or is unknown (weak flake).'
  return html`<p class="lead">Caused by this pull request? <strong>${causedWords(flake.attribution, flake.probability)}</strong>. ${countsWords(flake, scope)}</p>
${flake.correction === null ? '' : html`<p class="note">${name(flake.correction.by)} corrected this on ${instant(flake.correction.at)}: ${flake.correction.says === 'mine' ? '' : 'not '}caused by the pull request. Reason: ${name(flake.correction.why)}</p>`}
${flake.incident === null ? '' : html`<p class="note">Part of an incident that started at ${name(flake.incident.split(' ')[0] ?? '')}: the job failed then on unrelated pull requests too.</p>`}
<p>${order} (${count(flake.runs, 'run')}). ${grade} ${flake.retested ? html`A retest was requested in between${flake.retested_by_bot ? ', by a bot' : ''}.` : 'No retest was requested in between.'}</p>
<p>First failed ${instant(flake.first_failed_at)}, flaked ${instant(flake.flaked_at)}.${flake.title ? html` Pull request: ${name(flake.title)}.` : ''}</p>`
}

/** Whether the flake counts towards the SLA; if it is out of scope, why. */
function countsWords(flake: ListedFlake, scope: Scope): string {
  if (countedIn(scope, flake) !== false) return 'It counts towards the SLA.'
  if (isFlakeInScope(scope, flake)) return 'It does not count towards the SLA.'
  return isFlakeInScope({ ...scope, strongOnly: [] }, flake)
    ? 'It does not count towards the SLA: the settings count only flakes on the same base.'
    : 'It does not count towards the SLA: the job was not required.'
}

function history(revisions: readonly Row<'flake_revision'>[]): Html {
  return html`<h3>Attribution history</h3>${table(
    'Oldest first',
    ['When', 'From', 'To', 'Why'],
    revisions.map((revision) => [
      instant(revision.revised_at),
      causedWords(revision.old, revision.old_probability),
      causedWords(revision.new, revision.new_probability),
      name(revision.why),
    ]),
  )}`
}
