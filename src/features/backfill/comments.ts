/** Comments: they show that a person acted, or requested a re-run, between two results. */
import { newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { factsOf, listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

const KINDS = {
  comments: { route: 'GET /repos/{owner}/{repo}/issues/comments', event: 'issue_comment' },
  review_comments: {
    route: 'GET /repos/{owner}/{repo}/pulls/comments',
    event: 'pull_request_review_comment',
  },
} as const

type CommentKind = keyof typeof KINDS

/** The first pages of comments. */
export function firstComments(): Page[] {
  return [commentPage('comments', 1), commentPage('review_comments', 1)]
}

function commentPage(kind: CommentKind, page: number): Page {
  return newPage(kind, page, { page })
}

interface Comment {
  html_url?: string
  issue_url?: string
  pull_request_url?: string
}

/** Reads a page of the comments since the start of the backfill, oldest first, so that new ones come last. */
export async function readComments(
  context: ReadContext,
  kind: CommentKind,
  { page }: PagePayloads[CommentKind],
): Promise<PageResult> {
  const { route, event } = KINDS[kind]
  const { owner, repo, since } = context
  const options = { owner, repo, since, sort: 'created', direction: 'asc', per_page: PER_PAGE, page }
  const { data, headers } = await context.client.get(route, options)
  const comments = listOf<Comment>(data)
  const next = nextPage(headers, page, comments.length)
  return {
    facts: comments.flatMap((comment) => {
      const number = Number((comment.issue_url ?? comment.pull_request_url ?? '').split('/').pop())
      // GitHub does not say whether the pull request was open then. Commands on closed ones are rare and have no effect.
      const on = { number, state: 'open' }
      const isOnPull = /\/pulls?\//.test(comment.html_url ?? '')
      return factsOf(context, event, {
        action: 'created',
        comment,
        issue: { ...on, ...(isOnPull && { pull_request: {} }) },
        pull_request: on,
      })
    }),
    next: next !== null ? [commentPage(kind, next)] : [],
    found: [],
  }
}
