/** Comments on issues and pull requests, and the reactions to them. */
import { page } from '../paging.ts'
import {
  type Call,
  invalid,
  notFound,
  numberParam,
  type Route,
  repositoryOf,
  textField,
  writerOf,
} from '../route.ts'
import { newId } from '../seed.ts'
import { instant } from '../shapes/instance.ts'
import { commentShape, reactionShape } from '../shapes/issues.ts'
import type { Comment, Reaction, ReactionContent, Repository } from '../state.ts'
import { issueOf } from './issues.ts'

const READ: Route['needs'] = [
  ['issues', 'read'],
  ['pull_requests', 'read'],
]
const WRITE: Route['needs'] = [
  ['issues', 'write'],
  ['pull_requests', 'write'],
]
const MAX_CHARACTERS = 65_536

function commentOf(call: Call, repository: Repository): Comment {
  const comment = repository.comments.get(numberParam(call, 'comment_id'))
  if (!comment) throw notFound()
  return comment
}

function bodyOf(call: Call): string {
  const body = textField(call, 'body')
  if (!body?.trim()) throw invalid('IssueComment', 'body', 'missing_field')
  if (body.length > MAX_CHARACTERS) throw invalid('IssueComment', 'body', 'too_long')
  return body
}

function create(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const at = instant(call.github)
  const comment: Comment = {
    id: newId(call.github.state),
    issue: issue.number,
    body: bodyOf(call),
    createdAt: at,
    updatedAt: at,
    reactions: [],
    minimized: null,
    ...writerOf(call),
  }
  repository.comments.set(comment.id, comment)
  issue.updatedAt = at
  return { status: 201, body: commentShape(call.github, repository, comment) }
}

function since(call: Call, comment: Comment): boolean {
  const from = call.query.get('since')
  return !from || Date.parse(comment.updatedAt) >= Date.parse(from)
}

function listOfIssue(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const found = [...repository.comments.values()].filter(
    (comment) => comment.issue === issue.number && since(call, comment),
  )
  found.sort((a, b) => a.id - b.id)
  return page(call, found, (comment) => commentShape(call.github, repository, comment))
}

function listOfRepository(call: Call) {
  const repository = repositoryOf(call)
  const found = [...repository.comments.values()].filter((comment) => since(call, comment))
  const sort = call.query.get('sort')
  const by = sort === 'updated' ? 'updatedAt' : 'createdAt'
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.id - b.id)
  if (sort && call.query.get('direction') !== 'asc') found.reverse()
  return page(call, found, (comment) => commentShape(call.github, repository, comment))
}

function update(call: Call) {
  const repository = repositoryOf(call)
  const comment = commentOf(call, repository)
  comment.body = bodyOf(call)
  comment.updatedAt = instant(call.github)
  return { status: 200, body: commentShape(call.github, repository, comment) }
}

function remove(call: Call) {
  const repository = repositoryOf(call)
  repository.comments.delete(commentOf(call, repository).id)
  return { status: 204 }
}

/** Adds a reaction. A repeated reaction of the same user is answered with 200 and not added. */
function react(call: Call, reactions: Reaction[]) {
  const content = textField(call, 'content') as ReactionContent | undefined
  if (!content) throw invalid('Reaction', 'content', 'missing_field')
  const { user } = writerOf(call)
  const existing = reactions.find((reaction) => reaction.user === user && reaction.content === content)
  if (existing) return { status: 200, body: reactionShape(call.github, existing) }
  const reaction: Reaction = { id: newId(call.github.state), user, content, createdAt: instant(call.github) }
  reactions.push(reaction)
  return { status: 201, body: reactionShape(call.github, reaction) }
}

function listReactions(call: Call, reactions: Reaction[]) {
  const content = call.query.get('content')
  const found = reactions.filter((reaction) => !content || reaction.content === content)
  return page(call, found, (reaction) => reactionShape(call.github, reaction))
}

function removeReaction(call: Call) {
  const comment = commentOf(call, repositoryOf(call))
  const id = numberParam(call, 'reaction_id')
  const left = comment.reactions.filter((reaction) => reaction.id !== id)
  if (left.length === comment.reactions.length) throw notFound()
  comment.reactions = left
  return { status: 204 }
}

const OF_ISSUE = '/repos/{owner}/{repo}/issues/{issue_number}'
const ALL = '/repos/{owner}/{repo}/issues/comments'
const ONE = `${ALL}/{comment_id}`

export const commentRoutes: Route[] = [
  { method: 'GET', path: ALL, needs: READ, handle: listOfRepository },
  { method: 'GET', path: `${OF_ISSUE}/comments`, needs: READ, handle: listOfIssue },
  { method: 'POST', path: `${OF_ISSUE}/comments`, needs: WRITE, handle: create },
  {
    method: 'GET',
    path: ONE,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return { status: 200, body: commentShape(call.github, repository, commentOf(call, repository)) }
    },
  },
  { method: 'PATCH', path: ONE, needs: WRITE, handle: update },
  { method: 'DELETE', path: ONE, needs: WRITE, handle: remove },
  {
    method: 'GET',
    path: `${ONE}/reactions`,
    needs: READ,
    handle: (call) => listReactions(call, commentOf(call, repositoryOf(call)).reactions),
  },
  {
    method: 'POST',
    path: `${ONE}/reactions`,
    needs: WRITE,
    handle: (call) => react(call, commentOf(call, repositoryOf(call)).reactions),
  },
  { method: 'DELETE', path: `${ONE}/reactions/{reaction_id}`, needs: WRITE, handle: removeReaction },
  {
    method: 'GET',
    path: `${OF_ISSUE}/reactions`,
    needs: READ,
    handle: (call) => listReactions(call, issueOf(call, repositoryOf(call)).reactions),
  },
  {
    method: 'POST',
    path: `${OF_ISSUE}/reactions`,
    needs: WRITE,
    handle: (call) => react(call, issueOf(call, repositoryOf(call)).reactions),
  },
]
