/** CI results of commits: first a cheap look at many of them for any result, then the check runs and statuses of those. */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import type { Facts } from '../../domain/facts.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

/** GraphQL charges a hundredth of a point for each commit. */
const LOOKS_AT_ONCE = 50

/** A smaller query costs the same point, and REST would cost two requests for each commit. */
const FEWEST_LOOKS = 5

/** Pages that look at commits, each commit once. @param most commits of one page */
export function lookPages(looks: readonly Look[], most = LOOKS_AT_ONCE): Page[] {
  const unique = [...new Map(looks.map((look) => [look.sha, look])).values()]
  const pages: Page[] = []
  for (let at = 0; at < unique.length; at += most) {
    const part = unique.slice(at, at + most)
    const name = `${part[0]?.sha}:${part.at(-1)?.sha}:${part.length}`
    pages.push(newPage('look', name, { looks: part }, numbersOf(part)))
  }
  return pages
}

/** The same commits in several smaller pages; null if there are too few. */
export function smallerLooks({ looks }: PagePayloads['look']): Page[] | null {
  return looks.length > FEWEST_LOOKS ? lookPages(looks, Math.ceil(looks.length / 5)) : null
}

function numbersOf(looks: readonly Look[]): number[] {
  return [...new Set(looks.flatMap((look) => look.number ?? []))]
}

/** Without GraphQL there is no cheap look: the check runs and statuses of every commit are read. */
export function looksWithoutGraphql({ looks }: PagePayloads['look']): PageResult {
  const pages = looks.flatMap((look) => [resultPage('checks', look, 1), resultPage('statuses', look, 1)])
  return { facts: [], next: pages, found: [] }
}

/** A commit with results was a head. */
function eventIf(hasResults: boolean, { event }: Look): Facts[] {
  return hasResults && event ? [{ pull_request_event: [event] }] : []
}

interface CommitResults {
  checkSuites?: { totalCount: number } | null
  status?: { contexts: { context: string }[] } | null
}

/** Finds which commits have check suites or statuses. Those are read next, and those that GraphQL does not show. */
export async function readLook(
  { client, owner, repo }: ReadContext,
  { looks }: PagePayloads['look'],
): Promise<PageResult> {
  const objects = looks.map(
    (look, i) =>
      `c${i}: object(oid: "${look.sha}") { ... on Commit { checkSuites(first: 1) { totalCount } status { contexts { context } } } }`,
  )
  const query = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { ${objects.join(' ')} } }`
  const answer = await client.graphql<{ repository: Record<string, CommitResults | null> | null }>(query, {
    owner,
    repo,
  })
  const result: PageResult = { facts: [], next: [], found: [] }
  looks.forEach((look, i) => {
    const commit = answer.repository?.[`c${i}`]
    const suites = commit?.checkSuites?.totalCount ?? null
    const hasChecks = suites !== 0
    // GitHub answers null if there is no status. If it shows no suites either, the commit may be hidden.
    const isHidden = suites === null || commit?.status === undefined
    const hasStatuses = isHidden || (commit?.status?.contexts?.length ?? 0) > 0
    const hasResults = (suites ?? 0) > 0 || (!isHidden && hasStatuses)
    if (look.event && hasResults) result.facts.push({ pull_request_event: [look.event] })
    if (hasChecks) result.next.push(resultPage('checks', look, 1))
    if (hasStatuses) result.next.push(resultPage('statuses', look, 1))
  })
  return result
}

/** One page of check runs or statuses of a commit. */
function resultPage(kind: 'checks' | 'statuses', look: Look, page: number): Page {
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

/** The first page of the default branch's commits. */
export function firstTrunk(): Page {
  return trunkPage(1)
}

function trunkPage(page: number): Page {
  return newPage('trunk', page, { page })
}

/** Reads the commits of the default branch: their runs are evidence about the jobs. */
export async function readTrunk(context: ReadContext, { page }: PagePayloads['trunk']): Promise<PageResult> {
  const { owner, repo, repository, since } = context
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/commits', {
    owner,
    repo,
    sha: repository.default_branch,
    since,
    per_page: PER_PAGE,
    page,
  })
  const commits = listOf<{ sha: string }>(data)
  const looks = commits.map(({ sha }): Look => ({ sha, trunk: true, queue: null, event: null, number: null }))
  const next = nextPage(headers, page, commits.length)
  const more = next === null ? [] : [trunkPage(next)]
  return { facts: [], next: [...lookPages(looks), ...more], found: [] }
}
