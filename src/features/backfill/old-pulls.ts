/**
 * Open pull requests that were last updated before the time that is read: CI may run on them without an update. Only their
 * heads with a result within that time are read.
 */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import { lookPages } from './looks.ts'
import { listOf, type PageResult, type ReadContext } from './page.ts'
import { eventFacts, PULL_FIELDS, type PullRequest } from './pull.ts'

const QUERY = `query($owner: String!, $repo: String!, $cursor: String) {
  repository(owner: $owner, name: $repo) {
    pullRequests(first: 100, after: $cursor, states: [OPEN], orderBy: {field: UPDATED_AT, direction: ASC}) {
      pageInfo { endCursor hasNextPage }
      nodes { ${PULL_FIELDS} }
    }
  }
}`

interface Answer {
  repository: {
    pullRequests: {
      pageInfo: { endCursor: string | null; hasNextPage: boolean }
      nodes: (PullRequest | null)[] | null
    } | null
  } | null
}

/** 2,000 pull requests, for 60 points. */
const MAX_PAGES = 20

/** The first page, least recently updated first. */
export function firstOldPulls(): Page {
  return oldPage({ cursor: null, page: 1 })
}

function oldPage(payload: PagePayloads['old-pulls']): Page {
  return newPage('old-pulls', payload.page, payload)
}

/** Reads a page of the list. It ends at the first pull request that was updated since. */
export async function readOldPulls(
  context: ReadContext,
  { cursor, page }: PagePayloads['old-pulls'],
): Promise<PageResult> {
  const { client, owner, repo, since } = context
  const answer = await client.graphql<Answer>(QUERY, { owner, repo, cursor })
  const list = answer.repository?.pullRequests
  const pulls = (list?.nodes ?? []).filter((pull) => pull !== null)
  if (!list?.pageInfo || pulls.length !== list.nodes?.length)
    throw new GraphqlRefusal('GraphQL hides pull requests')
  const old = pulls.filter((pull) => Date.parse(pull.updatedAt) < Date.parse(since))
  const hasMore = list.pageInfo.hasNextPage && old.length === pulls.length
  const next = { cursor: list.pageInfo.endCursor, page: page + 1 }
  return {
    facts: [],
    next: [
      ...lookPages(old.map((pull) => recentLook(context, pull))),
      ...(hasMore && page < MAX_PAGES ? [oldPage(next)] : []),
    ],
    found: [],
    ...(hasMore && page >= MAX_PAGES && { problem: `only the ${MAX_PAGES * 100} oldest were read` }),
  }
}

/** A look at the head of a pull request for results since the start of the time that is read. */
export function recentLook(context: ReadContext, pull: PullRequest): Look {
  const { headRefOid: sha, number, createdAt } = pull
  const facts = eventFacts(context, pull, { sha, at: Date.parse(createdAt) })
  return {
    ...{ sha, number, trunk: false, queue: null, after: context.since },
    events: facts.flatMap((fact) => fact.pull_request_event ?? []),
  }
}

/** Without GraphQL each of them would take two requests: they are left out, with a note if there are any. */
export async function oldPullsWithoutGraphql(context: ReadContext): Promise<PageResult> {
  const { client, owner, repo, since } = context
  const order = { state: 'open', sort: 'updated', direction: 'asc', per_page: 1 }
  const { data } = await client.get('GET /repos/{owner}/{repo}/pulls', { owner, repo, ...order })
  const [oldest] = listOf<{ updated_at: string }>(data)
  const hasOld = oldest !== undefined && Date.parse(oldest.updated_at) < Date.parse(since)
  return { facts: [], next: [], found: [], ...(hasOld && { problem: 'GraphQL is not available' }) }
}
