/** Comments on pull requests: each carries a marker, is looked for before it is written, and so is written once. */
import type { Octokit, RepositoryPath } from './client.ts'

/** The hidden line that identifies what a comment or issue is about. */
export function marker(key: string): string {
  // Two hyphens would end an HTML comment.
  return `<!-- flake-sla:${key.replaceAll('--', '- -').replaceAll('>', '')} -->`
}

/** Our comment with that marker on a pull request, if it was written after `since` (RFC 3339). */
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
      // Anybody can quote a marker, so the author counts as well.
      if (comment.user?.login === own.login && comment.body?.includes(own.marker)) return comment
    }
  }
  return null
}

/** Writes the comment unless it is there. @returns its address */
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
 * Keeps one comment with a marker up to date: written once, edited only when it says something else.
 * @param comment.known where it is, once it was written: a list can be older than the comment
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
  // That it is gone is believed when it cannot be written: an answer to that is never of yesterday.
  const edited = id === null ? null : await editComment(octokit, on, id, body)
  if (edited) return { url: edited, written: true }
  const { data } = await octokit.rest.issues.createComment({ ...on, body })
  return { url: data.html_url, written: true }
}

/** @returns the comment's address, or null where it is gone */
async function editComment(octokit: Octokit, { owner, repo }: RepositoryPath, id: number, body: string) {
  const answer = await unlessGone(octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body }))
  return answer?.data.html_url ?? null
}

/** The comment at an address; null where that is none, or it is gone. */
async function readComment(octokit: Octokit, { owner, repo }: RepositoryPath, url: string | null) {
  const id = commentIdOf(url)
  if (id === null) return null
  const answer = await unlessGone(octokit.rest.issues.getComment({ owner, repo, comment_id: id }))
  return answer?.data ?? null
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: { status?: number }) => {
    if (error.status === 404) return null
    throw error
  })
}

/** The number of the comment that an address leads to. */
function commentIdOf(url: string | null | undefined): number | null {
  const id = /#issuecomment-(\d+)$/.exec(url ?? '')?.[1]
  return id === undefined ? null : Number(id)
}

/**
 * Answers a command at once with 👀; a second time changes nothing at GitHub.
 * Only on comments of the conversation: elsewhere it would take a permission that is asked for nothing else.
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

/** Folds a comment away as outdated, which only GraphQL can. A comment that is gone is folded away enough. */
export async function minimizeComment(octokit: Octokit, at: RepositoryPath, url: string): Promise<void> {
  const comment = await readComment(octokit, at, url)
  if (comment) await octokit.graphql(MINIMIZE, { subjectId: comment.node_id })
}
