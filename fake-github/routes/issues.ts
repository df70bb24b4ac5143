/** Issues and labels: create, read, change, list. Pull requests appear among the issues, as on GitHub. */
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
import { addIssue, addLabel, newId } from '../seed.ts'
import { instant } from '../shapes/instance.ts'
import { issueShape, labelShape, labelShapes } from '../shapes/issues.ts'
import { timelineShapes } from '../shapes/timeline.ts'
import type { Issue, Repository, TimelineEvent } from '../state.ts'

const READ: Route['needs'] = [
  ['issues', 'read'],
  ['pull_requests', 'read'],
]
const WRITE: Route['needs'] = [
  ['issues', 'write'],
  ['pull_requests', 'write'],
]

/** The issue or pull request in the path. @throws {Refusal} 404 */
export function issueOf(call: Call, repository: Repository): Issue {
  const issue = repository.issues.get(numberParam(call, 'issue_number'))
  if (!issue) throw notFound()
  return issue
}

function labelNames(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.map((label: unknown) => (typeof label === 'string' ? label : String((label as Named).name)))
}
interface Named {
  name: string
}

function create(call: Call) {
  const repository = repositoryOf(call)
  const title = textField(call, 'title')
  if (!title) throw invalid('Issue', 'title', 'missing_field')
  const issue = addIssue(call.github.state, repository, {
    title,
    body: textField(call, 'body') ?? null,
    labels: labelNames(call.body.labels) ?? [],
    assignees: (call.body.assignees as string[] | undefined) ?? [],
    at: instant(call.github),
    ...writerOf(call),
  })
  return { status: 201, body: issueShape(call.github, repository, issue) }
}

function note(
  call: Call,
  issue: Issue,
  event: Omit<TimelineEvent, 'id' | 'actor' | 'at' | 'commitSha'>,
): void {
  const { user } = writerOf(call)
  issue.timeline.push({
    id: newId(call.github.state),
    actor: user,
    at: instant(call.github),
    commitSha: null,
    ...event,
  })
}

function setLabels(call: Call, repository: Repository, issue: Issue, names: string[]): void {
  for (const name of names) addLabel(call.github.state, repository, name)
  for (const name of names)
    if (!issue.labels.includes(name)) note(call, issue, { event: 'labeled', label: name })
  for (const name of issue.labels)
    if (!names.includes(name)) note(call, issue, { event: 'unlabeled', label: name })
  issue.labels = [...new Set(names)]
}

function setState(call: Call, issue: Issue, state: 'open' | 'closed'): void {
  if (issue.state === state) return
  issue.state = state
  issue.closedAt = state === 'closed' ? instant(call.github) : null
  issue.closedBy = state === 'closed' ? writerOf(call).user : null
  issue.stateReason = state === 'closed' ? 'completed' : 'reopened'
  note(call, issue, { event: state === 'closed' ? 'closed' : 'reopened' })
}

function update(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const { title, body, state, labels, assignees } = call.body
  if (typeof title === 'string' && title !== issue.title) {
    note(call, issue, { event: 'renamed', rename: { from: issue.title, to: title } })
    issue.title = title
  }
  if (typeof body === 'string' || body === null) issue.body = body
  if (state === 'open' || state === 'closed') setState(call, issue, state)
  const reason = call.body.state_reason
  if (issue.state === 'closed' && typeof reason === 'string') {
    issue.stateReason = reason as NonNullable<Issue['stateReason']>
  }
  const names = labelNames(labels)
  if (names) setLabels(call, repository, issue, names)
  if (Array.isArray(assignees)) issue.assignees = assignees.map(String)
  issue.updatedAt = instant(call.github)
  return { status: 200, body: issueShape(call.github, repository, issue) }
}

function matches(call: Call, issue: Issue): boolean {
  const state = call.query.get('state') ?? 'open'
  if (state !== 'all' && issue.state !== state) return false
  const creator = call.query.get('creator')
  if (creator && !sameLogin(issue, creator)) return false
  const assignee = call.query.get('assignee')
  if (assignee === 'none' && issue.assignees.length > 0) return false
  if (assignee && assignee !== 'none' && assignee !== '*' && !issue.assignees.includes(assignee)) return false
  const since = call.query.get('since')
  if (since && Date.parse(issue.updatedAt) < Date.parse(since)) return false
  const wanted = call.query.get('labels')?.split(',') ?? []
  const own = issue.labels.map((label) => label.toLowerCase())
  return wanted.every((label) => own.includes(label.trim().toLowerCase()))
}

/** GitHub accepts `app/slug` and `slug[bot]` as the creator of an app's issues. */
function sameLogin(issue: Issue, creator: string): boolean {
  const login = creator.startsWith('app/') ? `${creator.slice(4)}[bot]` : creator
  return issue.user.toLowerCase() === login.toLowerCase()
}

function list(call: Call) {
  const repository = repositoryOf(call)
  const by = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt'
  const found = [...repository.issues.values()].filter((issue) => matches(call, issue))
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.number - b.number)
  if (call.query.get('direction') !== 'asc') found.reverse()
  return page(call, found, (issue) => issueShape(call.github, repository, issue))
}

function addLabels(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const names = labelNames(call.body.labels ?? call.body.list) ?? []
  setLabels(call, repository, issue, [...issue.labels, ...names])
  return { status: 200, body: labelShapes(call.github, repository, issue.labels) }
}

function removeLabel(call: Call) {
  const repository = repositoryOf(call)
  const issue = issueOf(call, repository)
  const name = call.params.name ?? ''
  if (!issue.labels.some((label) => label.toLowerCase() === name.toLowerCase())) {
    throw notFound()
  }
  setLabels(
    call,
    repository,
    issue,
    issue.labels.filter((label) => label.toLowerCase() !== name.toLowerCase()),
  )
  return { status: 200, body: labelShapes(call.github, repository, issue.labels) }
}

function createLabel(call: Call) {
  const repository = repositoryOf(call)
  const name = textField(call, 'name')
  if (!name) throw invalid('Label', 'name', 'missing_field')
  if (repository.labels.has(name.toLowerCase())) throw invalid('Label', 'name', 'already_exists')
  const label = addLabel(call.github.state, repository, name, {
    color: textField(call, 'color') ?? 'ededed',
    description: textField(call, 'description') ?? null,
  })
  return { status: 201, body: labelShape(call.github, repository, label) }
}

function getLabel(call: Call) {
  const repository = repositoryOf(call)
  const label = repository.labels.get((call.params.name ?? '').toLowerCase())
  if (!label) throw notFound()
  return { status: 200, body: labelShape(call.github, repository, label) }
}

const ISSUES = '/repos/{owner}/{repo}/issues'
const LABELS = '/repos/{owner}/{repo}/labels'

function timeline(call: Call) {
  const repository = repositoryOf(call)
  const shapes = timelineShapes(call.github, repository, issueOf(call, repository))
  return page(call, shapes, (shape) => shape)
}

export const issueRoutes: Route[] = [
  { method: 'GET', path: `${ISSUES}/{issue_number}/timeline`, needs: READ, handle: timeline },
  { method: 'GET', path: ISSUES, needs: READ, handle: list },
  { method: 'POST', path: ISSUES, needs: [['issues', 'write']], handle: create },
  {
    method: 'GET',
    path: `${ISSUES}/{issue_number}`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return { status: 200, body: issueShape(call.github, repository, issueOf(call, repository)) }
    },
  },
  { method: 'PATCH', path: `${ISSUES}/{issue_number}`, needs: WRITE, handle: update },
  {
    method: 'GET',
    path: `${ISSUES}/{issue_number}/labels`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      const names = issueOf(call, repository).labels
      return page(call, labelShapes(call.github, repository, names), (label) => label)
    },
  },
  { method: 'POST', path: `${ISSUES}/{issue_number}/labels`, needs: WRITE, handle: addLabels },
  { method: 'DELETE', path: `${ISSUES}/{issue_number}/labels/{name}`, needs: WRITE, handle: removeLabel },
  {
    method: 'GET',
    path: LABELS,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return page(call, [...repository.labels.values()], (label) =>
        labelShape(call.github, repository, label),
      )
    },
  },
  { method: 'POST', path: LABELS, needs: WRITE, handle: createLabel },
  { method: 'GET', path: `${LABELS}/{name}`, needs: READ, handle: getLabel },
]
