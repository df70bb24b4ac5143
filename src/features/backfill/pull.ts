/** One pull request as the API tells it: what is asked for, and the events that webhooks would have made of it. */
import type { CommentFact, Facts } from '../../domain/facts.ts'
import { storable } from '../../intake/events/payload.ts'
import { bodyCommand } from '../../intake/events/pull-request.ts'
import { factsOf, type ReadContext } from './page.ts'

/** What GraphQL is asked of every pull request; one connection, the labels. */
export const PULL_FIELDS = `number title state isDraft createdAt updatedAt closedAt baseRefName baseRefOid headRefName headRefOid
        author { __typename login }
        mergeCommit { oid }
        headRepository { databaseId }
        labels(first: 20) { nodes { name } }`

/** An account that was deleted has none. */
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

/** What one moment of a pull request was, where it was not what it is now. */
export interface Moment {
  sha: string
  /** Epoch ms. */
  at: number
  action?: string
  /** Where it was to go then. */
  baseRef?: string
}

/** GraphQL names a bot without the ending that it has everywhere else. */
export function userOf(author: Author | undefined): { login: string; type: string } | null {
  if (!author) return null
  const { login, __typename: type = 'User' } = author
  return { login: type === 'Bot' && !login.endsWith('[bot]') ? `${login}[bot]` : login, type }
}

/** The event that a webhook would have told of that moment. */
export function eventFacts(context: ReadContext, pr: PullRequest, moment: Moment): Facts[] {
  const { author, headRepository, labels } = pr
  const { sha, at, action = 'read', baseRef = pr.baseRefName } = moment
  const isNow = sha === pr.headRefOid && baseRef === pr.baseRefName
  return factsOf(context, 'pull_request', {
    action,
    pull_request: {
      number: pr.number,
      state: pr.state === 'OPEN' ? 'open' : 'closed',
      merged: pr.state === 'MERGED',
      draft: pr.isDraft,
      title: pr.title,
      user: userOf(author),
      created_at: pr.createdAt,
      updated_at: new Date(at).toISOString(),
      merge_commit_sha: pr.mergeCommit?.oid ?? null,
      labels: (labels?.nodes ?? []).filter((one) => one !== null),
      head: { ref: pr.headRefName, sha, repo: headRepository && { id: headRepository.databaseId } },
      // What the base was at the time of another head is not known.
      base: { ref: baseRef, sha: isNow ? (pr.baseRefOid ?? null) : null },
    },
  })
}

/** What it is now: its head as it was last touched, and its end. */
export function stateFacts(context: ReadContext, pr: PullRequest): Facts[] {
  const sha = pr.headRefOid
  const facts = eventFacts(context, pr, { sha, at: Date.parse(pr.updatedAt) })
  if (pr.state === 'OPEN' || !pr.closedAt) return facts
  return [...facts, ...eventFacts(context, pr, { sha, at: Date.parse(pr.closedAt), action: 'closed' })]
}

/** A command in the body with which it was opened. GitHub tells the body as it is now: one that was edited since is taken so. */
export function bodyFacts(
  { repository }: ReadContext,
  pr: PullRequest & { body?: string | null; authorAssociation?: string | null },
): Facts[] {
  const login = userOf(pr.author)?.login ?? 'ghost'
  const comment: CommentFact | null = bodyCommand({
    repositoryId: repository.id,
    number: pr.number,
    body: pr.body ? storable(pr.body) : null,
    author: { login, isBot: login.endsWith('[bot]') },
    association: pr.authorAssociation ?? null,
    createdAt: new Date(pr.createdAt).toISOString(),
  })
  return comment ? [{ comment: [comment] }] : []
}
