/** Incidents: flakes that many pull requests met at one time, because something else was broken. */

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
<p>When a job fails on several pull requests in a row, or on the default branch, and passes everywhere after, something else was broken. Such flakes count as not caused by the pull request, and once as evidence for others.</p>`
  const changes = await changesSection({ db }, repository, now)
  if (incidents.length === 0) return html`${intro}<p>None in the last ${DAYS} days.</p>${changes}`
  return html`${intro}${table(
    `The last ${DAYS} days, newest first`,
    ['From', 'Lasted', 'Flakes', 'Failed', 'Jobs', 'Pull requests'],
    incidents.map((one) => row(repository.full_name, one)),
  )}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/incidents.csv`, 'Incidents')}${changes}`
}

/** Jobs whose flake rate rose or fell, with what was merged just before. */
async function changesSection(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository_id, full_name }: Row<'repository'>,
  now: number,
): Promise<Html> {
  const since = new Date(now - DAYS * DAY_MS).toISOString().slice(0, 10)
  const changes = await readChangePoints(db, repository_id, since)
  if (changes.length === 0) return html``
  return html`<h3>Jobs whose flake rate changed</h3>${table(
    'The likely day, newest first; one of the pull requests merged then may have brought or mended it',
    ['Around', 'Job', 'Before', 'After', 'Merged on that day or the day before'],
    changes.map((one) => [
      weekdayWords(one.changed_on),
      jobLink(full_name, one.job_id, one.job),
      percent(one.before_flaky / one.before_verdicts),
      percent(one.after_flaky / one.after_verdicts),
      pullRequests(full_name, one.merged),
    ]),
  )}${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/changes.csv`, 'Changes')}`
}

function row(fullName: string, one: IncidentRow): unknown[] {
  const { jobs, pull_requests: hit } = one
  return [
    instant(one.from_at),
    durationWords(Date.parse(one.to_at) - Date.parse(one.from_at)),
    one.flakes,
    `${percent(one.rate)} of results${one.on_trunk ? ', trunk too' : ''}`,
    html`${jobs.slice(0, MAX_NAMED).map((job, i) => html`${i > 0 ? ', ' : ''}${name(job)}`)}${more(jobs.length, 'job')}`,
    pullRequests(fullName, hit),
  ]
}

function pullRequests(fullName: string, numbers: readonly number[]): Html {
  if (numbers.length === 0) return html`none told of`
  return html`${numbers.slice(0, MAX_NAMED).map((number, i) => html`${i > 0 ? ', ' : ''}${pullRequestLink(fullName, number)}`)}${more(numbers.length, 'pull request')}`
}

function more(of: number, thing: string): string {
  return of > MAX_NAMED ? ` and ${count(of - MAX_NAMED, `more ${thing}`)}` : ''
}
