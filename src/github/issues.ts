/** Issues that this app keeps: found by their marker before they are opened, and closed only while nobody wants them open. */
import type { Octokit, RepositoryPath } from './client.ts'
import { writeComment } from './comments.ts'

export interface IssueText {
  title: string
  body: string
  labels: string[]
  assignees: string[]
}

export interface FoundIssue {
  number: number
  html_url: string
  state: string
  title: string
  body: string
  /** GitHub's `state_reason`: a reopened issue is one that somebody wants open. */
  reason: string | null
  locked: boolean
  closedBy: string | null
  closedAt: string | null
}

/** Our own issue with that marker, changed since a time (RFC 3339), whatever its state. */
export async function findIssue(
  octokit: Octokit,
  at: RepositoryPath,
  own: { login: string; marker: string; since: string },
): Promise<{ number: number; html_url: string } | null> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
    ...at,
    creator: own.login,
    state: 'all',
    since: own.since,
    per_page: 100,
  })
  for await (const { data } of pages) {
    for (const issue of data) if (!issue.pull_request && issue.body?.includes(own.marker)) return issue
  }
  return null
}

/** Opens the issue unless one with its marker exists, whatever its state. @returns it, and whether it is new */
export async function openIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: IssueText & { marker: string; login: string; since: string },
): Promise<{ number: number; html_url: string; isNew: boolean }> {
  const found = await findIssue(octokit, at, issue)
  if (found) return { number: found.number, html_url: found.html_url, isNew: false }
  const { title, labels } = issue
  const text = { ...at, title, body: `${issue.body}\n\n${issue.marker}`, labels }
  const create = (assignees: string[]) => octokit.rest.issues.create({ ...text, assignees })
  const { data } = await create(issue.assignees).catch((error: { status?: number }) => {
    // Somebody who cannot be assigned here any more is no reason to say nothing.
    if (error.status === 422 && issue.assignees.length > 0) return create([])
    throw error
  })
  return { number: data.number, html_url: data.html_url, isNew: true }
}

/** An issue of ours as it is now; null where it was deleted or moved. */
export async function readIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue_number: number,
): Promise<FoundIssue | null> {
  try {
    const { data } = await octokit.rest.issues.get({ ...at, issue_number })
    const { number, html_url, state, title, locked } = data
    return {
      number,
      html_url,
      state,
      title,
      body: data.body ?? '',
      reason: data.state_reason ?? null,
      locked,
      closedBy: data.closed_by?.login ?? null,
      closedAt: data.closed_at,
    }
  } catch (error) {
    const { status } = error as { status?: number }
    if (status === 404 || status === 410 || status === 301) return null
    throw error
  }
}

/** Writes an issue's text anew where it says something else. @returns whether anything was written */
export async function updateIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: FoundIssue,
  text: { title: string; body: string; state?: 'open' },
): Promise<boolean> {
  if (issue.title === text.title && issue.body === text.body && !text.state) return false
  await octokit.rest.issues.update({ ...at, issue_number: issue.number, ...text })
  return true
}

/** Closes an open issue with a word why, once; not one that somebody has reopened or locked. @returns whether it is closed now */
export async function closeIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: FoundIssue,
  why: { body: string; marker: string; login: string; since: string },
): Promise<boolean> {
  if (issue.state !== 'open' || issue.reason === 'reopened' || issue.locked) return false
  await writeComment(octokit, { ...at, issue_number: issue.number }, why)
  await octokit.rest.issues.update({
    ...at,
    issue_number: issue.number,
    state: 'closed',
    state_reason: 'completed',
  })
  return true
}

/** The number at the end of an issue's address, and the repository in it. */
export function issueAt(url: string): (RepositoryPath & { number: number }) | null {
  const match = /\/([^/]+)\/([^/]+)\/issues\/(\d+)$/.exec(url)
  const [, owner, repo, number] = match ?? []
  return owner && repo && number ? { owner, repo, number: Number(number) } : null
}
