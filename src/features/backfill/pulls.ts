/** Pull requests with their heads, last touched first: 25 for one GraphQL point. */
import type { Page } from '../../db/backfill.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import { type Look, lookPages } from './heads.ts'
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

/** A forced push, or a change of the base. */
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

/** A pull request with what tells its heads, its bases and its commands. */
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

interface PullsDetail {
  cursor: string | null
  /** How many at once; 25 where it is not said. */
  first?: number
}

const MAX_AT_ONCE = 25
const FEWEST_AT_ONCE = 5

/** The first page of pull requests. */
export function firstPulls(): Page {
  return pullsPage({ cursor: null })
}

function pullsPage(detail: PullsDetail): Page {
  const { cursor, first } = detail
  return { key: `pulls:${cursor ?? ''}${first ? `:${first}` : ''}`, kind: 'pulls', detail, numbers: [] }
}

/** The same page with fewer at once, for a query that takes too long; null where it is as short as it gets. */
export function shorterPulls({ cursor, first = MAX_AT_ONCE }: PullsDetail): Page | null {
  return first > FEWEST_AT_ONCE ? pullsPage({ cursor, first: FEWEST_AT_ONCE }) : null
}

/** Reads a page of pull requests, last touched first, and ends the list at those not touched since. */
export async function readPulls(
  context: ReadContext,
  { cursor, first = MAX_AT_ONCE }: PullsDetail,
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const answer = await context.client.graphql<Answer>(QUERY, { owner, repo, cursor, first })
  const page = answer.repository?.pullRequests
  // REST has shown the repository, and may show what is hidden here.
  if (!page?.nodes || page.nodes.includes(null)) throw new GraphqlRefusal('GraphQL hides pull requests')
  const shown = page.nodes.filter((one) => one !== null)
  const recent = shown.filter((one) => Date.parse(one.updatedAt) >= Date.parse(since))
  const read = recent.map((one) => headsOf(context, one))
  const goesOn = page.pageInfo.hasNextPage && recent.length === shown.length
  const next = page.pageInfo.endCursor
  return {
    facts: read.flatMap((one) => one.facts),
    next: [
      ...lookPages(read.flatMap((one) => one.looks)),
      ...(goesOn ? [pullsPage({ cursor: next })] : after()),
    ],
    found: recent.map((one) => one.number),
  }
}

/** Sure heads are facts at once; other commits of the pull request only when CI turns out to have run on them. */
export function headsOf(context: ReadContext, pr: WholePullRequest) {
  const { sure, times } = datesOf(pr)
  const bases = baseChanges(pr)
  const at = (sha: string) => times.get(sha) ?? Date.parse(pr.createdAt)
  const moment = (sha: string) => ({ sha, at: at(sha), baseRef: baseAt(bases, at(sha)) ?? pr.baseRefName })
  const facts = [
    ...[...sure].flatMap((sha) => eventFacts(context, pr, moment(sha))),
    ...bases.flatMap((one) =>
      eventFacts(context, pr, { sha: headAt(times, sure, one.at), at: one.at, baseRef: one.to }),
    ),
    ...stateFacts(context, pr),
    ...bodyFacts(context, pr),
    ...reviewFacts(context, pr),
  ]
  const looks = [...times.keys()].map((sha): Look => {
    const [event] = sure.has(sha) ? [] : eventFacts(context, pr, moment(sha))
    return { sha, trunk: false, event: event?.pull_request_event?.[0] ?? null, number: pr.number }
  })
  return { facts, looks }
}

/** When each commit became the head, as far as it is known (epoch ms), and which of them certainly were heads. */
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
    for (const one of [beforeCommit, afterCommit]) if (one) sure.add(one.oid)
  }
  // A commit's own date is its author's machine's: it only orders what nothing better dates.
  let last = created
  for (const { commit } of (pr.commits?.nodes ?? []).filter((one) => one !== null)) {
    const told = commit.committedDate ? Date.parse(commit.committedDate) : last
    last = times.get(commit.oid) ?? Math.min(updated, Math.max(last, told))
    times.set(commit.oid, last)
  }
  if (!times.has(pr.headRefOid)) times.set(pr.headRefOid, Math.max(at, last))
  return { sure, times }
}

/** The timeline in order of time (epoch ms). */
function itemsOf(pr: WholePullRequest) {
  return (pr.timelineItems?.nodes ?? [])
    .filter((one) => one !== null)
    .map((one) => ({ ...one, createdAt: Date.parse(one.createdAt ?? pr.updatedAt) }))
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

/** Where it was to go at a time; null where nothing tells. */
function baseAt(changes: readonly BaseChange[], at: number): string | null {
  const before = changes.findLast((one) => one.at <= at)
  return before?.to ?? changes[0]?.from ?? null
}

/** The head at a time: of those that certainly were, the newest before it. */
function headAt(times: ReadonlyMap<string, number>, sure: ReadonlySet<string>, at: number): string {
  const heads = [...sure].map((sha) => ({ sha, since: times.get(sha) ?? 0 }))
  const [first, ...later] = heads.sort((a, b) => a.since - b.since) as [
    { sha: string },
    ...{ sha: string; since: number }[],
  ]
  return (later.findLast((one) => one.since <= at) ?? first).sha
}

/** Reviews are read for the commands in them; those that are not submitted have no time. */
function reviewFacts(context: ReadContext, pr: WholePullRequest) {
  return (pr.reviews?.nodes ?? []).flatMap((review) => {
    if (!review?.databaseId || !review.body || !review.submittedAt) return []
    const { databaseId, body, author, authorAssociation, submittedAt } = review
    return factsOf(context, 'pull_request_review', {
      action: 'submitted',
      // Whether it was open then is not told, as with comments.
      pull_request: { number: pr.number, state: 'open' },
      review: {
        ...{ id: databaseId, body, user: userOf(author), submitted_at: submittedAt },
        author_association: authorAssociation ?? null,
      },
    })
  })
}
