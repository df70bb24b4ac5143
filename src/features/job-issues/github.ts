/** Closes and opens an issue about a single job: each time with a word why, which is written once. */
import type { Octokit, RepositoryPath } from '../../github/client.ts'
import { writeComment } from '../../github/comments.ts'

/** Moves the issue; one that is there already is told of no second time. */
export async function moveIssue(
  octokit: Octokit,
  at: RepositoryPath,
  issue_number: number,
  move: { to: 'open' | 'closed'; why: string; marker: string; login: string; since: string },
): Promise<void> {
  const { to: state, why: body, marker, login, since } = move
  await writeComment(octokit, { ...at, issue_number }, { body, marker, login, since })
  const state_reason = state === 'closed' ? 'completed' : 'reopened'
  await octokit.rest.issues.update({ ...at, issue_number, state, state_reason })
}
