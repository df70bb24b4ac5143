/** Breach issues on GitHub: found by their marker, opened once, the older ones closed with a link. */
import type { Octokit, RepositoryPath } from './client.ts'

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
  body: string
}

const ABOUT_A_BREACH = '<!-- flake-sla:breach:'

/** Our newest issues about breaches, open and closed. */
export async function findBreachIssues(
  octokit: Octokit,
  at: RepositoryPath,
  login: string,
): Promise<FoundIssue[]> {
  const { data } = await octokit.rest.issues.listForRepo({
    ...at,
    creator: login,
    state: 'all',
    sort: 'created',
    direction: 'desc',
    per_page: 100,
  })
  return data
    .filter((issue) => !issue.pull_request && issue.body?.includes(ABOUT_A_BREACH))
    .map(({ number, html_url, state, body }) => ({ number, html_url, state, body: body ?? '' }))
}

/** Opens the issue unless one with its marker exists, whatever its state. @returns it, and whether it is new */
export async function openIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue: IssueText & { marker: string; login: string },
): Promise<{ number: number; html_url: string; isNew: boolean; others: FoundIssue[] }> {
  const known = await findBreachIssues(octokit, at, issue.login)
  const others = known.filter((one) => !one.body.includes(issue.marker) && one.state === 'open')
  const found = known.find((one) => one.body.includes(issue.marker))
  if (found) return { ...found, isNew: false, others }
  const { title, labels, assignees } = issue
  const { data } = await octokit.rest.issues.create({
    ...at,
    title,
    body: `${issue.body}\n\n${issue.marker}`,
    labels,
    assignees,
  })
  return { number: data.number, html_url: data.html_url, isNew: true, others }
}

/** Closes an issue with a word why. */
export async function closeIssue(
  octokit: Octokit,
  at: RepositoryPath,
  number: number,
  why: string,
): Promise<void> {
  await octokit.rest.issues.createComment({ ...at, issue_number: number, body: why })
  await octokit.rest.issues.update({
    ...at,
    issue_number: number,
    state: 'closed',
    state_reason: 'completed',
  })
}
