/** The app's own issues: searched for by their marker before they are opened, and never closed again after a person reopened them. */
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
  /** GitHub's `state_reason`; `reopened` means that a person wants the issue open. */
  reason: string | null
  locked: boolean
  closedBy: string | null
  closedAt: string | null
}

/** The app's own issue with a marker, open or closed, updated at or after `since` (RFC 3339); null when there is none. */
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

/** Opens the issue unless one with its marker exists, open or closed. @returns the issue, and whether it is new */
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
    // GitHub rejects the whole issue when one person cannot be assigned. Without assignees it is still useful.
    if (error.status === 422 && issue.assignees.length > 0) return create([])
    throw error
  })
  return { number: data.number, html_url: data.html_url, isNew: true }
}

/** The current state of an issue; null when it was deleted or moved. */
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

/** Updates an issue when its text changed. @returns whether anything was written */
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

/** Closes an open issue with a comment that says why, unless a person has reopened or locked it. @returns whether it is closed now */
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

/** The repository and number in an issue's address; null when it is not one. */
export function issueAt(url: string): (RepositoryPath & { number: number }) | null {
  const match = /\/([^/]+)\/([^/]+)\/issues\/(\d+)$/.exec(url)
  const [, owner, repo, number] = match ?? []
  return owner && repo && number ? { owner, repo, number: Number(number) } : null
}
