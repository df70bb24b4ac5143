/** Pull requests and their heads, those that a force-push replaced too: 25 for one GraphQL point. */
import type { Page } from '../db/reading.ts'
import type { PullRequestEvent } from '../domain/facts.ts'
import { type Look, lookPages } from './heads.ts'
import { factsOf, type PageResult, type ReadContext } from './page.ts'

const QUERY = `query($owner: String!, $repo: String!, $cursor: String) {
  repository(owner: $owner, name: $repo) {
    pullRequests(first: 25, after: $cursor, orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { endCursor hasNextPage }
      nodes {
        number title state isDraft createdAt updatedAt baseRefName baseRefOid headRefName headRefOid
        author { __typename login }
        headRepository { databaseId }
        labels(first: 20) { nodes { name } }
        commits(last: 100) { nodes { commit { oid committedDate } } }
        timelineItems(first: 100, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) {
          nodes { ... on HeadRefForcePushedEvent { createdAt beforeCommit { oid } afterCommit { oid } } }
        }
      }
    }
  }
}`

interface Commit {
  oid: string
  committedDate?: string
}

interface PullRequest {
  number: number
  title: string
  state: 'OPEN' | 'CLOSED' | 'MERGED'
  isDraft: boolean
  createdAt: string
  updatedAt: string
  baseRefName: string
  baseRefOid: string | null
  headRefName: string
  headRefOid: string
  author: { __typename: string; login: string } | null
  headRepository: { databaseId: number } | null
  labels: { nodes: { name: string }[] } | null
  commits: { nodes: { commit: Commit }[] }
  timelineItems: {
    nodes: { createdAt: string; beforeCommit: Commit | null; afterCommit: Commit | null }[]
  }
}

interface Answer {
  repository: {
    pullRequests: { pageInfo: { endCursor: string | null; hasNextPage: boolean }; nodes: PullRequest[] }
  } | null
}

/** The first page of pull requests. */
export function firstPulls(): Page {
  return { key: 'pulls:', kind: 'pulls', detail: { cursor: null }, numbers: [] }
}

/** Reads a page of pull requests, last touched first, and ends the list at those not touched since. */
export async function readPulls(
  context: ReadContext,
  { cursor }: { cursor: string | null },
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const answer = await context.asker.graphql<Answer>(QUERY, { owner, repo, cursor })
  const page = answer.repository?.pullRequests
  if (!page) throw new Error(`GitHub does not show ${context.repository.full_name} to this token`)
  const recent = page.nodes.filter((one) => Date.parse(one.updatedAt) >= Date.parse(since))
  const read = recent.map((one) => headsOf(context, one))
  const goesOn = page.pageInfo.hasNextPage && recent.length === page.nodes.length
  const next = page.pageInfo.endCursor
  return {
    facts: read.flatMap((one) => one.facts),
    next: [
      ...lookPages(read.flatMap((one) => one.looks)),
      ...(goesOn
        ? [{ key: `pulls:${next}`, kind: 'pulls', detail: { cursor: next }, numbers: [] }]
        : after()),
    ],
    found: recent.map((one) => one.number),
  }
}

/** Sure heads are facts at once; other commits of the pull request only when CI turns out to have run on them. */
function headsOf(context: ReadContext, pr: PullRequest) {
  const times = new Map<string, number>()
  const [created, updated] = [Date.parse(pr.createdAt), Date.parse(pr.updatedAt)]
  let at = created
  const sure = new Set([pr.headRefOid])
  const forced = [...pr.timelineItems.nodes].sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
  for (const { createdAt, beforeCommit, afterCommit } of forced) {
    if (beforeCommit && !times.has(beforeCommit.oid)) times.set(beforeCommit.oid, at)
    at = Math.max(at, Date.parse(createdAt))
    if (afterCommit && !times.has(afterCommit.oid)) times.set(afterCommit.oid, at)
    for (const one of [beforeCommit, afterCommit]) if (one) sure.add(one.oid)
  }
  // A commit's own date is its author's machine's: it only orders what nothing better dates.
  let last = created
  for (const { commit } of pr.commits.nodes) {
    const told = commit.committedDate ? Date.parse(commit.committedDate) : last
    last = times.get(commit.oid) ?? Math.min(updated, Math.max(last, told))
    times.set(commit.oid, last)
  }
  if (!times.has(pr.headRefOid)) times.set(pr.headRefOid, Math.max(at, last))
  const facts = [...sure].flatMap((sha) => eventFacts(context, pr, sha, times.get(sha) ?? created))
  facts.push(...eventFacts(context, pr, pr.headRefOid, updated))
  const looks = [...times].map(([sha, time]): Look => {
    const [event] = sure.has(sha) ? [] : eventFacts(context, pr, sha, time)
    return { sha, trunk: false, event: event?.pull_request_event?.[0] ?? null, number: pr.number }
  })
  return { facts, looks }
}

function eventFacts(context: ReadContext, pr: PullRequest, sha: string, at: number) {
  const { author, headRepository } = pr
  const isHead = sha === pr.headRefOid
  return factsOf(context, 'pull_request', {
    action: 'read',
    pull_request: {
      number: pr.number,
      state: pr.state === 'OPEN' ? 'open' : 'closed',
      merged: pr.state === 'MERGED',
      draft: pr.isDraft,
      title: pr.title,
      user: author && { login: author.login, type: author.__typename === 'Bot' ? 'Bot' : 'User' },
      created_at: pr.createdAt,
      updated_at: new Date(at).toISOString(),
      labels: pr.labels?.nodes ?? [],
      head: { ref: pr.headRefName, sha, repo: headRepository && { id: headRepository.databaseId } },
      // What the base was at the time of another head is not known.
      base: { ref: pr.baseRefName, sha: isHead ? pr.baseRefOid : null },
    },
  })
}

/** The event by which a commit is known as a head. */
export type HeadEvent = PullRequestEvent
