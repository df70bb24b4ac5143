/** The check runs and statuses of commits. */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import type { Facts } from '../../domain/facts.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

/** A commit with results was a head. */
function eventsIf(hasResults: boolean, { events }: Look): Facts[] {
  return hasResults && events.length > 0 ? [{ pull_request_event: events }] : []
}

/** The branches that check suites name, by the id of the suite. */
type SuiteBranches = PagePayloads['checks']['branches']

/** One page of check runs or statuses of a commit. */
export function resultPage(
  kind: 'checks' | 'statuses',
  look: Look,
  page: number,
  branches: SuiteBranches = null,
): Page {
  const { sha, number } = look
  return newPage(kind, `${sha}:${page}`, { ...look, page, branches }, number === null ? [] : [number])
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
  const runs = listOf<{ check_suite?: { id?: number } | null }>(data, 'check_runs')
  const next = nextPage(headers, commit.page, runs.length)
  return {
    facts: eventsIf(runs.length > 0, commit).concat(
      runs.flatMap((run) => {
        const head_branch = branchOf(commit, run.check_suite?.id, repository.default_branch)
        const check_suite = run.check_suite && { ...run.check_suite, head_branch }
        // `pull_requests` lists those that have this head now, not those that the run tested, and none from forks.
        return factsOf(context, 'check_run', { check_run: { ...run, check_suite, pull_requests: [] } })
      }),
    ),
    next: next !== null ? [resultPage('checks', commit, next, commit.branches)] : [],
    found: [],
  }
}

/** The branch of a check suite. The list of check runs names none: it is known from the look, or from the list of commits. */
function branchOf(
  { branches, queue, trunk }: PagePayloads['checks'],
  suite: number | undefined,
  defaultBranch: string,
): string | null {
  if (queue !== null) return queue
  return (
    branches?.[String(suite)] ?? (trunk && branches?.[String(suite)] === undefined ? defaultBranch : null)
  )
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
    facts: eventsIf(statuses.length > 0, commit).concat(
      statuses.flatMap((status) => factsOf(context, 'status', { ...status, sha: commit.sha, branches })),
    ),
    next: next !== null ? [resultPage('statuses', commit, next)] : [],
    found: [],
  }
}
