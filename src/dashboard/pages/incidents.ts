/** Incidents: flakes that many pull requests met at one time, because something else was broken. */
import { type IncidentRow, readIncidents } from '../../db/dashboard-history.ts'
import { count } from '../../texts/figures.ts'
import { durationWords } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, instant, name, pullRequestLink, repositoryPath, table } from '../html.ts'
import type { RepositoryScope } from '../scope.ts'

const DAYS = 180
const DAY = 86_400_000
const MOST_NAMED = 5

/** The body of `/{owner}/{repo}/incidents`. */
export async function incidentsPage(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, flakes, now }: RepositoryScope,
): Promise<Html> {
  const incidents = await readIncidents(db, flakes, { from: now - DAYS * DAY, to: now + 1 })
  const intro = html`<h2>Incidents</h2>
<p>When a job fails on several pull requests in a row, or on the default branch, and passes everywhere after, something else was broken. Such flakes count as not caused by the pull request, and once as evidence for others.</p>`
  if (incidents.length === 0) return html`${intro}<p>None in the last ${DAYS} days.</p>`
  return html`${intro}${table(
    `The last ${DAYS} days, newest first`,
    ['From', 'Lasted', 'Flakes', 'Jobs', 'Pull requests'],
    incidents.map((one) => row(repository.full_name, one)),
  )}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/incidents.csv`, 'Incidents')}`
}

function row(fullName: string, one: IncidentRow): unknown[] {
  const { jobs, pull_requests: hit } = one
  return [
    instant(one.from_at),
    durationWords(Date.parse(one.to_at) - Date.parse(one.from_at)),
    one.flakes,
    html`${jobs.slice(0, MOST_NAMED).map((job, i) => html`${i > 0 ? ', ' : ''}${name(job)}`)}${more(jobs.length, 'job')}`,
    html`${hit.slice(0, MOST_NAMED).map((number, i) => html`${i > 0 ? ', ' : ''}${pullRequestLink(fullName, number)}`)}${more(hit.length, 'pull request')}`,
  ]
}

function more(of: number, thing: string): string {
  return of > MOST_NAMED ? ` and ${count(of - MOST_NAMED, `more ${thing}`)}` : ''
}
