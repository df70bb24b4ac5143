/** One flake: what ran, why we think whose fault it was, and how that verdict changed. */

import type { ListedFlake } from '../../db/flakes.ts'
import type { Row } from '../../db/schema.ts'
import { countedIn, isFlakeInScope, type Scope } from '../../db/scope.ts'
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
import { faultWords } from '../wording.ts'
import { arithmetic, type StoredEvidence } from './arithmetic.ts'
import { RUN_HEAD, runCells } from './runs.ts'

/** The body of `/{owner}/{repo}/flakes/{sha}/{jobId}`; null where there is no such flake. */
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
<h3>What ran at <code>${headSha.slice(0, 10)}</code></h3>
${table('Runs of the job at this commit, oldest first', RUN_HEAD, runs.map(runCells))}${csvLink(`${api}/runs.csv`, 'Runs')}
<h3>Why we think so</h3>
${arithmetic(full_name, flake.evidence as StoredEvidence | null, flake.probability)}
${revisions.length > 0 ? html`${history(revisions)}${csvLink(`${api}/history.csv`, 'How it changed')}` : ''}`
}

function summary(flake: ListedFlake, scope: Scope): Html {
  const order =
    flake.pass_order === 'pass_after_fail'
      ? 'It failed first and passed later'
      : 'It passed first and failed later'
  const grade =
    flake.grade === 'strong'
      ? 'A failing and a passing run surely tested the same code (a strong flake).'
      : 'The base moved between the runs, or is not known (a weak flake).'
  return html`<p class="lead">The pull request’s fault? <strong>${faultWords(flake.attribution, flake.probability)}</strong>. ${countsWords(flake, scope)}</p>
${flake.correction === null ? '' : html`<p class="note">${name(flake.correction.by)} said on ${instant(flake.correction.at)} that it was ${flake.correction.says === 'mine' ? '' : 'not '}the pull request’s fault: ${name(flake.correction.why)}</p>`}
${flake.incident === null ? '' : html`<p class="note">Part of an incident that began at ${name(flake.incident.split(' ')[0] ?? '')}: runs failed then whatever they tested.</p>`}
<p>${order}, ${flake.runs} runs in all. ${grade} ${flake.retested ? html`A retest was asked for in between${flake.retested_by_bot ? ', by a bot' : ''}.` : 'Nobody asked for a retest in between.'}</p>
<p>First failed ${instant(flake.first_failed_at)}, flaked ${instant(flake.flaked_at)}.${flake.title ? html` The pull request: ${name(flake.title)}.` : ''}</p>`
}

/** Whether the flake counts towards the SLA, and what else than its attribution keeps it out. */
function countsWords(flake: ListedFlake, scope: Scope): string {
  if (countedIn(scope, flake) !== false) return 'It counts towards the SLA.'
  if (isFlakeInScope(scope, flake)) return 'It does not count towards the SLA.'
  return isFlakeInScope({ ...scope, strongOnly: false }, flake)
    ? 'It does not count towards the SLA: the settings count only flakes on the same base.'
    : 'It does not count towards the SLA: the job was not required.'
}

function history(revisions: readonly Row<'flake_revision'>[]): Html {
  return html`<h3>How the verdict changed</h3>${table(
    'Oldest first',
    ['When', 'From', 'To', 'Why'],
    revisions.map((one) => [
      instant(one.revised_at),
      faultWords(one.old, one.old_probability),
      faultWords(one.new, one.new_probability),
      name(one.why),
    ]),
  )}`
}
