/** Who looks after a job, and where its flakes are tracked: what the jobs' table and page show beside the figures. */
import { readOpenJobIssues } from '../db/job-issues.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Settings } from '../domain/settings.ts'
import type { DashboardDeps } from './deps.ts'
import { type Html, html, name, outward } from './html.ts'
import type { RepositoryView } from './view.ts'

export interface TrackingIssue {
  number: number
  url: string
}

/** Logins and teams that the settings name for a job; the first entry that fits decides. CODEOWNERS is asked only when an issue is filed. */
export function ownersOf({ owners }: Pick<Settings, 'owners'>, job: string): string[] {
  return owners.find((one) => matchesGlob(job, one.job))?.owners ?? []
}

/**
 * The open issue of each job that has one. An issue filed in another repository is left out: that may be one that the
 * reader must not know of.
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

/** Owners with links to GitHub; a dash where nobody is named. A team `org/team` has a page of its own. */
export function ownerLinks(githubUrl: string, owners: readonly string[]): Html {
  if (owners.length === 0) return html`–`
  return html`${owners.map((owner, i) => {
    const [org = '', team] = owner.split('/')
    const path =
      team === undefined
        ? `/${encodeURIComponent(org)}`
        : `/orgs/${encodeURIComponent(org)}/teams/${encodeURIComponent(team)}`
    return html`${i > 0 ? ', ' : ''}${outward(`${githubUrl}${path}`, name(owner))}`
  })}`
}

/** The issue with its number; a dash where there is none. */
export function issueLink(issue: TrackingIssue | undefined): Html {
  return issue ? outward(issue.url, `#${issue.number}`) : html`–`
}
