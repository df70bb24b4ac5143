/** Writes comments on pull requests. Each has a marker and is searched for first, so it is written only once. */
import type { Octokit, RepositoryPath } from './client.ts'

/** A hidden line that identifies what a comment or issue is about. */
export function marker(key: string): string {
  // Two hyphens would end an HTML comment.
  return `<!-- flake-sla:${key.replaceAll('--', '- -').replaceAll('>', '')} -->`
}

/** The app's own comment with a marker on a pull request, updated at or after `since` (RFC 3339); null when there is none. */
export async function findComment(
  octokit: Octokit,
  on: RepositoryPath & { issue_number: number },
  own: { login: string; marker: string; since: string },
): Promise<{ id: number; html_url: string; node_id: string; body?: string } | null> {
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...on,
    since: own.since,
    per_page: 100,
  })
  for await (const { data } of pages) {
    for (const comment of data) {
      // Anybody can copy a marker, so the author is checked as well.
      if (comment.user?.login === own.login && comment.body?.includes(own.marker)) return comment
    }
  }
  return null
}

/** Writes the comment unless it exists. @returns its address */
export async function writeComment(
  octokit: Octokit,
  on: RepositoryPath & { issue_number: number },
  comment: { login: string; marker: string; since: string; body: string },
): Promise<string> {
  const found = await findComment(octokit, on, comment)
  if (found) return found.html_url
  const { data } = await octokit.rest.issues.createComment({
    ...on,
    body: `${comment.body}\n\n${comment.marker}`,
  })
  return data.html_url
}

/**
 * Keeps one comment with a marker up to date. It is created once and edited only when its text changes.
 * @param comment.known its address, once it was written. GitHub's lists can be older than the comment.
 */
export async function keepComment(
  octokit: Octokit,
  on: RepositoryPath & { issue_number: number },
  comment: { login: string; marker: string; body: string; known: string | null },
): Promise<{ url: string; written: boolean }> {
  const body = `${comment.body}\n\n${comment.marker}`
  const found =
    (await readComment(octokit, on, comment.known)) ??
    (await findComment(octokit, on, { ...comment, since: new Date(0).toISOString() }))
  if (found?.body === body) return { url: found.html_url, written: false }
  const id = found?.id ?? commentIdOf(comment.known)
  // Reads can be out of date. Only the answer to a write is reliable about whether the comment still exists.
  const edited = id === null ? null : await editComment(octokit, on, id, body)
  if (edited) return { url: edited, written: true }
  const { data } = await octokit.rest.issues.createComment({ ...on, body })
  return { url: data.html_url, written: true }
}

/** @returns the comment's address, or null when it was deleted */
async function editComment(octokit: Octokit, { owner, repo }: RepositoryPath, id: number, body: string) {
  const answer = await nullIfNotFound(
    octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body }),
  )
  return answer?.data.html_url ?? null
}

/** The comment at an address; null when the address is not a comment's or the comment was deleted. */
async function readComment(octokit: Octokit, { owner, repo }: RepositoryPath, url: string | null) {
  const id = commentIdOf(url)
  if (id === null) return null
  const answer = await nullIfNotFound(octokit.rest.issues.getComment({ owner, repo, comment_id: id }))
  return answer?.data ?? null
}

async function nullIfNotFound<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: { status?: number }) => {
    if (error.status === 404) return null
    throw error
  })
}

/** The id of the comment at an address. */
function commentIdOf(url: string | null | undefined): number | null {
  const id = /#issuecomment-(\d+)$/.exec(url ?? '')?.[1]
  return id === undefined ? null : Number(id)
}

/**
 * Reacts to a command with 👀. Repeating it changes nothing. Only comments of the conversation get a reaction: reviews would
 * need a further permission.
 */
export async function react(
  octokit: Octokit,
  on: RepositoryPath & { comment_id: number; kind: string },
): Promise<void> {
  const { owner, repo, comment_id } = on
  if (on.kind !== 'issue_comment') return
  await octokit.rest.reactions.createForIssueComment({ owner, repo, comment_id, content: 'eyes' })
}

const MINIMIZE = `mutation ($subjectId: ID!) {
  minimizeComment(input: { subjectId: $subjectId, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`

/** Collapses a comment as outdated, which only GraphQL can do. A deleted comment is ignored. */
export async function minimizeComment(octokit: Octokit, at: RepositoryPath, url: string): Promise<void> {
  const comment = await readComment(octokit, at, url)
  if (comment) await octokit.graphql(MINIMIZE, { subjectId: comment.node_id })
}
