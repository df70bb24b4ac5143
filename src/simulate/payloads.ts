/** Deliveries in the form of GitHub's webhooks, reduced to the fields about pull requests, runs and comments. */
import { createHash } from 'node:crypto'

/** Made-up repositories are never renamed or made private. */
const CREATED_AT = '2015-01-01T00:00:00Z'

/** One webhook delivery, as in a file that `replay` reads. */
export interface MadeDelivery {
  id: string
  name: string
  payload: Payload & { repository: { full_name: string } }
}

type Payload = Record<string, unknown>

export interface MadeRepository {
  id: number
  owner: string
  name: string
  installation: number
}

/** The state of a pull request at one moment; times are epoch ms. */
export interface MadePullRequest {
  number: number
  title: string
  author: string
  body: string | null
  openedAt: number
  headRef: string
  headSha: string
  /** Whether the head is in another repository. GitHub then names the pull request in no check run. */
  fork: boolean
  baseRef: string
  baseSha: string
}

/** The GitHub Actions app on github.com. */
const ACTIONS = { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' }
/** Prow's padding between the description and the base commit. */
const PROW_PADDING = '\u2001'.repeat(4)

/** A number that depends only on the parts. */
export function numberOf(...parts: (string | number)[]): number {
  return Number.parseInt(createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12), 16)
}

/** A commit SHA that depends only on the parts. */
export function shaOf(...parts: (string | number)[]): string {
  return createHash('sha1').update(parts.join('\n')).digest('hex')
}

/** A `pull_request` webhook. `before` is the head that a push replaced. */
export function pullRequestDelivery(
  repository: MadeRepository,
  pull: MadePullRequest,
  event: {
    action: 'opened' | 'synchronize' | 'closed'
    at: number
    before?: string | undefined
    merged?: boolean
  },
): MadeDelivery {
  const { number, headSha } = pull
  const { action, at, before, merged = false } = event
  const home = { id: repository.id, full_name: fullName(repository) }
  const fork = {
    id: numberOf('fork', pull.author, repository.name),
    full_name: `${pull.author}/${repository.name}`,
  }
  return delivery(repository, 'pull_request', pull.author, {
    action,
    number,
    ...(action === 'synchronize' && { before, after: headSha }),
    pull_request: {
      id: numberOf('pull', repository.name, number),
      number,
      state: action === 'closed' ? 'closed' : 'open',
      merged,
      draft: false,
      locked: false,
      title: pull.title,
      body: pull.body,
      user: user(pull.author),
      author_association: 'MEMBER',
      html_url: pageOf(repository, number),
      created_at: iso(pull.openedAt),
      updated_at: iso(at),
      merge_commit_sha: merged ? shaOf('merge', repository.name, number) : null,
      labels: [],
      head: { ref: pull.headRef, sha: headSha, repo: pull.fork ? fork : home },
      base: { ref: pull.baseRef, sha: pull.baseSha, repo: home },
    },
  })
}

export interface MadeCheckRun {
  job: string
  attempt: number
  conclusion: string
  headSha: string
  /** Null where GitHub does not report it, as for forks. */
  headBranch: string | null
  startedAt: number
  completedAt: number
  /** The pull request that GitHub names; null for forks and on trunk. */
  named: MadePullRequest | null
}

/** A `check_run` webhook of a completed Actions job. Each attempt has its own id; all share the suite of their commit. */
export function checkRunDelivery(repository: MadeRepository, run: MadeCheckRun): MadeDelivery {
  const { headSha, completedAt, named } = run
  const id = numberOf('check', repository.name, headSha, run.job, run.attempt)
  const suite = suiteOf(repository, headSha)
  const url = `https://github.com/${fullName(repository)}/actions/runs/${suite}/job/${id}`
  const pull_requests = named ? [mention(repository, named)] : []
  return delivery(repository, 'check_run', 'github-actions[bot]', {
    action: 'completed',
    check_run: {
      id,
      name: run.job,
      head_sha: headSha,
      status: 'completed',
      conclusion: run.conclusion,
      started_at: iso(run.startedAt),
      completed_at: iso(completedAt),
      html_url: url,
      details_url: url,
      output: { title: null, summary: null, text: null },
      app: ACTIONS,
      check_suite: {
        id: suite,
        head_branch: run.headBranch,
        head_sha: headSha,
        updated_at: iso(completedAt),
        pull_requests,
        app: ACTIONS,
      },
      pull_requests,
    },
  })
}

export interface MadeWorkflowRun {
  attempt: number
  headSha: string
  headBranch: string | null
  event: string
  actor: string
  startedAt: number
  /** When it ended, or null while it is only requested. */
  ended: { at: number; conclusion: string } | null
}

/** A `workflow_run` webhook: what triggered the run, and who requested this attempt. */
export function workflowRunDelivery(repository: MadeRepository, run: MadeWorkflowRun): MadeDelivery {
  const { headSha, startedAt, ended } = run
  const id = suiteOf(repository, headSha)
  return delivery(repository, 'workflow_run', run.actor, {
    action: ended ? 'completed' : 'requested',
    workflow_run: {
      id,
      name: 'CI',
      path: '.github/workflows/ci.yml',
      head_branch: run.headBranch,
      head_sha: headSha,
      event: run.event,
      status: ended ? 'completed' : 'queued',
      conclusion: ended?.conclusion ?? null,
      check_suite_id: id,
      run_attempt: run.attempt,
      run_started_at: iso(startedAt),
      created_at: iso(startedAt),
      updated_at: iso(ended?.at ?? startedAt),
      triggering_actor: user(run.actor),
      pull_requests: [],
    },
  })
}

export interface MadeStatus {
  context: string
  build: number
  state: string
  text: string
  number: number
  headSha: string
  baseSha: string
  at: number
}

/** A `status` webhook of Prow. Its description ends with the base commit that the run was merged with. */
export function statusDelivery(repository: MadeRepository, status: MadeStatus): MadeDelivery {
  const { context, build, state, number, headSha, at } = status
  const folder = `${repository.owner}_${repository.name}/${number}/${context}/${build}`
  return delivery(repository, 'status', 'ci-robot[bot]', {
    id: numberOf('status', repository.name, headSha, context, build, state),
    sha: headSha,
    name: fullName(repository),
    context,
    state,
    description: `${status.text}${PROW_PADDING} BaseSHA:${status.baseSha}`,
    target_url: `https://prow.example.org/view/gs/logs/pr-logs/pull/${folder}`,
    created_at: iso(at),
    updated_at: iso(at),
    branches: [],
    commit: { sha: headSha },
  })
}

/** An `issue_comment` webhook on a pull request, such as a command. */
export function commentDelivery(
  repository: MadeRepository,
  pull: Pick<MadePullRequest, 'number' | 'title' | 'author'>,
  comment: { id: number; author: string; body: string; at: number },
): MadeDelivery {
  const { id, author, body, at } = comment
  const url = pageOf(repository, pull.number)
  return delivery(repository, 'issue_comment', author, {
    action: 'created',
    issue: {
      id: numberOf('pull', repository.name, pull.number),
      number: pull.number,
      state: 'open',
      locked: false,
      title: pull.title,
      user: user(pull.author),
      html_url: url,
      pull_request: { html_url: url },
    },
    comment: {
      id,
      body,
      user: user(author),
      author_association: 'MEMBER',
      created_at: iso(at),
      updated_at: iso(at),
      html_url: `${url}#issuecomment-${id}`,
    },
  })
}

function mention({ id }: MadeRepository, pull: MadePullRequest): Payload {
  return {
    number: pull.number,
    head: { ref: pull.headRef, sha: pull.headSha, repo: { id } },
    base: { ref: pull.baseRef, sha: pull.baseSha, repo: { id } },
  }
}

function suiteOf({ name }: MadeRepository, headSha: string): number {
  return numberOf('suite', name, headSha)
}

function fullName({ owner, name }: MadeRepository): string {
  return `${owner}/${name}`
}

function pageOf(repository: MadeRepository, number: number): string {
  return `https://github.com/${fullName(repository)}/pull/${number}`
}

/** The delivery with the fields that every event has. Equal content gives an equal id. */
function delivery(repository: MadeRepository, name: string, sender: string, fields: Payload): MadeDelivery {
  const organization = { login: repository.owner, id: numberOf('organization', repository.owner) }
  const payload = {
    ...fields,
    repository: {
      id: repository.id,
      name: repository.name,
      full_name: fullName(repository),
      private: false,
      default_branch: 'main',
      updated_at: CREATED_AT,
      owner: { ...organization, type: 'Organization' },
    },
    organization,
    sender: user(sender),
    installation: { id: repository.installation },
  }
  const hash = shaOf(name, JSON.stringify(payload))
  const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
  return { id, name, payload }
}

function user(login: string): Payload {
  return { login, id: numberOf('user', login), type: login.endsWith('[bot]') ? 'Bot' : 'User' }
}

/** GitHub writes whole seconds. */
function iso(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
