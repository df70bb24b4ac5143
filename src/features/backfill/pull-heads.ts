/** The heads and base branches of a pull request over time, from its commits and its timeline. */
import type { Look } from '../../domain/backfill-page.ts'
import { factsOf, type ReadContext } from './page.ts'
import { type Author, bodyFacts, eventFacts, type PullRequest, stateFacts, userOf } from './pull.ts'

export interface Commit {
  oid: string
  committedDate?: string | null
}

/** A force-push, a change of the base branch, or something else that a person did to the pull request. */
interface TimelineItem {
  __typename?: string
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
  commits?: Nodes<{ commit: Commit }> | null
  timelineItems?: Nodes<TimelineItem> | null
  reviews?: Nodes<Review> | null
}

interface Nodes<T> {
  nodes: (T | null)[] | null
}

/** Certain heads are facts at once; the other commits of the pull request only if CI ran on them. */
export function headsOf(context: ReadContext, pr: WholePullRequest) {
  const { sure, times } = datesOf(pr)
  const bases = baseChanges(pr)
  const at = (sha: string) => times.get(sha) ?? Date.parse(pr.createdAt)
  const moment = (sha: string) => ({ sha, at: at(sha), baseRef: baseAt(bases, at(sha)) ?? pr.baseRefName })
  // What happened at a head: it became the head, and people changed the pull request meanwhile.
  const changes = acts(pr).map(({ at, action }) => {
    const baseRef = baseAt(bases, at) ?? pr.baseRefName
    return { sha: headAt(times, at), at, action, baseRef }
  })
  const order = [...times.keys()].toSorted((a, b) => at(a) - at(b))
  const momentsOf = (sha: string) => {
    const place = order.indexOf(sha)
    const next = sha === pr.headRefOid ? undefined : order[place + 1]
    return [
      { ...moment(sha), action: place > 0 ? 'synchronize' : 'read' },
      ...changes.filter((change) => change.sha === sha),
      ...(next ? [{ ...moment(next), sha, action: 'before' }] : []),
    ]
  }
  const eventsOf = (sha: string) => momentsOf(sha).flatMap((then) => eventFacts(context, pr, then))
  const facts = [
    ...[...sure].flatMap(eventsOf),
    ...pushes(pr).flatMap((push) =>
      eventFacts(context, pr, { ...push, baseRef: baseAt(bases, push.at) ?? pr.baseRefName }),
    ),
    ...stateFacts(context, pr),
    ...bodyFacts(context, pr),
    ...reviewFacts(context, pr),
  ]
  const looks = [...times.keys()].map((sha): Look => {
    const events = sure.has(sha) ? [] : eventsOf(sha).flatMap((fact) => fact.pull_request_event ?? [])
    return { sha, trunk: false, queue: null, events, number: pr.number, after: null }
  })
  return { facts, looks }
}

/** The force-pushes, which the timeline dates exactly: one commit stopped being the head, another became it. */
function pushes(pr: WholePullRequest): { sha: string; at: number; action: string }[] {
  return itemsOf(pr).flatMap(({ createdAt: at, beforeCommit, afterCommit }) => [
    ...(beforeCommit ? [{ sha: beforeCommit.oid, at, action: 'before' }] : []),
    ...(afterCommit ? [{ sha: afterCommit.oid, at, action: 'synchronize' }] : []),
  ])
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

/** The actions of the webhooks that GitHub sends for entries of the timeline. An edit of the body is not in the timeline. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['BaseRefChangedEvent', 'edited'],
  ['RenamedTitleEvent', 'edited'],
  ['LabeledEvent', 'labeled'],
  ['UnlabeledEvent', 'unlabeled'],
  ['ClosedEvent', 'closed'],
  ['ReopenedEvent', 'reopened'],
])

/** What people did to the pull request at its head of the time. */
function acts(pr: WholePullRequest): { at: number; action: string }[] {
  return itemsOf(pr).flatMap(({ __typename = '', createdAt: at }) => {
    const action = ACTIONS.get(__typename)
    return action === undefined ? [] : [{ at, action }]
  })
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

/** The head at a time: the commit that became the head last before it. */
function headAt(times: ReadonlyMap<string, number>, at: number): string {
  const heads = [...times].toSorted(([, a], [, b]) => a - b)
  const [sha] = heads.findLast(([, since]) => since <= at) ?? (heads[0] as [string, number])
  return sha
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
