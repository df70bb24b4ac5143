/** Pull requests with their heads, most recently updated first: 25 for one GraphQL point. */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import { lookPages } from './heads.ts'
import { factsOf, type PageResult, type ReadContext } from './page.ts'
import {
  type Author,
  bodyFacts,
  eventFacts,
  PULL_FIELDS,
  type PullRequest,
  stateFacts,
  userOf,
} from './pull.ts'

const QUERY = `query($owner: String!, $repo: String!, $cursor: String, $first: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequests(first: $first, after: $cursor, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { endCursor hasNextPage }
      nodes {
        ${PULL_FIELDS}
        body authorAssociation
        commits(last: 100) { nodes { commit { oid committedDate } } }
        timelineItems(first: 100, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT, BASE_REF_CHANGED_EVENT]) {
          nodes {
            ... on HeadRefForcePushedEvent { createdAt beforeCommit { oid } afterCommit { oid } }
            ... on BaseRefChangedEvent { createdAt previousRefName currentRefName }
          }
        }
        reviews(last: 50) {
          nodes { databaseId body submittedAt authorAssociation author { __typename login } }
        }
      }
    }
  }
}`

interface Commit {
  oid: string
  committedDate?: string | null
}

/** A force-push, or a change of the base branch. */
interface TimelineItem {
  createdAt?: string
  beforeCommit?: Commit | null
  afterCommit?: Commit | null
  previousRefName?: string
  currentRefName?: string
}

interface Review {
  databaseId: number | null
  body?: string | null
  submittedAt?: string | null
  authorAssociation?: string | null
  author?: Author
}

/** A pull request with everything that shows its heads, its base branches and its commands. */
export interface WholePullRequest extends PullRequest {
  body?: string | null
  authorAssociation?: string | null
  commits?: { nodes: ({ commit: Commit } | null)[] } | null
  timelineItems?: { nodes: (TimelineItem | null)[] } | null
  reviews?: { nodes: (Review | null)[] } | null
}

interface Answer {
  repository: {
    pullRequests: {
      pageInfo: { endCursor: string | null; hasNextPage: boolean }
      nodes: (WholePullRequest | null)[]
    }
  } | null
}

const MAX_AT_ONCE = 25
const MIN_AT_ONCE = 5

/** The first page of pull requests. */
export function firstPulls(): Page {
  return pullsPage({ cursor: null, first: MAX_AT_ONCE })
}

function pullsPage(payload: PagePayloads['pulls']): Page {
  const { cursor, first } = payload
  return newPage('pulls', `${cursor ?? ''}:${first}`, payload)
}

/** The same page with fewer pull requests, for a query that takes too long; null if it cannot be shorter. */
export function shorterPulls({ cursor, first }: PagePayloads['pulls']): Page | null {
  return first > MIN_AT_ONCE ? pullsPage({ cursor, first: MIN_AT_ONCE }) : null
}

/** Reads a page of pull requests, most recently updated first. The list ends at the first that was last updated before `since`. */
export async function readPulls(
  context: ReadContext,
  { cursor, first }: PagePayloads['pulls'],
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const answer = await context.client.graphql<Answer>(QUERY, { owner, repo, cursor, first })
  const page = answer.repository?.pullRequests
  // REST has shown the repository, so it may show the pull requests that GraphQL hides.
  if (!page?.nodes || page.nodes.includes(null)) throw new GraphqlRefusal('GraphQL hides pull requests')
  const pulls = page.nodes.filter((pull) => pull !== null)
  const recent = pulls.filter((pull) => Date.parse(pull.updatedAt) >= Date.parse(since))
  const heads = recent.map((pull) => headsOf(context, pull))
  const hasMore = page.pageInfo.hasNextPage && recent.length === pulls.length
  const next = page.pageInfo.endCursor
  return {
    facts: heads.flatMap(({ facts }) => facts),
    next: [
      ...lookPages(heads.flatMap(({ looks }) => looks)),
      ...(hasMore ? [pullsPage({ cursor: next, first: MAX_AT_ONCE })] : after()),
    ],
    found: recent.map((pull) => pull.number),
  }
}

/** Certain heads are facts at once; the other commits of the pull request only if CI ran on them. */
export function headsOf(context: ReadContext, pr: WholePullRequest) {
  const { sure, times } = datesOf(pr)
  const bases = baseChanges(pr)
  const at = (sha: string) => times.get(sha) ?? Date.parse(pr.createdAt)
  const moment = (sha: string) => ({ sha, at: at(sha), baseRef: baseAt(bases, at(sha)) ?? pr.baseRefName })
  const facts = [
    ...[...sure].flatMap((sha) => eventFacts(context, pr, moment(sha))),
    ...bases.flatMap(({ at, to: baseRef }) =>
      eventFacts(context, pr, { sha: headAt(times, sure, at), at, baseRef }),
    ),
    ...stateFacts(context, pr),
    ...bodyFacts(context, pr),
    ...reviewFacts(context, pr),
  ]
  const looks = [...times.keys()].map((sha): Look => {
    const [event] = sure.has(sha) ? [] : eventFacts(context, pr, moment(sha))
    return {
      sha,
      trunk: false,
      queue: null,
      event: event?.pull_request_event?.[0] ?? null,
      number: pr.number,
    }
  })
  return { facts, looks }
}

/** When each commit became the head (epoch ms, as far as GitHub shows it), and which of them certainly were heads. */
function datesOf(pr: WholePullRequest): { sure: Set<string>; times: Map<string, number> } {
  const times = new Map<string, number>()
  const [created, updated] = [Date.parse(pr.createdAt), Date.parse(pr.updatedAt)]
  const sure = new Set([pr.headRefOid])
  let at = created
  for (const { createdAt, beforeCommit, afterCommit } of itemsOf(pr)) {
    if (!beforeCommit && !afterCommit) continue
    if (beforeCommit && !times.has(beforeCommit.oid)) times.set(beforeCommit.oid, at)
    at = Math.max(at, createdAt)
    if (afterCommit && !times.has(afterCommit.oid)) times.set(afterCommit.oid, at)
    for (const commit of [beforeCommit, afterCommit]) if (commit) sure.add(commit.oid)
  }
  // A commit's own date comes from its author's machine: it is only used where there is no better one.
  let last = created
  for (const { commit } of (pr.commits?.nodes ?? []).filter((node) => node !== null)) {
    const committed = commit.committedDate ? Date.parse(commit.committedDate) : last
    last = times.get(commit.oid) ?? Math.min(updated, Math.max(last, committed))
    times.set(commit.oid, last)
  }
  if (!times.has(pr.headRefOid)) times.set(pr.headRefOid, Math.max(at, last))
  return { sure, times }
}

/** The timeline in order of time (epoch ms). */
function itemsOf(pr: WholePullRequest) {
  return (pr.timelineItems?.nodes ?? [])
    .filter((item) => item !== null)
    .map((item) => ({ ...item, createdAt: Date.parse(item.createdAt ?? pr.updatedAt) }))
    .sort((a, b) => a.createdAt - b.createdAt)
}

interface BaseChange {
  /** Epoch ms. */
  at: number
  from: string
  to: string
}

function baseChanges(pr: WholePullRequest): BaseChange[] {
  return itemsOf(pr).flatMap(({ createdAt, previousRefName, currentRefName }) =>
    previousRefName && currentRefName ? [{ at: createdAt, from: previousRefName, to: currentRefName }] : [],
  )
}

/** The base branch at a time; null if the timeline does not show it. */
function baseAt(changes: readonly BaseChange[], at: number): string | null {
  const before = changes.findLast((change) => change.at <= at)
  return before?.to ?? changes[0]?.from ?? null
}

/** The head at a time: the newest certain head before it. */
function headAt(times: ReadonlyMap<string, number>, sure: ReadonlySet<string>, at: number): string {
  const heads = [...sure].map((sha) => ({ sha, since: times.get(sha) ?? 0 }))
  const [first, ...later] = heads.sort((a, b) => a.since - b.since) as [
    { sha: string },
    ...{ sha: string; since: number }[],
  ]
  return (later.findLast((head) => head.since <= at) ?? first).sha
}

/** The reviews of a pull request. A review that is not submitted has no time. */
function reviewFacts(context: ReadContext, pr: WholePullRequest) {
  return (pr.reviews?.nodes ?? []).flatMap((review) => {
    if (!review?.databaseId || !review.submittedAt) return []
    const { databaseId, body, author, authorAssociation, submittedAt } = review
    return factsOf(context, 'pull_request_review', {
      action: 'submitted',
      // GitHub does not say whether the pull request was open then, as with comments.
      pull_request: { number: pr.number, state: 'open' },
      review: {
        ...{ id: databaseId, body, user: userOf(author), submitted_at: submittedAt },
        author_association: authorAssociation ?? null,
      },
    })
  })
}
