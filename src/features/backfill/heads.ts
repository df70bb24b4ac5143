/** The check runs and statuses of commits. */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import type { Facts } from '../../domain/facts.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

/** A commit with results was a head. */
function eventIf(hasResults: boolean, { event }: Look): Facts[] {
  return hasResults && event ? [{ pull_request_event: [event] }] : []
}

/** One page of check runs or statuses of a commit. */
export function resultPage(kind: 'checks' | 'statuses', look: Look, page: number): Page {
  const { sha, number } = look
  return newPage(kind, `${sha}:${page}`, { ...look, page }, number === null ? [] : [number])
}

/** Reads the check runs of a commit: all of them, because `latest` hides the attempt that failed. */
export async function readChecks(context: ReadContext, commit: PagePayloads['checks']): Promise<PageResult> {
  const { owner, repo, repository } = context
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
    owner,
    repo,
    ref: commit.sha,
    filter: 'all',
    per_page: PER_PAGE,
    page: commit.page,
  })
  const runs = listOf<{ check_suite?: object | null }>(data, 'check_runs')
  const next = nextPage(headers, commit.page, runs.length)
  return {
    facts: eventIf(runs.length > 0, commit).concat(
      runs.flatMap((run) => {
        // The list names no branch. The branch of a pull request's head is not needed.
        const check_suite = run.check_suite && {
          ...run.check_suite,
          head_branch: commit.trunk ? (commit.queue ?? repository.default_branch) : null,
        }
        // `pull_requests` lists those that have this head now, not those that the run tested, and none from forks.
        return factsOf(context, 'check_run', { check_run: { ...run, check_suite, pull_requests: [] } })
      }),
    ),
    next: next !== null ? [resultPage('checks', commit, next)] : [],
    found: [],
  }
}

/** Reads the statuses of a commit with their whole history, newest first; GraphQL only shows the last of each. */
export async function readStatuses(
  context: ReadContext,
  commit: PagePayloads['statuses'],
): Promise<PageResult> {
  const { owner, repo, repository } = context
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/commits/{ref}/statuses', {
    owner,
    repo,
    ref: commit.sha,
    per_page: PER_PAGE,
    page: commit.page,
  })
  const statuses = listOf<object>(data)
  const next = nextPage(headers, commit.page, statuses.length)
  // A commit of a merge queue is not on the default branch yet.
  const isMain = commit.trunk && commit.queue === null
  const branches = isMain ? [{ name: repository.default_branch, commit: { sha: commit.sha } }] : []
  return {
    facts: eventIf(statuses.length > 0, commit).concat(
      statuses.flatMap((status) => factsOf(context, 'status', { ...status, sha: commit.sha, branches })),
    ),
    next: next !== null ? [resultPage('statuses', commit, next)] : [],
    found: [],
  }
}
