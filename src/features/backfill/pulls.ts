/** Pull requests with their heads, most recently updated first: 25 for one GraphQL point. */
import { newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { DAY_MS } from '../../domain/time.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import { lookPages } from './looks.ts'
import { recentLook } from './old-pulls.ts'
import type { PageResult, ReadContext } from './page.ts'
import { PULL_FIELDS, type PullRequest, stateFacts } from './pull.ts'
import { headsOf, type WholePullRequest } from './pull-heads.ts'
import { CONNECTIONS, wholePullPage } from './whole-pull.ts'

/** What tells that a connection has entries that the answer lacks. */
interface PageInfo {
  hasNextPage?: boolean
  hasPreviousPage?: boolean
}

type ListedPull = WholePullRequest & { [name in keyof typeof CONNECTIONS]?: { pageInfo?: PageInfo } | null }

interface Answer<P> {
  repository: {
    pullRequests: {
      pageInfo: { endCursor: string | null; hasNextPage: boolean }
      nodes: (P | null)[] | null
    } | null
  } | null
}

const WHOLE = `${PULL_FIELDS}
        body authorAssociation
        commits(last: 100) { pageInfo { hasPreviousPage } ${CONNECTIONS.commits.nodes} }
        timelineItems(first: 100, ${CONNECTIONS.timelineItems.only}) {
          pageInfo { hasNextPage } ${CONNECTIONS.timelineItems.nodes}
        }
        reviews(last: 50) { pageInfo { hasPreviousPage } ${CONNECTIONS.reviews.nodes} }`

function queryFor(fields: string): string {
  return `query($owner: String!, $repo: String!, $cursor: String, $first: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequests(first: $first, after: $cursor, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { endCursor hasNextPage }
      nodes { ${fields} }
    }
  }
}`
}

const QUERY = queryFor(WHOLE)
/** Only names the pull requests; each is then read by itself. */
const QUERY_ALONE = queryFor(PULL_FIELDS)

const MAX_AT_ONCE = 25
const FEWER_AT_ONCE = 5

/** The first page of pull requests. */
export function firstPulls(): Page {
  return pullsPage({ cursor: null, first: MAX_AT_ONCE, alone: false })
}

function pullsPage(payload: PagePayloads['pulls']): Page {
  const { cursor, first, alone } = payload
  return newPage('pulls', `${cursor ?? ''}:${first}${alone ? ':alone' : ''}`, payload)
}

/**
 * The same page for a query that GitHub does not answer whole: with fewer pull requests, then with a page for each of them;
 * null if it cannot ask for less.
 */
export function shorterPulls({ cursor, first, alone }: PagePayloads['pulls']): Page | null {
  if (alone) return null
  if (first > FEWER_AT_ONCE) return pullsPage({ cursor, first: FEWER_AT_ONCE, alone })
  return pullsPage({ cursor, first: MAX_AT_ONCE, alone: true })
}

/**
 * Reads a page of pull requests, most recently updated first. The list ends where they were last updated before `since`, or
 * three days earlier: CI may still have run on those.
 */
export async function readPulls(
  context: ReadContext,
  { cursor, first, alone }: PagePayloads['pulls'],
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const query = alone ? QUERY_ALONE : QUERY
  const answer = await context.client.graphql<Answer<ListedPull>>(query, { owner, repo, cursor, first })
  const page = answer.repository?.pullRequests
  // REST has shown the repository, so it may show the pull requests that GraphQL hides.
  if (!page) throw new GraphqlRefusal('GraphQL hides pull requests')
  const pulls = (page.nodes ?? [null]).filter((pull) => pull !== null)
  if (page.nodes?.length !== pulls.length || !page.pageInfo) throw incomplete()
  const recent = pulls.filter((pull) => Date.parse(pull.updatedAt) >= Date.parse(since))
  const earlier = pulls.filter((pull) => !recent.includes(pull) && isShortlyBefore(context, pull))
  const read = recent.map((pull) => (alone || isCut(pull) ? laterOf(context, pull) : nowOf(context, pull)))
  const hasMore = page.pageInfo.hasNextPage && recent.length + earlier.length === pulls.length
  const next = { cursor: page.pageInfo.endCursor, first: MAX_AT_ONCE, alone: false }
  return {
    facts: read.flatMap(({ facts }) => facts),
    next: [
      ...read.flatMap(({ pages }) => pages),
      ...lookPages(read.flatMap(({ looks }) => looks)),
      ...lookPages(earlier.map((pull) => recentLook(context, pull))),
      ...(hasMore ? [pullsPage(next)] : after()),
    ],
    found: recent.map((pull) => pull.number),
  }
}

/** CI can end this long after a pull request was merged. */
const LATE_MS = 3 * DAY_MS

/** Whether CI may have run since the start of the time that is read, on a pull request that was last updated before it. */
function isShortlyBefore({ since, continues }: ReadContext, { updatedAt }: PullRequest): boolean {
  return !continues && Date.parse(updatedAt) >= Date.parse(since) - LATE_MS
}

function incomplete(): GraphqlRefusal {
  return new GraphqlRefusal('GraphQL left out a part of the pull requests', { isTooLarge: true })
}

/** Whether a pull request has more commits, changes of its head or reviews than the answer. */
function isCut({ commits, timelineItems, reviews }: ListedPull): boolean {
  // GitHub answers with null for a part that took too many resources, with or without an error.
  if (!commits?.nodes || !timelineItems?.nodes || !reviews?.nodes) throw incomplete()
  return [commits, timelineItems, reviews].some(
    ({ pageInfo }) => pageInfo?.hasPreviousPage || pageInfo?.hasNextPage,
  )
}

function nowOf(context: ReadContext, pull: WholePullRequest) {
  return { ...headsOf(context, pull), pages: [] }
}

/** The pull request gets a page of its own. Its branch is known at once, for the Actions runs that are read next. */
function laterOf(context: ReadContext, pull: PullRequest) {
  return { facts: stateFacts(context, pull), looks: [], pages: [wholePullPage(pull.number)] }
}
