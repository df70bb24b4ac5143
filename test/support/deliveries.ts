/** Webhook deliveries in the form that GitHub sends, with defaults. */
import { createHash } from 'node:crypto'
import type { Delivery } from '../../src/intake/prepare.ts'
import { at, BASE, HEAD, REPOSITORY_ID } from './facts.ts'

export interface TestDelivery extends Delivery {
  payload: Record<string, unknown>
}

const ACTIONS = { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' }
export const REPOSITORY = {
  id: REPOSITORY_ID,
  name: 'widgets',
  full_name: 'acme/widgets',
  private: false,
  default_branch: 'main',
  owner: { login: 'acme', id: 9, type: 'Organization' },
}

/** A delivery of any event: the payload with the fields that every event has. */
export function aDelivery(name: string, payload: Record<string, unknown>, id?: string): TestDelivery {
  const whole = {
    repository: REPOSITORY,
    organization: { login: 'acme', id: 9 },
    sender: { login: 'octocat', id: 1, type: 'User' },
    installation: { id: 77 },
    ...payload,
  }
  return { id: id ?? guidOf(name, whole), name, payload: whole }
}

/** An id derived from the content: two equal deliveries are one delivery sent twice. */
function guidOf(name: string, payload: object): string {
  const hash = createHash('sha256')
    .update(`${name}\n${JSON.stringify(payload)}`)
    .digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

export interface PullRequestOptions {
  action?: string
  number?: number
  headSha?: string
  headRef?: string
  baseRef?: string
  baseSha?: string
  before?: string
  minute?: number
  openedMinute?: number
  fork?: boolean
  body?: string | null
  author?: string
  title?: string
  merged?: boolean
  repository?: typeof REPOSITORY
}

export function pullRequestDelivery(options: PullRequestOptions = {}): TestDelivery {
  const { action = 'opened', number = 7, headSha = HEAD, minute = 0, fork = false, body = null } = options
  const { author = 'octocat', repository = REPOSITORY, headRef = `topic-${number}` } = options
  return aDelivery('pull_request', {
    action,
    number,
    repository,
    ...(options.before && { before: options.before, after: headSha }),
    pull_request: {
      id: 70_000 + number,
      number,
      state: action === 'closed' ? 'closed' : 'open',
      locked: false,
      title: options.title ?? `Change ${number}`,
      body,
      draft: false,
      merged: options.merged ?? false,
      user: { login: author, id: 1, type: 'User' },
      author_association: 'MEMBER',
      created_at: at(options.openedMinute ?? 0),
      updated_at: at(minute),
      merge_commit_sha: null,
      labels: [],
      head: { ref: headRef, sha: headSha, repo: { id: fork ? 2002 : repository.id } },
      base: { ref: options.baseRef ?? 'main', sha: options.baseSha ?? BASE, repo: { id: repository.id } },
    },
  })
}

export interface CheckRunOptions {
  action?: string
  id?: number
  name?: string
  headSha?: string
  conclusion?: string | null
  status?: string
  minute?: number
  /** How long it ran; 5 minutes by default. */
  minutes?: number
  /** When GitHub last updated the suite, which dates what it reports about one run. */
  toldMinute?: number
  suite?: number
  app?: { id: number; slug: string; name: string }
  headBranch?: string | null
  pullRequests?: object[]
  title?: string | null
  repository?: typeof REPOSITORY
}

export function checkRunDelivery(options: CheckRunOptions = {}): TestDelivery {
  const { action = 'completed', id = 1, name = 'unit', headSha = HEAD, minute = 10 } = options
  const { app = ACTIONS, headBranch = 'topic-7', pullRequests = [], suite = 500 } = options
  const conclusion = options.conclusion === undefined ? 'success' : options.conclusion
  const url = `https://github.com/acme/widgets/actions/runs/${suite}/job/${id}`
  return aDelivery('check_run', {
    action,
    repository: options.repository ?? REPOSITORY,
    check_run: {
      id,
      name,
      head_sha: headSha,
      external_id: `${id}`,
      status: options.status ?? 'completed',
      conclusion,
      started_at: at(minute - (options.minutes ?? 5)),
      completed_at: at(minute),
      html_url: url,
      details_url: url,
      output: { title: options.title ?? null, summary: null, text: null, annotations_count: 0 },
      app,
      check_suite: {
        id: suite,
        head_branch: headBranch,
        head_sha: headSha,
        updated_at: at(options.toldMinute ?? minute),
        pull_requests: pullRequests,
        app,
      },
      pull_requests: pullRequests,
    },
    sender: { login: `${app.slug}[bot]`, id: 2, type: 'Bot' },
  })
}

/** An entry of a check run's `pull_requests`. */
export function namedPullRequest(
  number: number,
  options: { baseSha?: string; baseRef?: string; repositoryId?: number } = {},
) {
  const repo = { id: options.repositoryId ?? REPOSITORY_ID, name: 'widgets' }
  return {
    id: 70_000 + number,
    number,
    head: { ref: `topic-${number}`, sha: HEAD, repo },
    base: { ref: options.baseRef ?? 'main', sha: options.baseSha ?? BASE, repo },
  }
}

export interface StatusOptions {
  id?: number
  context?: string
  headSha?: string
  state?: string
  description?: string | null
  build?: number | null
  minute?: number
  branches?: object[]
}

export function statusDelivery(options: StatusOptions = {}): TestDelivery {
  const { context = 'pull-unit', headSha = HEAD, state = 'success', build = 1, minute = 10 } = options
  const description = options.description === undefined ? 'Job succeeded.' : options.description
  return aDelivery('status', {
    id: options.id ?? 9000 + minute,
    sha: headSha,
    name: 'acme/widgets',
    context,
    state,
    description,
    target_url:
      build === null ? null : `https://prow.example.org/view/pr-logs/pull/acme_widgets/7/${context}/${build}`,
    created_at: at(minute),
    updated_at: at(minute),
    branches: options.branches ?? [],
    commit: { sha: headSha, commit: { message: 'Change', committer: { date: at(minute) } } },
  })
}

export interface WorkflowRunOptions {
  action?: string
  headSha?: string
  suite?: number
  attempt?: number
  path?: string
  event?: string
  conclusion?: string | null
  minute?: number
  actor?: string
  actorType?: string
}

export function workflowRunDelivery(options: WorkflowRunOptions = {}): TestDelivery {
  const { action = 'completed', headSha = HEAD, suite = 500, attempt = 1, minute = 0 } = options
  return aDelivery('workflow_run', {
    action,
    workflow_run: {
      id: suite,
      name: 'CI',
      path: options.path ?? '.github/workflows/ci.yml',
      head_branch: 'topic-7',
      head_sha: headSha,
      run_number: 1,
      event: options.event ?? 'pull_request',
      status: 'completed',
      conclusion: options.conclusion === undefined ? 'success' : options.conclusion,
      workflow_id: 3,
      check_suite_id: suite,
      run_attempt: attempt,
      run_started_at: at(minute),
      created_at: at(0),
      updated_at: at(minute + 10),
      triggering_actor: { login: options.actor ?? 'octocat', id: 1, type: options.actorType ?? 'User' },
      pull_requests: [],
    },
  })
}

export interface CommentOptions {
  kind?: 'issue_comment' | 'pull_request_review' | 'pull_request_review_comment'
  action?: string
  id?: number
  number?: number
  body?: string | null
  author?: string
  authorType?: string
  minute?: number
  state?: string
  onIssue?: boolean
  repository?: typeof REPOSITORY
}

/** A comment in one of the three places of a pull request: the conversation, a review, or a line of code. */
export function commentDelivery(options: CommentOptions = {}): TestDelivery {
  const { kind = 'issue_comment', number = 7, minute = 15, state = 'open', id = 4000 + minute } = options
  const { repository = REPOSITORY } = options
  const body = options.body === undefined ? '/retest' : options.body
  const written = {
    id,
    body,
    user: { login: options.author ?? 'octocat', id: 1, type: options.authorType ?? 'User' },
    author_association: 'MEMBER',
  }
  if (kind === 'pull_request_review') {
    const action = options.action ?? 'submitted'
    const review = { ...written, state: 'commented', submitted_at: at(minute) }
    return aDelivery(kind, { action, pull_request: { number, state }, review, repository })
  }
  const comment = { ...written, created_at: at(minute), updated_at: at(minute) }
  const action = options.action ?? 'created'
  if (kind === 'pull_request_review_comment') {
    return aDelivery(kind, { action, pull_request: { number, state }, comment, repository })
  }
  const url = `https://api.github.com/repos/acme/widgets/pulls/${number}`
  const issue = {
    number,
    state,
    title: `Change ${number}`,
    ...(!options.onIssue && { pull_request: { url } }),
  }
  return aDelivery(kind, { action, issue, comment, repository })
}

export function mergeGroupDelivery(
  options: { headSha?: string; number?: number; action?: string; minute?: number } = {},
): TestDelivery {
  const { headSha = HEAD, number = 7, minute = 0 } = options
  return aDelivery('merge_group', {
    action: options.action ?? 'checks_requested',
    merge_group: {
      head_sha: headSha,
      head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${BASE}`,
      base_ref: 'refs/heads/main',
      base_sha: BASE,
      head_commit: { id: headSha, timestamp: at(minute) },
    },
  })
}

export interface PushOptions {
  ref?: string
  after?: string
  modified?: string[]
  repository?: typeof REPOSITORY
}

/** A push of one commit; by default it changes the settings on the default branch. */
export function pushDelivery(options: PushOptions = {}): TestDelivery {
  const { ref = 'refs/heads/main', after = 'e'.repeat(40), modified = ['.github/flake-sla.yml'] } = options
  return aDelivery('push', {
    ref,
    before: 'd'.repeat(40),
    after,
    deleted: /^0+$/.test(after),
    commits: [{ id: after, added: [], modified, removed: [] }],
    repository: options.repository ?? REPOSITORY,
  })
}
