/** One pull request from the API: the fields to query, and the facts that webhooks would have given. */
import { isBot } from '../../domain/bot.ts'
import type { CommentFact, Facts } from '../../domain/facts.ts'
import { storable } from '../../intake/events/payload.ts'
import { bodyCommand } from '../../intake/events/pull-request.ts'
import { factsOf, type ReadContext } from './page.ts'

/** The GraphQL fields of every pull request; one connection, the labels. */
export const PULL_FIELDS = `number title state isDraft createdAt updatedAt closedAt baseRefName baseRefOid headRefName headRefOid
        author { __typename login }
        mergeCommit { oid }
        headRepository { databaseId }
        labels(first: 20) { nodes { name } }`

/** Null for a deleted account. */
export type Author = { __typename?: string; login: string } | null

export interface PullRequest {
  number: number
  title: string
  state: 'OPEN' | 'CLOSED' | 'MERGED'
  isDraft: boolean
  createdAt: string
  updatedAt: string
  closedAt?: string | null
  mergeCommit?: { oid: string } | null
  baseRefName: string
  baseRefOid?: string | null
  headRefName: string
  headRefOid: string
  author?: Author
  headRepository?: { databaseId: number } | null
  labels?: { nodes: ({ name: string } | null)[] } | null
}

/** A moment of a pull request: its head, and what differs from now. */
export interface Moment {
  sha: string
  /** Epoch ms. */
  at: number
  action?: string
  /** The base branch then. */
  baseRef?: string
}

/** The account in the form of REST: GraphQL leaves out the `[bot]` at the end of a bot's login. */
export function userOf(author: Author | undefined): { login: string; type: string } | null {
  if (!author) return null
  const { login, __typename: type = 'User' } = author
  return { login: type === 'Bot' && !login.endsWith('[bot]') ? `${login}[bot]` : login, type }
}

/** The event that a webhook would have sent at that moment. */
export function eventFacts(context: ReadContext, pr: PullRequest, moment: Moment): Facts[] {
  const { author, headRepository, labels } = pr
  const { sha, at, action = 'read', baseRef = pr.baseRefName } = moment
  const isNow = sha === pr.headRefOid && baseRef === pr.baseRefName
  // It may have been closed without a merge, and opened again, before it was merged.
  const isEarlierClose = action === 'closed' && at !== Date.parse(pr.closedAt ?? '')
  return factsOf(context, 'pull_request', {
    action,
    pull_request: {
      number: pr.number,
      state: pr.state === 'OPEN' ? 'open' : 'closed',
      merged: pr.state === 'MERGED' && !isEarlierClose,
      draft: pr.isDraft,
      title: pr.title,
      user: userOf(author),
      created_at: pr.createdAt,
      updated_at: new Date(at).toISOString(),
      merge_commit_sha: pr.mergeCommit?.oid ?? null,
      labels: (labels?.nodes ?? []).filter((label) => label !== null),
      head: { ref: pr.headRefName, sha, repo: headRepository && { id: headRepository.databaseId } },
      // GitHub does not show the base commit of an earlier head.
      base: { ref: baseRef, sha: isNow ? (pr.baseRefOid ?? null) : null },
    },
  })
}

/** The current state: its head at the last update, and its closing. */
export function stateFacts(context: ReadContext, pr: PullRequest): Facts[] {
  const sha = pr.headRefOid
  const facts = eventFacts(context, pr, { sha, at: Date.parse(pr.updatedAt) })
  if (pr.state === 'OPEN' || !pr.closedAt) return facts
  return [...facts, ...eventFacts(context, pr, { sha, at: Date.parse(pr.closedAt), action: 'closed' })]
}

/** A command in the body. GitHub shows the body as it is now, so later edits are included. */
export function bodyFacts(
  { repository }: ReadContext,
  pr: PullRequest & { body?: string | null; authorAssociation?: string | null },
): Facts[] {
  const user = userOf(pr.author) ?? { login: 'ghost', type: 'User' }
  const comment: CommentFact | null = bodyCommand({
    repositoryId: repository.id,
    number: pr.number,
    body: pr.body ? storable(pr.body) : null,
    author: { login: user.login, isBot: isBot(user) },
    association: pr.authorAssociation ?? null,
    createdAt: new Date(pr.createdAt).toISOString(),
  })
  return comment ? [{ comment: [comment] }] : []
}
