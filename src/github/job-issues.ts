/** Issues about single jobs at GitHub: found by their marker, and left alone where a person has decided. */
import type { Octokit, RepositoryPath } from './client.ts'
import { writeComment } from './comments.ts'

export interface KeptIssue {
  number: number
  html_url: string
  isOpen: boolean
  locked: boolean
  title: string
  body: string
  /** `completed`, `not_planned`, `reopened` or null, as GitHub says. */
  reason: string | null
  closedAt: string | null
}

interface Told {
  number: number
  html_url: string
  state: string
  locked: boolean
  title: string
  body?: string | null
  state_reason?: string | null
  closed_at: string | null
}

/** An issue as it is now; null where it was deleted or moved away. */
export async function readKeptIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue_number: number,
): Promise<KeptIssue | null> {
  try {
    const { data } = await octokit.rest.issues.get({ ...at, issue_number })
    return keptIssue(data)
  } catch (error) {
    const { status } = error as { status?: number }
    if (status === 404 || status === 410 || status === 301) return null
    throw error
  }
}

/** Opens the issue unless one of ours carries its marker, whatever its state. */
export async function openKeptIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: { login: string; marker: string; title: string; body: string; labels: string[] },
): Promise<KeptIssue> {
  const { login, marker, title, labels } = issue
  const pages = octokit.paginate.iterator(octokit.rest.issues.listForRepo, {
    ...at,
    creator: login,
    state: 'all',
    per_page: 100,
  })
  for await (const { data } of pages) {
    for (const one of data) if (!one.pull_request && one.body?.includes(marker)) return keptIssue(one)
  }
  const body = `${issue.body}\n\n${marker}`
  const { data } = await octokit.rest.issues.create({ ...at, title, body, labels })
  return keptIssue(data)
}

/** Writes the text anew where it says something else. @returns whether it was written */
export async function rewriteIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: KeptIssue,
  text: { title: string; body: string },
): Promise<boolean> {
  if (issue.locked || (issue.title === text.title && issue.body === text.body)) return false
  await octokit.rest.issues.update({ ...at, issue_number: issue.number, ...text })
  return true
}

/** Closes or opens an issue with a word why, which is written once. */
export async function moveIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: KeptIssue,
  move: { to: 'open' | 'closed'; why: string; marker: string; login: string; since: string },
): Promise<void> {
  const { to: state, why: body, marker, login, since } = move
  await writeComment(octokit, { ...at, issue_number: issue.number }, { body, marker, login, since })
  const state_reason = state === 'closed' ? 'completed' : 'reopened'
  await octokit.rest.issues.update({ ...at, issue_number: issue.number, state, state_reason })
}

function keptIssue(told: Told): KeptIssue {
  const { number, html_url, state, locked, title, body, state_reason, closed_at } = told
  return {
    number,
    html_url,
    isOpen: state === 'open',
    locked,
    title,
    body: body ?? '',
    reason: state_reason ?? null,
    closedAt: closed_at,
  }
}
