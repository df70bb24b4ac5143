/** A cheap look at many commits for CI results. The check runs and statuses of those that have some are read next. */
import { headsWithNews, type ShownResult } from '../../db/stored-results.ts'
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { resultPage } from './heads.ts'
import type { PageResult, ReadContext } from './page.ts'

/** GraphQL charges a hundredth of a point for each connection of a commit. */
const LOOKS_AT_ONCE = 50
/** A smaller query costs the same point, and REST would cost two requests for each commit. */
const FEWEST_LOOKS = 5

/** Pages that look at commits, each commit once. @param most commits of one page */
export function lookPages(looks: readonly Look[], most = LOOKS_AT_ONCE): Page[] {
  const unique = [...Map.groupBy(looks, (look) => look.sha).values()].map(joined)
  const pages: Page[] = []
  for (let at = 0; at < unique.length; at += most) {
    const part = unique.slice(at, at + most)
    const after = part[0]?.after ? ':recent' : ''
    const name = `${part[0]?.sha}:${part.at(-1)?.sha}:${part.length}${after}`
    pages.push(newPage('look', name, { looks: part }, numbersOf(part)))
  }
  return pages
}

/** One look at a commit that several pull requests have as their head. */
function joined(looks: readonly Look[]): Look {
  const [first] = looks as readonly [Look]
  const after = looks.some((look) => look.after === null) ? null : first.after
  return { ...first, events: looks.flatMap((look) => look.events), after }
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

interface CommitResults {
  checkSuites?: { totalCount: number; nodes?: (Suite | null)[] | null } | null
  status?: { contexts: { context: string }[] } | null
  statusCheckRollup?: { contexts: Contexts | null } | null
}

interface Suite {
  databaseId: number
  branch: { name: string } | null
}

/** The newest result of each job. */
interface Contexts {
  totalCount: number
  nodes: (NewestCheckRun | NewestStatus | null)[] | null
}

interface NewestCheckRun {
  __typename: 'CheckRun'
  databaseId: number
  completedAt: string | null
}

interface NewestStatus {
  __typename: 'StatusContext'
  context: string
  state: string
  createdAt: string
}

const HAS_RESULTS =
  'checkSuites(first: 20) { totalCount nodes { databaseId branch { name } } } status { contexts { context } }'
const NEWEST_RESULTS = `statusCheckRollup { contexts(first: 100) { totalCount nodes { __typename
  ... on CheckRun { databaseId completedAt } ... on StatusContext { context state createdAt } } } }`

/** Finds which commits have check suites or statuses. Those are read next, and those that GraphQL does not show. */
export async function readLook(context: ReadContext, { looks }: PagePayloads['look']): Promise<PageResult> {
  const { client, owner, repo } = context
  const isSelective = context.continues || looks.some((look) => look.after !== null)
  const fields = isSelective ? `${HAS_RESULTS} ${NEWEST_RESULTS}` : HAS_RESULTS
  const objects = looks.map((look, i) => `c${i}: object(oid: "${look.sha}") { ... on Commit { ${fields} } }`)
  const query = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { ${objects.join(' ')} } }`
  const answer = await client.graphql<{ repository: Record<string, CommitResults | null> | null }>(query, {
    owner,
    repo,
  })
  const shown = looks.map((look, i) => ({ look, commit: answer.repository?.[`c${i}`] }))
  const wanted = isSelective ? await withNews(context, shown) : shown
  const result: PageResult = { facts: [], next: [], found: [] }
  for (const { look, commit } of shown) {
    const suites = commit?.checkSuites?.totalCount ?? null
    // GitHub answers null if there is no status. If it shows no suites either, the commit may be hidden.
    const isHidden = suites === null || commit?.status === undefined
    const hasStatuses = isHidden || (commit?.status?.contexts?.length ?? 0) > 0
    const hasResults = (suites ?? 0) > 0 || (!isHidden && hasStatuses)
    const isWanted = wanted.some((other) => other.look === look)
    // An old pull request is only recorded if CI ran within the time that is read.
    if (look.events.length > 0 && hasResults && (isWanted || look.after === null))
      result.facts.push({ pull_request_event: look.events })
    if (isWanted && suites !== 0) result.next.push(resultPage('checks', look, 1, branchesOf(commit)))
    if (isWanted && hasStatuses) result.next.push(resultPage('statuses', look, 1))
  }
  return result
}

/** The branch of each check suite: of two runs of one commit, one can be of the default branch. Null for a deleted branch. */
function branchesOf(commit: CommitResults | null | undefined): Record<string, string | null> | null {
  const suites = commit?.checkSuites?.nodes
  if (!suites) return null
  return Object.fromEntries(
    suites.flatMap((suite) => (suite ? [[String(suite.databaseId), suite.branch?.name ?? null]] : [])),
  )
}

interface Shown {
  look: Look
  commit: CommitResults | null | undefined
}

/** Those of the commits whose newest results are late enough and, in a continued backfill, not stored yet. */
async function withNews(context: ReadContext, shown: readonly Shown[]): Promise<Shown[]> {
  const found = shown.map(({ look, commit }) => ({ look, results: resultsOf(look, commit) }))
  const late = found.map(({ look, results }) => ({
    look,
    results: results?.filter((one) => isLate(look, one)),
  }))
  const all = late.flatMap(({ results }) => results ?? [])
  const news = context.continues
    ? await headsWithNews(context.db, context.repository.id, all)
    : new Set(all.map(({ sha }) => sha))
  return shown.filter(({ look }, i) => late[i]?.results === undefined || news.has(look.sha))
}

/** The newest result of each job; undefined if GraphQL does not show them all. */
function resultsOf({ sha }: Look, commit: CommitResults | null | undefined): ShownResult[] | undefined {
  const rollup = commit?.statusCheckRollup
  if (rollup === null) return []
  const { nodes, totalCount } = rollup?.contexts ?? {}
  if (!nodes || totalCount !== nodes.length || nodes.includes(null)) return undefined
  return nodes.flatMap((node): ShownResult[] => {
    if (node?.__typename === 'CheckRun')
      return node.completedAt ? [{ sha, checkRun: node.databaseId, completedAt: node.completedAt }] : []
    if (node?.__typename !== 'StatusContext') return []
    const { context, state, createdAt } = node
    return [{ sha, context, state: state.toLowerCase(), createdAt }]
  })
}

function isLate({ after }: Look, result: ShownResult): boolean {
  const at = 'checkRun' in result ? result.completedAt : result.createdAt
  return after === null || Date.parse(at) >= Date.parse(after)
}
