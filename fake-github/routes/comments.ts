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
import { commentShape, reactionShape } from '../shapes/issues.ts'
import { instant } from '../shapes/world.ts'
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
  const at = instant(call.world)
  const comment: Comment = {
    id: newId(call.world.state),
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
  return { status: 201, body: commentShape(call.world, repository, comment) }
}

function since(call: Call, comment: Comment): boolean {
  const from = call.query.get('since')
  return !from || Date.parse(comment.updatedAt) >= Date.parse(from)
}

function listOfIssue(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const found = [...repository.comments.values()].filter(
    (one) => one.issue === issue.number && since(call, one),
  )
  found.sort((a, b) => a.id - b.id)
  return page(call, found, (comment) => commentShape(call.world, repository, comment))
}

function listOfRepository(call: Call) {
  const repository = repositoryOf(call)
  const found = [...repository.comments.values()].filter((one) => since(call, one))
  const sort = call.query.get('sort')
  const by = sort === 'updated' ? 'updatedAt' : 'createdAt'
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.id - b.id)
  if (sort && call.query.get('direction') !== 'asc') found.reverse()
  return page(call, found, (comment) => commentShape(call.world, repository, comment))
}

function update(call: Call) {
  const repository = repositoryOf(call)
  const comment = commentOf(call, repository)
  comment.body = bodyOf(call)
  comment.updatedAt = instant(call.world)
  return { status: 200, body: commentShape(call.world, repository, comment) }
}

function remove(call: Call) {
  const repository = repositoryOf(call)
  repository.comments.delete(commentOf(call, repository).id)
  return { status: 204 }
}

/** Adds a reaction; the same reaction of the same account a second time answers 200 and adds nothing. */
function react(call: Call, reactions: Reaction[]) {
  const content = textField(call, 'content') as ReactionContent | undefined
  if (!content) throw invalid('Reaction', 'content', 'missing_field')
  const { user } = writerOf(call)
  const known = reactions.find((one) => one.user === user && one.content === content)
  if (known) return { status: 200, body: reactionShape(call.world, known) }
  const reaction: Reaction = { id: newId(call.world.state), user, content, createdAt: instant(call.world) }
  reactions.push(reaction)
  return { status: 201, body: reactionShape(call.world, reaction) }
}

function listReactions(call: Call, reactions: Reaction[]) {
  const content = call.query.get('content')
  const found = reactions.filter((one) => !content || one.content === content)
  return page(call, found, (one) => reactionShape(call.world, one))
}

function removeReaction(call: Call) {
  const comment = commentOf(call, repositoryOf(call))
  const id = numberParam(call, 'reaction_id')
  const left = comment.reactions.filter((one) => one.id !== id)
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
      return { status: 200, body: commentShape(call.world, repository, commentOf(call, repository)) }
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
