/** Pull requests and their heads where GraphQL is not served: 2 requests for each, and the list. */
import type { Page } from '../db/reading.ts'
import { lookPages } from './heads.ts'
import { hasNext, type PageResult, type ReadContext } from './page.ts'
import type { PullRequest } from './pull.ts'
import { headsOf } from './pulls.ts'

export interface RestPull {
  number: number
  title: string
  state: string
  draft?: boolean
  merged_at: string | null
  created_at: string
  updated_at: string
  closed_at: string | null
  merge_commit_sha: string | null
  user: { login: string; type?: string } | null
  labels?: { name: string }[]
  head: { ref: string; sha: string; repo: { id: number } | null }
  base: { ref: string; sha: string; repo?: { id: number } | null }
}

/** The first page of the list. */
export function firstPullsWithoutGraphql(): Page {
  return listPage(1)
}

function listPage(page: number): Page {
  return { key: `pulls-rest:${page}`, kind: 'pulls-rest', detail: { page }, numbers: [] }
}

/** Reads a page of the list, last touched first. */
export async function readPullsWithoutGraphql(
  context: ReadContext,
  { page }: { page: number },
  after: () => Page[],
): Promise<PageResult> {
  const { owner, repo, since } = context
  const { data, headers } = await context.asker.get('GET /repos/{owner}/{repo}/pulls', {
    owner,
    repo,
    state: 'all',
    sort: 'updated',
    direction: 'desc',
    per_page: 100,
    page,
  })
  const pulls = data as RestPull[]
  const recent = pulls.filter((one) => Date.parse(one.updated_at) >= Date.parse(since))
  const pages = recent.map((one) => {
    const numbers = [one.number]
    return { key: `pull:${one.number}`, kind: 'pull', detail: { pull: slim(one) }, numbers }
  })
  const goesOn = hasNext(headers) && recent.length === pulls.length
  return {
    facts: [],
    next: [...pages, ...(goesOn ? [listPage(page + 1)] : after())],
    found: recent.map((one) => one.number),
  }
}

/** The list's entries hold both repositories whole; this is what is needed of them. */
function slim(pull: RestPull): RestPull {
  const { number, title, state, draft, merged_at, created_at, updated_at, user, labels, head, base } = pull
  const { closed_at, merge_commit_sha } = pull
  return {
    ...{ number, title, state, merged_at, created_at, updated_at, closed_at, merge_commit_sha },
    draft: draft ?? false,
    user: user && { login: user.login, ...(user.type && { type: user.type }) },
    labels: (labels ?? []).map(({ name }) => ({ name })),
    head: { ref: head.ref, sha: head.sha, repo: head.repo && { id: head.repo.id } },
    base: { ref: base.ref, sha: base.sha },
  }
}

interface TimelineEvent {
  event?: string
  commit_id?: string | null
  created_at?: string
}

/** Reads the commits and the timeline of a pull request; GitHub's REST API names only one end of a force-push. */
export async function readPull(context: ReadContext, { pull }: { pull: RestPull }): Promise<PageResult> {
  const { owner, repo } = context
  const at = { owner, repo, per_page: 100 }
  const { data: commits } = await context.asker.get('GET /repos/{owner}/{repo}/pulls/{pull_number}/commits', {
    ...at,
    pull_number: pull.number,
  })
  const { data: events } = await context.asker.get(
    'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline',
    {
      ...at,
      issue_number: pull.number,
    },
  )
  const forced = (events as TimelineEvent[]).filter((one) => one.event === 'head_ref_force_pushed')
  const { facts, looks } = headsOf(context, {
    ...pullOfRest(pull),
    commits: {
      nodes: (commits as { sha: string; commit: { committer: { date?: string } | null } }[]).map((one) => ({
        commit: {
          oid: one.sha,
          ...(one.commit.committer?.date && { committedDate: one.commit.committer.date }),
        },
      })),
    },
    timelineItems: {
      nodes: forced.map(({ commit_id, created_at }) => ({
        createdAt: created_at ?? pull.updated_at,
        beforeCommit: null,
        afterCommit: commit_id ? { oid: commit_id } : null,
      })),
    },
  })
  return { facts, next: lookPages(looks), found: [] }
}

/** As GraphQL would have told it. */
export function pullOfRest(pull: RestPull): PullRequest {
  const { user, head, base } = pull
  return {
    number: pull.number,
    title: pull.title,
    state: pull.merged_at ? 'MERGED' : pull.state === 'open' ? 'OPEN' : 'CLOSED',
    isDraft: pull.draft ?? false,
    createdAt: pull.created_at,
    updatedAt: pull.updated_at,
    closedAt: pull.closed_at,
    mergeCommit: pull.merged_at && pull.merge_commit_sha ? { oid: pull.merge_commit_sha } : null,
    baseRefName: base.ref,
    baseRefOid: base.sha,
    headRefName: head.ref,
    headRefOid: head.sha,
    author: user && { __typename: user.type ?? 'User', login: user.login },
    headRepository: head.repo && { databaseId: head.repo.id },
    labels: { nodes: pull.labels ?? [] },
  }
}
