/** The owners of a job and its tracking issue. */
import { readOpenJobIssues } from '../db/job-issues.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Settings } from '../domain/settings.ts'
import type { DashboardDeps } from './deps.ts'
import { externalLink, type Html, html, name } from './html.ts'
import type { RepositoryView } from './view.ts'

export interface TrackingIssue {
  number: number
  url: string
}

/** The owners (logins and teams) of a job in the settings: the first matching entry. CODEOWNERS is read only when an issue is filed. */
export function ownersOf({ owners }: Pick<Settings, 'owners'>, job: string): string[] {
  return owners.find((entry) => matchesGlob(job, entry.job))?.owners ?? []
}

/**
 * The open issue of each job that has one. An issue in another repository is left out: the reader may not have access
 * to it.
 */
export async function trackingIssues(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository }: Pick<RepositoryView, 'repository'>,
): Promise<Map<number, TrackingIssue>> {
  const all = await readOpenJobIssues(db, repository.repository_id)
  const isOwn = (fullName: string) => fullName.toLowerCase() === repository.full_name.toLowerCase()
  return new Map(
    [...all].flatMap(([jobId, { full_name, issue, url }]) =>
      isOwn(full_name) ? [[jobId, { number: issue, url }]] : [],
    ),
  )
}

/** Owners (`login` or `org/team`) with links to GitHub; a dash if there are none. */
export function ownerLinks(githubUrl: string, owners: readonly string[]): Html {
  if (owners.length === 0) return html`–`
  return html`${owners.map((owner, i) => {
    const [org = '', team] = owner.split('/')
    const path =
      team === undefined
        ? `/${encodeURIComponent(org)}`
        : `/orgs/${encodeURIComponent(org)}/teams/${encodeURIComponent(team)}`
    return html`${i > 0 ? ', ' : ''}${externalLink(`${githubUrl}${path}`, name(owner))}`
  })}`
}

/** A link to the issue; a dash if there is none. */
export function issueLink(issue: TrackingIssue | undefined): Html {
  return issue ? externalLink(issue.url, `#${issue.number}`) : html`–`
}
