/** Pull requests and their heads without GraphQL: the list, and at least 2 requests for each. */
import { newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { mayHoldCommand } from '../../domain/command-lines.ts'
import { lookPages } from './looks.ts'
import { listOf, nextPage, type PageResult, PER_PAGE, type ReadContext, refusalOf } from './page.ts'
import { type PullRequest, stateFacts } from './pull.ts'
import { headsOf } from './pull-heads.ts'

/** GitHub lists at most this many pages of a timeline. */
const MAX_PAGES = 100

export interface RestPull {
  number: number
  title: string
  state: string
  draft?: boolean
  merged_at?: string | null
  created_at: string
  updated_at: string
  closed_at?: string | null
  merge_commit_sha?: string | null
  body?: string | null
  author_association?: string | null
  user?: { login: string; type?: string } | null
  labels?: { name: string }[]
  head: { ref: string; sha: string; repo?: { id: number } | null }
  base: { ref: string; sha: string; repo?: { id: number } | null }
}

/** The first page of the list. */
export function firstPullsWithoutGraphql(): Page {
  return listPage(1)
}

function listPage(page: number): Page {
  return newPage('pulls-rest', page, { page })
}

/** Reads a page of the list, most recently updated first. */
export async function readPullsWithoutGraphql(
  context: ReadContext,
  { page }: PagePayloads['pulls-rest'],
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/pulls', {
    owner,
    repo,
    state: 'all',
    sort: 'updated',
    direction: 'desc',
    per_page: PER_PAGE,
    page,
  })
  const pulls = listOf<RestPull>(data)
  const recent = pulls.filter((pull) => Date.parse(pull.updated_at) >= Date.parse(since))
  const pages = recent.map(pullPage)
  const following = nextPage(headers, page, pulls.length)
  return {
    // Actions runs are assigned by the branches of pull requests, before the pages about single ones are read.
    facts: recent.flatMap((pull) => stateFacts(context, pullOfRest(pull))),
    next: [
      ...pages,
      ...(following !== null && recent.length === pulls.length ? [listPage(following)] : after()),
    ],
    found: recent.map((pull) => pull.number),
  }
}

/** Reads one pull request that GraphQL does not show. Its commits and timeline are read next. */
export async function readPullByNumber(context: ReadContext, number: number): Promise<PageResult> {
  const { client, owner, repo } = context
  const path = { owner, repo, pull_number: number }
  const { data } = await client.get('GET /repos/{owner}/{repo}/pulls/{pull_number}', path)
  const pull = data as RestPull
  return { facts: stateFacts(context, pullOfRest(pull)), next: [pullPage(pull)], found: [] }
}

function pullPage(pull: RestPull): Page {
  return newPage('pull', pull.number, { pull: slim(pull) }, [pull.number])
}

/** The fields that are needed: the list's entries contain both repositories with all their fields. */
function slim(pull: RestPull): PagePayloads['pull']['pull'] {
  const { number, title, state, draft, merged_at, created_at, updated_at, user, labels, head, base } = pull
  const { closed_at, merge_commit_sha, body, author_association } = pull
  return {
    // A body is only read for its commands.
    body: body && mayHoldCommand(body) ? body : null,
    author_association: author_association ?? null,
    ...{ number, title, state, created_at, updated_at },
    ...{
      merged_at: merged_at ?? null,
      closed_at: closed_at ?? null,
      merge_commit_sha: merge_commit_sha ?? null,
    },
    draft: draft ?? false,
    user: user ? { login: user.login, ...(user.type && { type: user.type }) } : null,
    labels: (labels ?? []).map(({ name }) => ({ name })),
    head: { ref: head.ref, sha: head.sha, repo: head.repo ? { id: head.repo.id } : null },
    base: { ref: base.ref, sha: base.sha },
  }
}

interface TimelineEvent {
  event?: string
  commit_id?: string | null
  created_at?: string
  id?: number
  body?: string | null
  submitted_at?: string
  author_association?: string
  user?: { login: string; type?: string } | null
}

interface ListedCommit {
  sha: string
  commit?: { committer?: { date?: string } | null }
}

/** Reads the commits and the timeline of a pull request. The REST API only names one end of a force-push. */
export async function readPull(context: ReadContext, { pull }: PagePayloads['pull']): Promise<PageResult> {
  const { number } = pull
  const commits = await listAll<ListedCommit>(
    context,
    'GET /repos/{owner}/{repo}/pulls/{pull_number}/commits',
    {
      pull_number: number,
    },
  )
  const events = await listAll<TimelineEvent>(
    context,
    'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline',
    {
      issue_number: number,
    },
  )
  const forced = events.entries.filter(({ event }) => event === 'head_ref_force_pushed')
  const reviewed = events.entries.filter(({ event }) => event === 'reviewed')
  const { facts, looks } = headsOf(context, {
    ...pullOfRest(pull),
    body: pull.body,
    authorAssociation: pull.author_association,
    commits: {
      nodes: commits.entries.map(({ sha, commit }) => ({
        commit: { oid: sha, committedDate: commit?.committer?.date ?? null },
      })),
    },
    timelineItems: {
      nodes: forced.map(({ commit_id, created_at }) => ({
        createdAt: created_at ?? pull.updated_at,
        beforeCommit: null,
        afterCommit: commit_id ? { oid: commit_id } : null,
      })),
    },
    reviews: { nodes: reviewed.map(reviewOf) },
  })
  const problem = commits.problem ?? events.problem ?? lossOf(commits.entries, events.entries)
  return { facts, next: lookPages(looks), found: [], ...(problem && { problem }) }
}

/** GitHub lists at most this many commits of a pull request over REST. */
const MAX_COMMITS = 250

/** What the REST API leaves out of a pull request; null if it shows everything. */
function lossOf(commits: readonly ListedCommit[], events: readonly TimelineEvent[]): string | null {
  const has = (name: string) => events.some(({ event }) => event === name)
  if (commits.length >= MAX_COMMITS) return `REST lists at most ${MAX_COMMITS} commits of a pull request`
  if (has('base_ref_changed')) return 'REST does not name the base branch before it was changed'
  if (has('head_ref_force_pushed')) return 'REST does not name the head that a force-push replaced'
  return null
}

function reviewOf({ id, body, submitted_at, author_association, user }: TimelineEvent) {
  return {
    databaseId: id ?? null,
    body: body ?? null,
    submittedAt: submitted_at ?? null,
    authorAssociation: author_association ?? null,
    author: user ? { __typename: user.type ?? 'User', login: user.login } : null,
  }
}

/** All pages of a list. If a page is refused, the entries before it and the reason. */
async function listAll<T>(
  { client, owner, repo }: ReadContext,
  route: string,
  parameters: object,
): Promise<{ entries: T[]; problem: string | null }> {
  const entries: T[] = []
  for (let page: number | null = 1; page !== null && page <= MAX_PAGES; ) {
    const options = { owner, repo, ...parameters, per_page: PER_PAGE, page }
    const answer: Awaited<ReturnType<typeof client.get>> | string = await client
      .get(route, options)
      .catch((error: unknown) => {
        const problem = refusalOf(error)
        if (problem === null) throw error
        return problem
      })
    if (typeof answer === 'string') return { entries, problem: answer }
    const list = listOf<T>(answer.data)
    entries.push(...list)
    page = nextPage(answer.headers, page, list.length)
  }
  return { entries, problem: null }
}

/** The pull request in the form of GraphQL. */
export function pullOfRest(pull: RestPull): PullRequest {
  const { user, head, base } = pull
  return {
    number: pull.number,
    title: pull.title,
    state: pull.merged_at ? 'MERGED' : pull.state === 'open' ? 'OPEN' : 'CLOSED',
    isDraft: pull.draft ?? false,
    createdAt: pull.created_at,
    updatedAt: pull.updated_at,
    closedAt: pull.closed_at ?? null,
    mergeCommit: pull.merged_at && pull.merge_commit_sha ? { oid: pull.merge_commit_sha } : null,
    baseRefName: base.ref,
    baseRefOid: base.sha,
    headRefName: head.ref,
    headRefOid: head.sha,
    author: user ? { __typename: user.type ?? 'User', login: user.login } : null,
    headRepository: head.repo ? { databaseId: head.repo.id } : null,
    labels: { nodes: pull.labels ?? [] },
  }
}
