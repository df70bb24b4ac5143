/** Incidents: times when a job failed on many pull requests because something else was broken. */

import { readChangePoints } from '../../db/change-points.ts'
import { type IncidentRow, readIncidents } from '../../db/incidents.ts'
import type { Row } from '../../db/schema.ts'
import { DAY_MS } from '../../domain/time.ts'
import { count, percent } from '../../texts/figures.ts'
import { durationWords, weekdayWords } from '../dates.ts'
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
import { lastDays, type RepositoryView } from '../view.ts'

const DAYS = 180
const MAX_NAMED = 5

/** The body of `/{owner}/{repo}/incidents`. */
export async function incidentsPage({ db }: Pick<DashboardDeps, 'db'>, view: RepositoryView): Promise<Html> {
  const { repository, scope, now } = view
  const incidents = await readIncidents(db, scope, lastDays(view, DAYS))
  const intro = html`<h2>Incidents</h2>
<p>An incident is a time when a job failed on several pull requests in a row, or on the default branch, and then passed everywhere: something else was broken. Its flakes count as not caused by the pull request, and together as one piece of evidence about other flakes.</p>`
  const changes = await changesSection({ db }, repository, now)
  if (incidents.length === 0) return html`${intro}<p>None in the last ${DAYS} days.</p>${changes}`
  return html`${intro}${table(
    `Incidents in the last ${DAYS} days, newest first`,
    ['From', 'Duration', 'Flakes', 'Failure rate', 'Jobs', 'Affected pull requests'],
    incidents.map((incident) => row(repository.full_name, incident)),
  )}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/incidents.csv`, 'Incidents')}${changes}`
}

/** Jobs whose flake rate rose or fell, with the pull requests merged just before. */
async function changesSection(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository_id, full_name }: Row<'repository'>,
  now: number,
): Promise<Html> {
  const since = new Date(now - DAYS * DAY_MS).toISOString().slice(0, 10)
  const changes = await readChangePoints(db, repository_id, since)
  if (changes.length === 0) return html``
  return html`<h3>Jobs whose flake rate changed</h3>${table(
    'Newest first, with the most likely day. One of the pull requests merged then may have caused or fixed it.',
    ['Around', 'Job', 'Flake rate before', 'Flake rate after', 'Merged that day or the day before'],
    changes.map((change) => [
      weekdayWords(change.changed_on),
      jobLink(full_name, change.job_id, change.job),
      percent(change.before_flaky / change.before_verdicts),
      percent(change.after_flaky / change.after_verdicts),
      pullRequests(full_name, change.merged),
    ]),
  )}${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/changes.csv`, 'Flake rate changes')}`
}

function row(fullName: string, incident: IncidentRow): unknown[] {
  const { jobs, pull_requests: hit } = incident
  return [
    instant(incident.from_at),
    durationWords(Date.parse(incident.to_at) - Date.parse(incident.from_at)),
    incident.flakes,
    `${percent(incident.rate)} of results${incident.on_trunk ? ', also on the default branch' : ''}`,
    html`${jobs.slice(0, MAX_NAMED).map((job, i) => html`${i > 0 ? ', ' : ''}${name(job)}`)}${more(jobs.length, 'job')}`,
    pullRequests(fullName, hit),
  ]
}

function pullRequests(fullName: string, numbers: readonly number[]): Html {
  if (numbers.length === 0) return html`none recorded`
  return html`${numbers.slice(0, MAX_NAMED).map((number, i) => html`${i > 0 ? ', ' : ''}${pullRequestLink(fullName, number)}`)}${more(numbers.length, 'pull request')}`
}

function more(of: number, thing: string): string {
  return of > MAX_NAMED ? ` and ${count(of - MAX_NAMED, `more ${thing}`)}` : ''
}
